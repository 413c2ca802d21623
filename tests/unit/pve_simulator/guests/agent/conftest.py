"""A running machine with an agent, as calls of root's token and as the agent's own view."""

from __future__ import annotations

from typing import Any

import pytest

from pve_simulator.guests.agent.machine import Machine
from pve_simulator.guests.agent.systems import SYSTEMS
from pve_simulator.state.agent import AgentScript
from pve_simulator.state.guest import Guest

NET0 = "virtio=BC:24:11:00:00:01,bridge=vmbr0"


class Inside:
    """Calls below /nodes/pve1/qemu/101/agent; `script` is the guest's."""

    def __init__(self, api: Any) -> None:
        self.api = api
        self.clock = api.driver.clock
        self.guest = api.driver.world.cluster.guests[101]
        self.guest.config |= {"agent": "1", "net0": NET0, "cores": "2", "memory": "512"}
        self.script = self.guest.part(AgentScript)

    def call(self, method: str, path: str, **params: Any) -> tuple[int, str, Any]:
        """Status, reason and body of one call."""
        return self.api.run(self.api.driver.call(method, f"/nodes/pve1/qemu/101/agent{path}", **params))

    def ask(self, path: str, method: str = "GET", **params: Any) -> Any:
        """The data of a call that works."""
        status, reason, body = self.call(method, path, **params)
        assert status == 200, reason
        return body["data"]

    def execute(self, *argv: str, stdin: str | None = None) -> dict[str, Any]:
        """Run a program and read what became of it."""
        given = {"command": list(argv), **({"input_data": stdin} if stdin is not None else {})}
        return self.ask("/exec-status", pid=self.ask("/exec", "POST", **given)["pid"])


@pytest.fixture
def inside(api: Any) -> Inside:
    return Inside(api)


@pytest.fixture
def machine() -> Machine:
    guest = Guest(101, "qemu", "pve1", {"name": "web-01", "net0": NET0}, running=True, started_at=1000.0)
    return Machine(guest, SYSTEMS["debian"], AgentScript(), 1795222000.0)
