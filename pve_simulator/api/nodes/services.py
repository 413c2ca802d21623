# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/services."""

from __future__ import annotations

from typing import Any

from pve_simulator.nodes.services import SERVICES, service_view
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import Handler, route
from pve_simulator.state.node_system import NodeSystem
from pve_simulator.world.tasks import Task

_PATH = "/nodes/{node}/services"
# pveproxy and pvedaemon answer this very call: stopping them would cut it off, so they restart.
_NEVER_STOPPED = frozenset({"pveproxy", "pvedaemon", "pve-cluster"})


@route("GET", _PATH)
def list_services(call: Call) -> list[dict[str, Any]]:
    """Every service that the API knows."""
    return [service_view(call.cluster, call.node, name) for name in SERVICES]


@route("GET", f"{_PATH}/{{service}}")
def index(call: Call) -> list[dict[str, str]]:
    """What can be asked of a service."""
    return [{"subdir": name} for name in ("state", "start", "stop", "restart", "reload")]


@route("GET", f"{_PATH}/{{service}}/state")
def state(call: Call) -> dict[str, Any]:
    """One service."""
    return service_view(call.cluster, call.node, call.need("service"))


def _make_action_handler(action: str) -> Handler:
    def act(call: Call) -> str:
        service = call.need("service")
        stopped = call.cluster.nodes[call.node].part(NodeSystem).stopped_services
        kind = f"srv{'reload' if action == 'restart' and service in _NEVER_STOPPED else action}"

        async def worker(task: Task) -> None:
            await task.work()
            if service in stopped:
                stopped.remove(service)
            if action == "stop" and service not in _NEVER_STOPPED:
                stopped.append(service)

        return call.task(kind, service, worker)

    return act


for _what in ("start", "stop", "restart", "reload"):
    route("POST", f"{_PATH}/{{service}}/{_what}")(_make_action_handler(_what))
