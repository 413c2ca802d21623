# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/network: interfaces, changes that wait, reload."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import invalid
from pve_simulator.nodes import network
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import Reply, route
from pve_simulator.world.tasks import Task

_PATH = "/nodes/{node}/network"
_GROUPS = {
    "bridge": network.BRIDGES - {"OVSBridge"},
    "any_bridge": network.BRIDGES,
    "any_local_bridge": network.BRIDGES,
    "include_sdn": network.BRIDGES,
}


@route("GET", _PATH)
def list_interfaces(call: Call) -> Reply | list[dict[str, Any]]:
    """All interfaces or those of a type, and the changes that wait as a diff."""
    node = call.cluster.nodes[call.node]
    kind = call.text("type")
    types = _GROUPS.get(kind or "", frozenset({kind}))
    entries = [
        {"iface": name, **settings}
        for name, settings in network.visible_interfaces(node).items()
        if kind is None or settings.get("type") in types
    ]
    diff = network.diff_changes(node)
    return entries if diff is None or kind is not None else Reply(entries, {"changes": diff})


@route("POST", _PATH)
def create(call: Call) -> None:
    """Add an interface; it waits for a reload."""
    node, name = call.cluster.nodes[call.node], call.need("iface")
    interfaces = network.visible_interfaces(node)
    if name in interfaces:
        raise invalid({"iface": "interface already exists"})
    settings = network.make_interface(call.params, network.next_priority(interfaces))
    _check_settings(interfaces, name, settings)
    network.editable_interfaces(node)[name] = settings


@route("PUT", _PATH)
def reload(call: Call) -> str:
    """Apply the waiting changes, in a task."""
    node = call.cluster.nodes[call.node]

    async def worker(task: Task) -> None:
        await task.work()
        network.apply_changes(node)

    return call.task("srvreload", "networking", worker)


@route("DELETE", _PATH)
def revert(call: Call) -> None:
    """Discard the waiting changes."""
    network.revert_changes(call.cluster.nodes[call.node])


@route("GET", f"{_PATH}/{{iface}}")
def read(call: Call) -> dict[str, Any]:
    """One interface."""
    interface = network.visible_interfaces(call.cluster.nodes[call.node]).get(call.need("iface"))
    if interface is None:
        raise invalid({"iface": "interface does not exist"})
    return interface


@route("PUT", f"{_PATH}/{{iface}}")
def update(call: Call) -> None:
    """Change an interface; it waits for a reload."""
    node = call.cluster.nodes[call.node]
    old = _require_interface(call)
    settings = network.make_interface(call.params, int(old.get("priority", 2)))
    unchanged = {name: value for name, value in old.items() if name not in settings and _is_kept_by_update(name)}
    merged = {**unchanged, **settings}
    for name in call.items("delete"):
        merged.pop(name, None)
        if name in ("cidr", "address"):
            merged = {key: value for key, value in merged.items() if key not in ("cidr", "address", "netmask")}
            merged["method"] = "manual"
    _check_settings(network.visible_interfaces(node), call.need("iface"), merged)
    network.editable_interfaces(node)[call.need("iface")] = merged


@route("DELETE", f"{_PATH}/{{iface}}")
def delete(call: Call) -> None:
    """Remove an interface; it stays until a reload."""
    _require_interface(call)
    del network.editable_interfaces(call.cluster.nodes[call.node])[call.need("iface")]


def _check_settings(interfaces: dict[str, dict[str, Any]], name: str, settings: dict[str, Any]) -> None:
    errors = network.find_conflicts(interfaces, name, settings)
    if errors:
        raise invalid(errors)


def _require_interface(call: Call) -> dict[str, Any]:
    interface = network.visible_interfaces(call.cluster.nodes[call.node]).get(call.need("iface"))
    if interface is None:
        raise invalid({"iface": "interface does not exist"})
    interface.pop("active", None)
    return interface


def _is_kept_by_update(name: str) -> bool:
    """Whether an update keeps an option that it does not name: everything but addresses."""
    return name not in {"cidr", "address", "netmask", "gateway", "cidr6", "address6", "netmask6", "gateway6"}
