"""Virtual machines to work on: made, changed and asked by calls of root's token."""

from __future__ import annotations

from typing import Any

import pytest


class Machines:
    """Calls below /nodes/pve1/qemu; names with `_` mean `-`."""

    def __init__(self, api: Any) -> None:
        self.api = api
        self.world = api.driver.world

    def call(self, method: str, path: str = "", **params: Any) -> tuple[int, str, Any]:
        """Status, reason and body of one call."""
        return self.api.run(self.api.driver.call(method, f"/nodes/pve1/qemu{path}", **params))

    def get(self, path: str, **params: Any) -> Any:
        """What a call that works answers."""
        status, reason, body = self.call("GET", path, **params)
        assert status == 200, reason
        return body["data"]

    def put(self, vmid: int, **params: Any) -> None:
        """A change of the configuration that works."""
        status, reason, body = self.call("PUT", f"/{vmid}/config", **params)
        assert (status, body.get("errors")) == (200, None), reason

    def refused(self, method: str, path: str = "", **params: Any) -> str | dict[str, str]:
        """Why a call does not work: its `errors`, else its reason."""
        status, reason, body = self.call(method, path, **params)
        assert status != 200
        return body.get("errors") or reason

    def task(self, method: str, path: str = "", **params: Any) -> tuple[str, list[str]]:
        """Exit status and log of the task that a call starts."""
        status, reason, body = self.call(method, path, **params)
        assert status == 200, reason
        self.api.run(self.api.driver.finish(body["data"]))
        done = self.world.tasks.get(body["data"])
        return done.exitstatus, done.lines

    def create(self, vmid: int = 300, **params: Any) -> int:
        """A stopped machine, by default with one disk on thin LVM."""
        given = {"scsi0": "local-lvm:1", "scsihw": "virtio-scsi-single", **params}
        assert self.task("POST", vmid=vmid, **given)[0] == "OK"
        return vmid

    def start(self, vmid: int, *, system: bool = True) -> None:
        """Start a machine; with a system inside that helps, or without."""
        self.world.cluster.guests[vmid].acpi = system
        assert self.task("POST", f"/{vmid}/status/start")[0] == "OK"

    def stop(self, vmid: int) -> None:
        """Stop a machine."""
        assert self.task("POST", f"/{vmid}/status/stop")[0] == "OK"

    def config(self, vmid: int, **params: Any) -> dict[str, Any]:
        """A configuration without its digest."""
        found = self.get(f"/{vmid}/config", **params)
        found.pop("digest")
        return found

    def pending(self, vmid: int) -> dict[str, dict[str, Any]]:
        """What waits, by key; keys that do not wait are left out."""
        entries = {entry["key"]: entry for entry in self.get(f"/{vmid}/pending")}
        return {key: entry for key, entry in entries.items() if "pending" in entry or "delete" in entry}

    def volumes(self, storage: str = "local-lvm") -> set[str]:
        """The volumes on a storage of pve1."""
        return set(self.world.cluster.storages[storage].volumes_on("pve1"))


@pytest.fixture
def machines(api: Any) -> Machines:
    return Machines(api)
