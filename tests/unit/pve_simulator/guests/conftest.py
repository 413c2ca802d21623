"""Two nodes with a directory, a thin pool and a shared storage, and machines on each."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pve_simulator.server.driver import Driver
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Guest
from pve_simulator.state.node import Node
from pve_simulator.state.storage import GIB, Storage, Volume

_STORAGES = {
    "files": {"type": "dir", "path": "/srv/files", "content": "images,rootdir,iso"},
    "thin": {"type": "lvmthin", "vgname": "pve", "thinpool": "data", "content": "images,rootdir"},
    "nas": {"type": "nfs", "path": "/mnt/pve/nas", "content": "images,iso"},
}
_DISKS = {
    100: "files:100/vm-100-disk-0.qcow2",
    101: "thin:vm-101-disk-0",
    102: "nas:102/vm-102-disk-0.raw",
}


class Lab:
    """Calls below /nodes; names with `_` mean `-`."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self.cluster = _cluster()
        self.driver = Driver(self.cluster)

    def call(self, method: str, path: str, **params: Any) -> tuple[int, str, Any]:
        """Status, reason and body of one call."""
        return self._runner.run(self.driver.call(method, f"/nodes/{path}", **params))

    def get(self, path: str, **params: Any) -> Any:
        """What a call that works answers."""
        status, reason, body = self.call("GET", path, **params)
        assert status == 200, reason
        return body["data"]

    def refused(self, method: str, path: str, **params: Any) -> str | dict[str, str]:
        """Why a call does not work: its `errors`, else its reason."""
        status, reason, body = self.call(method, path, **params)
        assert status != 200
        return body.get("errors") or reason

    def start_task(self, method: str, path: str, **params: Any) -> str:
        """Start a task and return its UPID, without waiting for it."""
        status, reason, body = self.call(method, path, **params)
        assert status == 200, reason
        return str(body["data"])

    def finish(self, upid: str) -> tuple[str, list[str]]:
        """Exit status and log of a task, when it has ended."""
        self._runner.run(self.driver.finish(upid))
        task = self.driver.world.tasks.get(upid)
        return task.exitstatus, task.lines

    def task(self, method: str, path: str, **params: Any) -> tuple[str, list[str]]:
        """Exit status and log of the task that a call starts."""
        return self.finish(self.start_task(method, path, **params))

    def migrate(self, path: str, **params: Any) -> tuple[str, list[str]]:
        """Exit status and log, without its times, of a migration to pve2."""
        status, log = self.task("POST", f"{path}/migrate", target="pve2", **params)
        return status, self.messages(log)

    @staticmethod
    def messages(log: list[str]) -> list[str]:
        """The lines of a migration without their times."""
        return [line[20:] if line.startswith("20") else line for line in log]

    def resources(self) -> list[dict[str, Any]]:
        """The guests in the cluster's list."""
        return self._runner.run(self.driver.call("GET", "/cluster/resources", type="vm"))[2]["data"]

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._runner.run(self.driver.clock.advance(seconds))

    def crash(self, node: str) -> None:
        """Take a node down."""

        async def crash() -> None:
            self.driver.world.take_node_down(node)

        self._runner.run(crash())

    def guest(self, vmid: int) -> Guest:
        """A guest's state."""
        return self.cluster.guests[vmid]

    def volumes(self, storage: str, node: str = "pve1") -> set[str]:
        """The volumes on a storage as a node sees them."""
        return set(self.cluster.storages[storage].volumes_on(node))


def _cluster() -> Cluster:
    cluster = Cluster(name="lab")
    for number, name in enumerate(("pve1", "pve2"), 1):
        cluster.nodes[name] = Node(name, number, f"10.0.0.{number}")
    for name, config in _STORAGES.items():
        cluster.storages[name] = Storage(name, dict(config))
    for vmid, volid in _DISKS.items():
        form = volid.rpartition(".")[2] if "." in volid else "raw"
        volume = Volume(volid, "images", form, 8 * GIB, 4 * 1024**2, vmid)
        cluster.storages[volid.partition(":")[0]].volumes_on("pve1")[volid] = volume
        config = {
            "name": f"vm{vmid}",
            "memory": "1024",
            "boot": "order=scsi0",
            "scsi0": f"{volid},size=8G",
            "ide2": "none,media=cdrom",
            "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0",
            "smbios1": "uuid=11111111-1111-1111-1111-111111111111",
            "vmgenid": "22222222-2222-2222-2222-222222222222",
        }
        cluster.guests[vmid] = Guest(vmid, "qemu", "pve1", config)
    return cluster


@pytest.fixture
def lab():
    with asyncio.Runner() as runner:
        yield Lab(runner)
