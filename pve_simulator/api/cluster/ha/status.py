# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/ha/status: what the manager, the nodes' agents and the managed guests do."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

from pve_simulator.errors import failure
from pve_simulator.guests.ha_manager import find_guest
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.ha import Ha, HaResource
from pve_simulator.world.tasks import Task

_ROUND = 10
# How long the manager stays active with nothing to do, seconds.
_LINGER = 600.0
_STATUS = "/cluster/ha/status"


@route("GET", f"{_STATUS}/current")
def current(call: Call) -> list[dict[str, Any]]:
    """Quorum, the master, fencing, each node's agent, each managed guest."""
    cluster, state = call.cluster, call.cluster.part(Ha)
    local = cluster.local_node
    quorum = {
        "id": "quorum",
        "node": local,
        "quorate": int(cluster.quorate),
        "status": "OK" if cluster.quorate else f"No quorum on node '{local}'!",
        "type": "quorum",
    }
    entries: list[dict[str, Any]] = [quorum]
    busy = _is_busy(call)
    if state.active:
        stamp = _stamp(call) if busy else int(state.idle_since)
        status = f"{_find_master(call)} ({'active' if busy else 'idle'}, {_format_date(stamp)})"
        master = {"id": "master", "node": _find_master(call), "status": status, "timestamp": stamp, "type": "master"}
        entries.append(master)
    entries.append(_describe_fencing(local, busy=busy, disarmed=state.disarmed))
    if state.active:
        entries += [_describe_agent(call, name) for name in cluster.nodes]
    entries += [_describe_service(call, sid, resource) for sid, resource in sorted(state.resources.items())]
    return entries


@route("GET", f"{_STATUS}/manager_status")
def manager_status(call: Call) -> dict[str, Any]:
    """The manager's own file: nodes, services, and the agents' results."""
    cluster, state = call.cluster, call.cluster.part(Ha)
    quorum = {"node": cluster.local_node, "quorate": str(int(cluster.quorate))}
    if not state.active:
        return {"manager_status": {"node_status": {}}, "quorum": quorum}
    services = {
        sid: {"node": guest.node, "state": _crm_state(resource), "uid": _make_uid(sid, resource)}
        for sid, resource in state.resources.items()
        if resource.state != "queued" and (guest := find_guest(call.world, sid)) is not None
    }
    manager = {
        "master_node": _find_master(call),
        "node_status": {name: _node_state(call, name) for name in cluster.nodes},
        "service_status": services,
        "timestamp": _stamp(call),
    }
    agents = {name: _agent_status(call, name) for name, node in cluster.nodes.items() if node.online}
    return {"lrm_status": agents, "manager_status": manager, "quorum": quorum}


@route("POST", f"{_STATUS}/disarm-ha")
def disarm(call: Call) -> str:
    """Stop fencing, and freeze or ignore the managed guests until HA is armed again."""
    state = call.cluster.part(Ha)
    if state.disarmed:
        raise failure("HA stack is already disarmed")

    async def worker(task: Task) -> None:
        await task.work()
        state.disarmed = call.need("resource-mode")

    return call.task("ha-disarm", "", worker)


@route("POST", f"{_STATUS}/arm-ha")
def arm(call: Call) -> str:
    """Resume fencing and managing guests."""
    state = call.cluster.part(Ha)
    if not state.disarmed:
        raise failure("HA stack is not disarmed")

    async def worker(task: Task) -> None:
        await task.work()
        state.disarmed = ""

    return call.task("ha-arm", "", worker)


def _is_busy(call: Call) -> bool:
    state = call.cluster.part(Ha)
    return state.active and (bool(state.resources) or call.world.clock.time() - state.idle_since < _LINGER)


def _find_master(call: Call) -> str:
    """The manager runs on the first node that is online."""
    cluster = call.cluster
    return next((name for name, node in cluster.nodes.items() if node.online), cluster.local_node)


def _describe_fencing(local: str, *, busy: bool, disarmed: str) -> dict[str, Any]:
    state = "disarmed" if disarmed else "armed" if busy else "standby"
    watchdog = "active" if state == "armed" else "standby"
    status = f"{state} (CRM watchdog {watchdog})"
    return {"armed-state": state, "id": "fencing", "node": local, "status": status, "type": "fencing"}


def _describe_agent(call: Call, name: str) -> dict[str, Any]:
    stamp = _stamp(call)
    node = call.cluster.nodes[name]
    if not node.online:
        text = f"{name} (old timestamp - dead?, {_format_date(stamp)})"
    elif node.maintenance:
        text = f"{name} (maintenance mode, {_format_date(stamp)})"
    elif _has_services(call, name):
        text = f"{name} (active, watchdog active, {_format_date(stamp)})"
    else:
        text = f"{name} (idle, watchdog standby, {_format_date(stamp)})"
    return {"id": f"lrm:{name}", "node": name, "status": text, "timestamp": stamp, "type": "lrm"}


def _describe_service(call: Call, sid: str, resource: HaResource) -> dict[str, Any]:
    guest = find_guest(call.world, sid)
    node = guest.node if guest is not None else call.cluster.local_node
    entry: dict[str, Any] = {
        "id": f"service:{sid}",
        "sid": sid,
        "type": "service",
        "node": node,
        "state": resource.state,
        "status": f"{sid} ({node}, {resource.state})",
        "request_state": resource.requested_state,
        "max_restart": int(resource.config.get("max_restart", 1)),
        "max_relocate": int(resource.config.get("max_relocate", 1)),
        "failback": int(resource.config.get("failback", 1)),
    }
    if resource.state != "queued":
        entry["crm_state"] = _crm_state(resource)
    if "comment" in resource.config:
        entry["comment"] = resource.config["comment"]
    return entry


def _crm_state(resource: HaResource) -> str:
    """The manager itself calls a guest started as soon as its node has been told to start it."""
    return "started" if resource.state == "starting" else resource.state


def _agent_status(call: Call, name: str) -> dict[str, Any]:
    results = {}
    for sid, resource in call.cluster.part(Ha).resources.items():
        guest = find_guest(call.world, sid)
        if guest is not None and guest.node == name and resource.state not in ("queued", "starting"):
            state_reached = "started" if guest.running else "stopped"
            results[_make_uid(sid, resource)] = {"exit_code": 0, "sid": sid, "state": state_reached}
    mode = "maintenance" if call.cluster.nodes[name].maintenance else "active"
    state = "active" if _has_services(call, name) else "wait_for_agent_lock"
    return {"mode": mode, "results": results, "state": state, "timestamp": _stamp(call)}


def _has_services(call: Call, name: str) -> bool:
    """Whether a node's agent is active: it has managed guests, or had some recently."""
    state = call.cluster.part(Ha)
    if call.world.clock.time() - state.agents.get(name, -_LINGER) < _LINGER:
        return True
    guests = (find_guest(call.world, sid) for sid, resource in state.resources.items() if resource.state != "queued")
    return any(guest is not None and guest.node == name for guest in guests)


def _node_state(call: Call, name: str) -> str:
    node = call.cluster.nodes[name]
    return "maintenance" if node.maintenance else "online" if node.online else "unknown"


def _make_uid(sid: str, resource: HaResource) -> str:
    raw = hashlib.md5(f"{sid}/{resource.requests}".encode(), usedforsecurity=False).digest()
    return base64.b64encode(raw).decode().rstrip("=")


def _stamp(call: Call) -> int:
    return int(call.world.clock.time()) // _ROUND * _ROUND


def _format_date(moment: float) -> str:
    return time.asctime(time.gmtime(moment))
