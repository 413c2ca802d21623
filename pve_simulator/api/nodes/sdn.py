# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/sdn: what was applied of the software-defined network, as it is on a node."""

from __future__ import annotations

import re
from typing import Any

from pve_simulator.api.cluster.sdn import require_vnet
from pve_simulator.errors import invalid
from pve_simulator.nodes import network
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.schema.perl import split_list
from pve_simulator.state.guest import Guest
from pve_simulator.state.sections import ClusterFiles, Section

_ZONES, _VNETS = "/nodes/{node}/sdn/zones", "/nodes/{node}/sdn/vnets/{vnet}"
# The zone of the bridges that are no vnets.
_LOCAL = "localnetwork"
_ALL_VLANS = "2-4094"


@route("GET", _ZONES)
def list_zones(call: Call) -> list[dict[str, str]]:
    """The applied zones that are on the node."""
    return [
        {"zone": name, "status": "available"}
        for name, section in sorted(_get_applied(call, "zones").items())
        if _is_on_node(call, section)
    ]


@route("GET", f"{_ZONES}/{{zone}}/content")
def list_vnets(call: Call) -> list[dict[str, Any]]:
    """The applied vnets of a zone."""
    zone = _get_applied(call, "zones").get(call.need("zone"))
    return [
        {"vnet": name, "status": "available", "statusmsg": None}
        for name, section in _get_applied(call, "vnets").items()
        if section.get("zone") == call.need("zone") and zone is not None and _is_on_node(call, zone)
    ]


@route("GET", f"{_ZONES}/{{zone}}/bridges")
def list_bridges(call: Call) -> list[dict[str, Any]]:
    """The bridges of a zone that the caller may see, with what is plugged into them."""
    zone = call.need("zone")
    interfaces = network.current_interfaces(call.cluster.nodes[call.node])
    if zone == _LOCAL:
        names = [name for name, settings in interfaces.items() if settings.get("type") == "bridge"]
    else:
        _find_zone(call, zone)
        names = [name for name, section in _get_applied(call, "vnets").items() if section.get("zone") == zone]
    bridges = []
    for name in names:
        if not any(call.subject.may(f"/sdn/zones/{zone}/{name}", right) for right in ("SDN.Audit", "SDN.Allocate")):
            continue
        settings = interfaces.get(name, {})
        aware = bool(settings.get("bridge_vlan_aware"))
        uplinks = split_list(str(settings.get("bridge_ports", "")))
        ports: list[dict[str, Any]] = [
            {"name": port, **(_list_vlans({}, str(settings.get("bridge_vids", _ALL_VLANS))) if aware else {})}
            for port in uplinks
        ]
        for guest in call.cluster.guests.values():
            if guest.node == call.node and guest.running:
                ports += _list_ports(guest, name, aware)
        bridges.append({"name": name, "vlan_filtering": int(aware), "ports": ports})
    return bridges


@route("GET", f"{_ZONES}/{{zone}}/ip-vrf")
def list_routes(call: Call) -> list[Any]:
    """The routes of an EVPN zone, of which there are none without other routers."""
    zone = _find_zone(call, call.need("zone"))
    if zone.get("type") != "evpn":
        raise invalid({"zone": "zone is not an EVPN zone"})
    if not _is_on_node(call, zone):
        raise invalid({"zone": f"zone does not exist on node {call.node}"})
    return []


@route("GET", _VNETS)
def list_vnet_pages(call: Call) -> list[dict[str, str]]:
    """What there is to read of a vnet on the node."""
    require_vnet(call, "SDN.Audit")
    return [{"subdir": "mac-vrf"}]


@route("GET", f"{_VNETS}/mac-vrf")
def list_addresses(call: Call) -> list[Any]:
    """The addresses that a vnet of an EVPN zone learned, of which there are none without other routers."""
    require_vnet(call, "SDN.Audit")
    name = call.need("vnet")
    vnet = _get_applied(call, "vnets").get(name)
    if vnet is None:
        raise invalid({"vnet": "vnet does not exist"})
    zone = _get_applied(call, "zones").get(str(vnet["zone"]))
    if zone is None:
        raise invalid({"zone": f"zone {vnet['zone']} does not exist"})
    if zone.get("type") != "evpn":
        raise invalid({"zone": f"zone {vnet['zone']} is not an EVPN zone."})
    if not _is_on_node(call, zone):
        raise invalid({"zone": f"zone {vnet['zone']} of vnet {name} does not exist on node {call.node}"})
    return []


def _get_applied(call: Call, plural: str) -> dict[str, Section]:
    return call.cluster.part(ClusterFiles).file(f"sdn/running/{plural}").sections


def _find_zone(call: Call, name: str) -> Section:
    zone = _get_applied(call, "zones").get(name)
    if zone is None:
        raise invalid({"zone": "zone does not exist"})
    return zone


def _is_on_node(call: Call, zone: Section) -> bool:
    return not zone.get("nodes") or call.node in split_list(str(zone["nodes"]))


def _list_ports(guest: Guest, bridge: str, aware: bool) -> list[dict[str, Any]]:
    """A guest's ports on a bridge; with a firewall a bridge of its own is between them."""
    ports = []
    for key, value in guest.config.items():
        number = re.fullmatch(r"net(\d+)", key)
        options = dict(item.split("=", 1) for item in value.split(",") if "=" in item)
        if number is None or options.get("bridge") != bridge:
            continue
        pair = ("tap", "i") if guest.type == "qemu" else ("veth", "i")
        before, between = ("fwpr", "p") if options.get("firewall") == "1" else pair
        port = {"name": f"{before}{guest.vmid}{between}{number[1]}", "vmid": str(guest.vmid), "index": key}
        ports.append({**port, **(_list_vlans(options, _ALL_VLANS) if aware else {})})
    return ports


def _list_vlans(options: dict[str, str], others: str) -> dict[str, Any]:
    """The VLANs of a port of a bridge that knows them: its own, and what passes with a tag."""
    if "tag" not in options:
        return {"primary_vlan": 1, "vlans": split_list(options.get("trunks", others))}
    return {"primary_vlan": int(options["tag"]), "vlans": split_list(options.get("trunks", ""))}
