# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What software-defined networks refuse: the options of each type, and what contradicts other objects."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from pve_simulator.errors import failure, invalid
from pve_simulator.requests.call import Call
from pve_simulator.schema.perl import split_list
from pve_simulator.state.sections import ClusterFiles, Options, Section

BUILTIN_IPAMS: dict[str, Section] = {"pve": {"type": "pve"}}
_ZONE = "nodes mtu dns reversedns dnszone ipam"
ZONE_OPTIONS = {
    "simple": Options.build(f"{_ZONE} dhcp"),
    "vlan": Options.build(f"{_ZONE} bridge-disable-mac-learning", "bridge"),
    "qinq": Options.build(f"{_ZONE} bridge-disable-mac-learning vlan-protocol", "bridge tag"),
    "vxlan": Options.build(f"{_ZONE} peers vxlan-port fabric"),
}
VNET_OPTIONS = {"vnet": Options.build("tag alias vlanaware isolate-ports", "zone")}
_IN_USE_AT = "at /usr/share/perl5/PVE/Network/SDN/Zones/Plugin.pm line 149."
_LARGEST_VLAN = 4096
_LARGEST_VNI = 16777216
_OVERLAYS = ("vxlan", "evpn")


def sections_of(call: Call, plural: str) -> dict[str, Section]:
    """The objects of one kind as they are wanted, by name."""
    return call.cluster.part(ClusterFiles).file(f"sdn/{plural}").sections


def find_lock(call: Call) -> str | None:
    """The token of whoever has locked all changes."""
    token = sections_of(call, "lock").get("global", {}).get("token")
    return None if token is None else str(token)


def check_lock(call: Call) -> None:
    """Refuse a change while somebody else has locked all of them."""
    if find_lock(call) not in (None, call.text("lock-token")):
        raise failure("invalid lock token provided!")


def check_zone(call: Call, name: str, section: Section) -> None:
    """Refuse a zone whose servers do not exist, or that says too much or too little."""
    servers = sections_of(call, "dns")
    for option in ("dns", "reversedns"):
        if option in section and section[option] not in servers:
            raise invalid({option: f"{section[option]} don't exist"})
    if "dnszone" in section and "dns" not in section:
        raise invalid({"dnszone": "missing dns server"})
    ipam, old = section.get("ipam"), sections_of(call, "zones").get(name, section)
    if old.get("ipam") != ipam and any(subnet.startswith(f"{name}-") for subnet in sections_of(call, "subnets")):
        raise invalid({"ipam": "can't change ipam if a subnet is already defined in this zone"})
    if ipam is not None and ipam not in BUILTIN_IPAMS and ipam not in sections_of(call, "ipams"):
        raise invalid({"ipam": f"{ipam} not existing"})
    if section["type"] == "vxlan" and ("peers" in section) == ("fabric" in section):
        text = "must have exactly one of peers / fabric defined"
        raise invalid({"peers": text, "fabric": text})
    for option in ("nodes", "exitnodes"):
        if option in section:
            section[option] = ",".join(sorted(set(split_list(section[option]))))


def check_zone_unused(call: Call, name: str, section: Section) -> None:
    """Refuse to remove a zone that has vnets."""
    for vnet, settings in sections_of(call, "vnets").items():
        if settings.get("zone") == name:
            raise failure(f"zone {name} is used by vnet {vnet} {_IN_USE_AT}")


def check_vnet(call: Call, name: str, section: Section) -> None:
    """Refuse a vnet that its zone can't have."""
    section.setdefault("type", "vnet")
    old = sections_of(call, "vnets").get(name)
    if old is not None and old["zone"] != section["zone"] and has_subnets(call, name):
        raise invalid({"zone": "can't change zone if subnets exist"})
    zone = sections_of(call, "zones").get(section["zone"])
    if zone is None:
        raise failure("cannot lookup undefined type!")
    _check_tag(call, name, section, zone["type"])
    if section.get("vlanaware") and has_subnets(call, name):
        raise invalid({"vlanaware": "vlanaware vnet is not compatible with subnets"})


