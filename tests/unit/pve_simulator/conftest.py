"""A small world to talk to, without a server and without waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from pve_simulator.clusters.seed import cluster_from_data
from pve_simulator.http.message import Request
from pve_simulator.server.driver import Driver, decode_body

_T = TypeVar("_T")

SEED = {
    "name": "lab",
    "nodes": ["pve1", "pve2", {"name": "pve3", "online": False}],
    "guests": [
        {"vmid": 101, "name": "web-01", "status": "running", "tags": ["web", "prod"], "pool": "front"},
        {"vmid": 102, "name": "deaf", "status": "running", "acpi": False},
        {"vmid": 103, "name": "paused", "status": "paused"},
        {"vmid": 104, "name": "asleep", "status": "hibernated", "vmstate": "shared:104/state.raw"},
        {"vmid": 105, "name": "locked", "lock": "backup"},
        {"vmid": 106, "name": "base", "template": True},
        {"vmid": 107, "name": "cared-for", "status": "stopped", "ha": "started"},
        {"vmid": 108, "name": "lost", "node": "pve3", "status": "running"},
        {"vmid": 200, "name": "ct-01", "type": "lxc", "status": "running", "node": "pve2"},
        {"vmid": 201, "name": "ct-02", "type": "lxc", "node": "pve2"},
    ],
}


class Api:
    """Calls on one event loop; every call returns (status, reason, body)."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self.driver = Driver(cluster_from_data(SEED))

    def run(self, job: Coroutine[Any, Any, _T]) -> _T:
        return self._runner.run(job)

    def get(self, path: str, **params: Any) -> tuple[int, str, Any]:
        return self.run(self.driver.call("GET", path, **params))

    def post(self, path: str, **params: Any) -> tuple[int, str, Any]:
        return self.run(self.driver.call("POST", path, **params))

    def data(self, path: str, **params: Any) -> Any:
        return self.get(path, **params)[2]["data"]

    def take_down(self, node: str) -> None:
        """Power a node off."""

        async def power_off() -> None:
            self.driver.world.take_node_down(node)

        self.run(power_off())

    def as_token(self, userid: str, token_id: str, path: str) -> Any:
        """The data of a GET as a token of somebody else."""
        secret = self.driver.world.cluster.access.users[userid].tokens[token_id].secret
        headers = {"authorization": f"PVEAPIToken={userid}!{token_id}={secret}"}
        response = self.run(self.driver.send(Request.from_target("GET", f"/api2/json{path}", headers, b"")))
        assert response.status == 200, response.reason
        return decode_body(response)["data"]

    def task(self, path: str, **params: Any) -> str | None:
        """POST something that starts a task, and wait for its exit status."""
        status, reason, body = self.post(path, **params)
        assert status == 200, reason
        return self.run(self.driver.finish(body["data"]))


@pytest.fixture
def api():
    with asyncio.Runner() as runner:
        yield Api(runner)
