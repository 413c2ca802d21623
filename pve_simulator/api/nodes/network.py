# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/network: interfaces, changes that wait, reload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pve_simulator.errors import failure, invalid
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
        if (kind is None or settings.get("type") in types) and _may_see(call, name, settings)
    ]
    diff = network.diff_changes(node)
    return entries if diff is None or kind is not None else Reply(entries, {"changes": diff})


def _may_see(call: Call, name: str, settings: Mapping[str, Any]) -> bool:
    """Whether the list has an interface for the caller: a bridge needs a right on itself, or on one of its VLANs."""
    if settings.get("type") not in ("bridge", "OVSBridge") or call.subject.is_root_password_login:
        return True
    path = f"/sdn/zones/localnetwork/{name}"
    below = {entry.path for entry in call.cluster.access.acl if entry.path.startswith(f"{path}/")}
    return any(call.subject.may(one, "SDN.Audit", "SDN.Use") for one in (path, *below))


@route("POST", _PATH)
def create(call: Call) -> None:
    """Add an interface; it waits for a reload."""
    node, name = call.cluster.nodes[call.node], call.need("iface")
    interfaces = network.visible_interfaces(node)
    if name in interfaces:
        raise invalid({"iface": "interface already exists"})
    _check_conflicts(call, interfaces)
    interfaces[name] = network.change_interface({}, _get_settings(call), ())
    if not any(str(other["type"]).startswith("OVS") for key, other in interfaces.items() if key != name):
        _check_kernel_type(call.need("type"))
    network.save_interfaces(node, interfaces)


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
    node, name = call.cluster.nodes[call.node], call.need("iface")
    interfaces = _require_interface(call)
    changed = network.change_interface(interfaces[name], _get_settings(call), call.items("delete"))
    _check_conflicts(call, interfaces)
    network.save_interfaces(node, {**interfaces, name: changed})


@route("DELETE", f"{_PATH}/{{iface}}")
def delete(call: Call) -> None:
    """Remove an interface; it stays until a reload."""
    interfaces = _require_interface(call)
    del interfaces[call.need("iface")]
    network.save_interfaces(call.cluster.nodes[call.node], interfaces)


def _get_settings(call: Call) -> dict[str, Any]:
    return {name: value for name, value in call.params.items() if name not in ("node", "iface", "delete")}


def _check_conflicts(call: Call, interfaces: dict[str, dict[str, Any]]) -> None:
    errors = network.find_conflicts(interfaces, call.need("iface"), call.params)
    if errors:
        raise invalid(errors)


def _check_kernel_type(kind: str) -> None:
    """Refuse interfaces of Open vSwitch on a node that has none: it is not installed there."""
    if kind.startswith("OVS"):
        raise failure("Open VSwitch is not installed (need package 'openvswitch-switch')")


def _require_interface(call: Call) -> dict[str, dict[str, Any]]:
    """All interfaces, the one of the path among them."""
    interfaces = network.visible_interfaces(call.cluster.nodes[call.node])
    if call.need("iface") not in interfaces:
        raise invalid({"iface": "interface does not exist"})
    return interfaces