def _check_tag(call: Call, name: str, section: Section, kind: str) -> None:
    tag = section.get("tag")
    if kind == "simple":
        if tag is not None:
            raise invalid({"tag": "vlan tag is not allowed on simple zone"})
        return
    overlay = kind in _OVERLAYS
    if tag is None and kind != "qinq":
        raise invalid({"tag": f"missing {'vxlan' if overlay else 'vlan'} tag"})
    if tag is not None and tag > (_LARGEST_VNI if overlay else _LARGEST_VLAN):
        largest = {"vlan": "vlan tag max value is 4096", "qinq": "VLAN tag maximal value is 4096"}
        raise invalid({"tag": largest.get(kind, "vxlan tag max value is 16777216")})
    if kind == "evpn" and section.get("vlanaware"):
        raise invalid({"vlan-aware": "vlan-aware option can't be enabled with evpn"})
    zones = sections_of(call, "zones")
    for other, settings in sorted(sections_of(call, "vnets").items()):
        zone = settings["zone"]
        if other == name or settings.get("tag") != tag:
            continue
        if overlay and zones.get(zone, {}).get("type") in _OVERLAYS:
            raise invalid({"tag": f"vxlan tag {tag} already exist in vnet {other} in zone {zone} "})
        if not overlay and zone == section["zone"]:
            raise invalid({"tag": _word_duplicate(kind, tag, zone, other)})


def _word_duplicate(kind: str, tag: int | None, zone: str, other: str) -> str:
    if kind == "vlan":
        return f"tag {tag} already exist in vnet {other}"
    what = "tag-less vnet already exists" if tag is None else f"tag {tag} already exist"
    return f"{what} in zone {zone} vnet {other}"


def has_subnets(call: Call, vnet: str) -> bool:
    """Whether a vnet has subnets."""
    return any(subnet["vnet"] == vnet for subnet in sections_of(call, "subnets").values())


def check_vnet_unused(call: Call, name: str, section: Section) -> None:
    """Refuse to remove a vnet that has subnets."""
    if has_subnets(call, name):
        raise invalid({"vnet": "Can't delete vnet if subnets exists"})


def check_subnet(call: Call, network: str, section: Mapping[str, Any]) -> None:
    """Refuse a subnet of a vnet that knows VLANs, or with addresses that are not its own."""
    if sections_of(call, "vnets")[section["vnet"]].get("vlanaware"):
        raise invalid({"vnet": "you can't add a subnet on a vlanaware vnet"})
    gateway, own = section.get("gateway"), ipaddress.ip_network(network, strict=False)
    point_to_point = own.version == 4 and own.prefixlen == own.max_prefixlen
    if gateway and ipaddress.ip_address(gateway) not in own and not point_to_point:
        raise invalid({"gateway": f"{gateway} is not in subnet {network}"})
    taken: list[tuple[Any, Any]] = []
    for dhcp_range in parse_ranges(section):
        first, last = (_parse_end(dhcp_range, end) for end in ("start", "end"))
        if first.version == last.version and first > last:
            raise invalid({"dhcp-range": f"start-address {first} must be smaller than end-address {last}"})
        for end, address in (("start", first), ("end", last)):
            if address not in own:
                raise invalid({"dhcp-range": f"{end}-address {address} is not in subnet {network}"})
        if any(first <= other_last and other_first <= last for other_first, other_last in taken):
            raise invalid({"dhcp-range": "dhcp ranges must not overlap"})
        taken.append((first, last))


def _parse_end(dhcp_range: Mapping[str, str], end: str) -> Any:
    text = dhcp_range[f"{end}-address"]
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise invalid({"dhcp-range": f"{end}-address is not a valid IP {text}"}) from None


def parse_ranges(section: Mapping[str, Any]) -> list[dict[str, str]]:
    """The DHCP ranges of a subnet."""
    return [dict(part.split("=", 1) for part in text.split(",")) for text in section.get("dhcp-range", [])]
