"""Containers to work on: made, changed and asked by calls of root's token."""

from __future__ import annotations

from typing import Any

import pytest

TEMPLATE = "local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst"


class Lab:
    """Calls below /nodes/pve1/lxc; names with `_` mean `-`."""

    def __init__(self, api: Any) -> None:
        self.api = api
        self.world = api.driver.world

    def call(self, method: str, path: str = "", **params: Any) -> tuple[int, str, Any]:
        """Status, reason and body of one call."""
        return self.api.run(self.api.driver.call(method, f"/nodes/pve1/lxc{path}", **params))

    def get(self, path: str, **params: Any) -> Any:
        """What a call that works answers."""
        status, reason, body = self.call("GET", path, **params)
        assert status == 200, reason
        return body["data"]

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
        """A stopped container on thin LVM."""
        given = {"ostemplate": TEMPLATE, "storage": "local-lvm", "hostname": "box", **params}
        assert self.task("POST", vmid=vmid, **given)[0] == "OK"
        return vmid

    def start(self, vmid: int) -> None:
        """Start a container."""
        assert self.task("POST", f"/{vmid}/status/start")[0] == "OK"

    def config(self, vmid: int) -> dict[str, Any]:
        """A configuration without its digest."""
        found = self.get(f"/{vmid}/config")
        found.pop("digest")
        return found

    def volumes(self, storage: str = "local-lvm") -> set[str]:
        """The volumes on a storage of pve1."""
        return set(self.world.cluster.storages[storage].volumes_on("pve1"))


@pytest.fixture
def lab(api: Any) -> Lab:
    return Lab(api)
