# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controls under /sim, never under /api2: state, clock, faults, settings.

They need no authentication: the simulator listens on loopback for whoever runs it.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from pve_simulator.clusters.saving import world_to_data
from pve_simulator.clusters.seed import cluster_from_data
from pve_simulator.guests import ha_manager, power
from pve_simulator.guests.feed import Feed
from pve_simulator.http.message import Request, Response, encode
from pve_simulator.world.faults import FaultRule
from pve_simulator.world.world import World

_Control = Callable[[World, Any], Awaitable[Any]]


async def handle_control(world: World, request: Request) -> Response:
    """Answer one control request with JSON."""
    control = _CONTROLS.get((request.method, request.path.rstrip("/")))
    if control is None:
        return _json_response(404, {"error": f"no control {request.method} {request.path}", "controls": _listing()})
    try:
        body = json.loads(request.body) if request.body else None
        return _json_response(200, await control(world, body))
    except (ValueError, TypeError, KeyError) as error:
        return _json_response(400, {"error": str(error)})


async def _index(world: World, body: Any) -> Any:
    return {"controls": _listing()}


async def _get_state(world: World, body: Any) -> Any:
    return world_to_data(world)


async def _put_state(world: World, body: Any) -> Any:
    world.replace_cluster(cluster_from_data(body))
    world.part(Feed).restart(world)
    ha_manager.reconcile_all(world)
    return {"guests": len(world.cluster.guests), "nodes": len(world.cluster.nodes)}


async def _get_faults(world: World, body: Any) -> Any:
    return [vars(rule) for rule in world.faults.rules]


async def _post_faults(world: World, body: Any) -> Any:
    rules = body if isinstance(body, list) else [body]
    world.faults.rules += [FaultRule.from_data(rule) for rule in rules]
    return {"rules": len(world.faults.rules)}


async def _delete_faults(world: World, body: Any) -> Any:
    world.faults.rules.clear()
    return {"rules": 0}


async def _get_clock(world: World, body: Any) -> Any:
    return {"now": world.clock.time(), "speed": world.clock.speed}


async def _post_clock(world: World, body: Any) -> Any:
    if "speed" in body:
        world.clock.set_speed(float(body["speed"]))
    if "advance" in body:
        await world.clock.advance(float(body["advance"]))
    return await _get_clock(world, None)


async def _get_settings(world: World, body: Any) -> Any:
    return vars(world.settings)


async def _put_settings(world: World, body: Any) -> Any:
    unknown = set(body) - set(vars(world.settings))
    if unknown:
        raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
    for name, value in body.items():
        setattr(world.settings, name, float(value))
    if "resources_lag" in body:
        world.part(Feed).restart(world)
    return vars(world.settings)


async def _post_node(world: World, body: Any) -> Any:
    node = world.cluster.nodes[body["node"]]
    if "online" in body:
        if node.online and not body["online"]:
            world.take_node_down(node.name)
        elif body["online"] and not node.online:
            world.bring_node_up(node.name)
    if "maintenance" in body:
        ha_manager.set_maintenance(world, node, enabled=bool(body["maintenance"]))
    return {"node": node.name, "online": node.online, "maintenance": node.maintenance}


async def _post_guest(world: World, body: Any) -> Any:
    """What only somebody inside or beside the cluster could do: kill a guest, hang it, break its agent."""
    guest = world.cluster.guests[int(body["vmid"])]
    for name in ("acpi", "agent_alive", "paused"):
        if name in body:
            setattr(guest, name, bool(body[name]))
    if "running" in body:
        if body["running"] and not guest.running:
            power.power_on(world, guest)
        elif guest.running and not body["running"]:
            power.power_off(guest, world)
    if "lock" in body:
        guest.config.pop("lock", None)
        if body["lock"]:
            guest.config["lock"] = str(body["lock"])
    return {"vmid": guest.vmid, "running": guest.running, "lock": guest.lock}


async def _post_catch_up(world: World, body: Any) -> Any:
    world.part(Feed).catch_up(world)
    return {"guests": len(world.cluster.guests)}


async def _get_tasks(world: World, body: Any) -> Any:
    return [
        {"upid": str(task.upid), "running": task.running, "exitstatus": task.exitstatus, "log": task.lines}
        for task in world.tasks.list_all()
    ]


async def _get_requests(world: World, body: Any) -> Any:
    return [{"method": method, "path": path, "status": status} for method, path, status in world.requests]


async def _delete_requests(world: World, body: Any) -> Any:
    world.requests.clear()
    return {"requests": 0}


_CONTROLS: dict[tuple[str, str], _Control] = {
    ("GET", "/sim"): _index,
    ("GET", "/sim/state"): _get_state,
    ("PUT", "/sim/state"): _put_state,
    ("GET", "/sim/faults"): _get_faults,
    ("POST", "/sim/faults"): _post_faults,
    ("DELETE", "/sim/faults"): _delete_faults,
    ("GET", "/sim/clock"): _get_clock,
    ("POST", "/sim/clock"): _post_clock,
    ("GET", "/sim/settings"): _get_settings,
    ("PUT", "/sim/settings"): _put_settings,
    ("POST", "/sim/catch-up"): _post_catch_up,
    ("POST", "/sim/nodes"): _post_node,
    ("POST", "/sim/guests"): _post_guest,
    ("GET", "/sim/tasks"): _get_tasks,
    ("GET", "/sim/requests"): _get_requests,
    ("DELETE", "/sim/requests"): _delete_requests,
}


def _listing() -> list[str]:
    return [f"{method} {path}" for method, path in _CONTROLS]


def _json_response(status: int, payload: Any) -> Response:
    return Response(status, "OK" if status == 200 else "Bad Request", encode(payload), "application/json;charset=UTF-8")
