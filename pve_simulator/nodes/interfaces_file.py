# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of a node's network interfaces: what it can't hold, and how interfaces read back from it (PVE::INotify)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

from pve_simulator.errors import failure
from pve_simulator.schema.perl import split_list
from pve_simulator.state.node_system import Interfaces

_Interface = dict[str, Any]
PORT_OPTIONS = ("bridge_ports", "ovs_ports", "slaves", "ovs_bonds")
_PHYSICAL = re.compile(r"eth\d+|en[^:.]+|ib[^:.]+")
_DOTTED = re.compile(r"(\S+)\.(\d+)")
_ALIAS = re.compile(r"(\S+):\d+")
_LARGEST_VLAN = 4094
_DEFAULT_MTU = 1500
_HASHING = ("balance-xor", "802.3ad")
# Where each type of interface goes in the file; within a type by priority, a new one last.
_ORDER = {"loopback": 1, "eth": 2, "OVSPort": 2, "OVSIntPort": 3, "OVSBond": 4, "bond": 4}
_ORDER |= {"bridge": 5, "OVSBridge": 5, "vlan": 6}
_NEW = 50000
# Written and read by rules of their own, or never written.
_OWN_RULES = frozenset({
    "type", "priority", "method", "method6", "active", "exists", "comments", "autostart", "families", "address",
    "netmask", "gateway", "cidr", "address6", "netmask6", "gateway6", "cidr6", "bridge_ports", "bridge_stp",
    "bridge_fd", "bridge_vlan_aware", "bridge_vids", "slaves", "bond_miimon", "bond_mode", "bond_xmit_hash_policy",
    "bond-primary", "bridge-disable-mac-learning",
})  # fmt: skip


def check_interfaces(interfaces: Interfaces) -> None:
    """Refuse interfaces that name others which are not there, or can't be used so."""
    for name, interface in interfaces.items():
        check = _CHECKS.get(interface["type"])
        if check is not None:
            check(interfaces, name, interface)


def reread_interfaces(interfaces: Interfaces) -> Interfaces:
    """The interfaces as they read back, in the order and with the priorities of the file."""
    for interface in interfaces.values():
        for slave in split_list(interface.get("slaves", "")) if interface["type"] == "bond" else ():
            interfaces[slave]["autostart"] = 1

    def compare(first: str, second: str) -> int:
        types = _find_order(interfaces, first), _find_order(interfaces, second)
        first_type, second_type = (0.0, 0.0) if None in types else types
        ranks = [
            (kind or 0) * 100000 + interfaces[name].get("priority", _NEW)
            for kind, name in ((first_type, first), (second_type, second))
        ]
        return -1 if (ranks[0], first) < (ranks[1], second) else 1

    ordered = sorted(interfaces, key=cmp_to_key(compare))
    # The loopback device is the first one of the file.
    reread = {
        name: {**_reread(name, interfaces[name]), "priority": priority} for priority, name in enumerate(ordered, 3)
    }
    for name, interface in reread.items():
        parent = interface.get("vlan-raw-device") or (match[1] if (match := _ALIAS.fullmatch(name)) else None)
        if parent is not None:
            interface["exists"] = reread[parent].get("exists") if parent in reread else 0
    return reread


def _find_order(interfaces: Interfaces, name: str) -> float | None:
    root, *children = re.split(r"[.:]", name)
    kind = _ORDER.get(interfaces.get(root, {}).get("type", ""))
    return None if kind is None else kind + len(children) / 100000


def _reread(name: str, interface: _Interface) -> _Interface:
    kind = interface["type"]
    read = {key: str(value) for key, value in interface.items() if key not in _OWN_RULES and value}
    read |= {key: interface[key] for key in ("method", "method6", "families")}
    for key in ("active", "exists", "autostart"):
        if interface.get(key):
            read[key] = interface[key]
    for suffix, family in (("", "inet"), ("6", "inet6")):
        if family in interface["families"]:
            read |= _reread_address(interface, suffix)
    if kind == "bridge":
        read |= _reread_bridge(interface)
    elif kind == "bond":
        read |= _reread_bond(interface)
    if interface.get("comments"):
        read["comments"] = "".join(f"{line.strip()}\n" for line in interface["comments"].splitlines())
    return {**read, **_find_type(name, kind, read)}


def _reread_address(interface: _Interface, suffix: str) -> _Interface:
    address, prefix = interface.get(f"address{suffix}"), interface.get(f"netmask{suffix}")
    read: _Interface = {}
    if address:
        length = prefix or ("128" if suffix else "32")
        read = {f"address{suffix}": address, f"cidr{suffix}": f"{address}/{length}"}
        if prefix:
            read[f"netmask{suffix}"] = str(prefix)
    if interface.get(f"gateway{suffix}"):
        read[f"gateway{suffix}"] = interface[f"gateway{suffix}"]
    return read


def _reread_bridge(interface: _Interface) -> _Interface:
    read: _Interface = {
        "bridge_ports": " ".join(sorted(set(split_list(interface.get("bridge_ports", ""))))),
        "bridge_stp": interface.get("bridge_stp", "off"),
        "bridge_fd": str(interface.get("bridge_fd", "0")),
    }
    if "bridge_vlan_aware" in interface:
        read |= {"bridge_vlan_aware": 1, "bridge_vids": interface.get("bridge_vids") or "2-4094"}
    return read


def _reread_bond(interface: _Interface) -> _Interface:
    mode = interface.get("bond_mode", "balance-rr")
    read: _Interface = {
        "slaves": " ".join(sorted(set(split_list(interface.get("slaves", ""))))),
        "bond_miimon": str(interface.get("bond_miimon", 100)),
        "bond_mode": mode,
    }
    if mode in _HASHING and interface.get("bond_xmit_hash_policy"):
        read["bond_xmit_hash_policy"] = interface["bond_xmit_hash_policy"]
    if mode == "active-backup" and interface.get("bond-primary"):
        read["bond-primary"] = interface["bond-primary"]
    return read


def _find_type(name: str, kind: str, read: _Interface) -> _Interface:
    """The type, which is known by the name of an interface and its options."""
    dotted, numbered = _DOTTED.fullmatch(name), re.fullmatch(r"vlan(\d+)", name)
    if kind == "bridge" or kind.startswith("OVS"):
        return {"type": kind}
    if re.fullmatch(r"bond\d+", name):
        return {"type": "bond"}
    if _ALIAS.fullmatch(name):
        return {"type": "alias"}
    if dotted is not None:
        return {"type": "vlan", "vlan-raw-device": dotted[1], "vlan-id": dotted[2]}
    if "vlan-raw-device" in read:
        return {"type": "vlan", **({"vlan-id": numbered[1]} if numbered else {})}
    return {"type": "eth" if _PHYSICAL.fullmatch(name) else "unknown"}


def _check_mtu(interfaces: Interfaces, parent: str, child: str) -> None:
    wanted = int(interfaces[child].get("mtu") or 0)
    given = interfaces[parent].get("mtu")
    if not given:
        given = wanted if interfaces[parent]["type"] == "bond" else _DEFAULT_MTU
    if int(given) < wanted:
        raise failure(f"interface '{parent}' - mtu {given} is lower than '{child}' - mtu {wanted}")


def _check_bond(interfaces: Interfaces, name: str, bond: _Interface) -> None:
    slaves = split_list(bond.get("slaves", ""))
    for slave in slaves:
        if slave not in interfaces:
            raise failure(f"bond '{name}' - unable to find slave '{slave}'")
        kind = interfaces[slave]["type"]
        if kind not in ("eth", "bond"):
            raise failure(f"bond '{name}' - wrong interface type on slave '{slave}' ('{kind}' != 'eth or bond')")
        _check_mtu(interfaces, name, slave)


def _check_vlan(interfaces: Interfaces, name: str, vlan: _Interface) -> None:
    dotted, numbered = _DOTTED.fullmatch(name), re.fullmatch(r"vlan(\d+)", name)
    parent = dotted[1] if dotted else vlan.get("vlan-raw-device")
    if not parent:
        raise failure("missing vlan-raw-device option")
    number = dotted[2] if dotted else numbered[1] if numbered else vlan.get("vlan-id")
    if not number:
        raise failure("missing vlan-id option")
    if int(number) > _LARGEST_VLAN:
        raise failure(f"vlan '{name}' - vlan-id {number} should be <= {_LARGEST_VLAN}")
    if parent not in interfaces:
        raise failure(f"vlan '{name}' - unable to find parent '{parent}'")
    kind = interfaces[parent]["type"]
    if kind not in ("eth", "bridge", "bond", "vlan"):
        what = f"vlan '{name}' - wrong interface type on parent '{parent}'"
        raise failure(f"{what} ('{kind}' != 'eth|bond|bridge|vlan' )")
    _check_mtu(interfaces, parent, name)


def _check_bridge(interfaces: Interfaces, name: str, bridge: _Interface) -> None:
    for port in str(bridge.get("bridge_ports") or "").split():
        dotted = _DOTTED.fullmatch(port)
        if port not in interfaces and dotted is None:
            raise failure(f"bridge '{name}' - unable to find bridge port '{port}'")
        if port not in interfaces:
            continue
        if "static" in (interfaces[port].get("method"), interfaces[port].get("method6")):
            raise failure(f"iface {port} - ip address can't be set on interface if bridged in {name}")
        _check_mtu(interfaces, port, name)


_CHECKS: dict[str, Callable[[Interfaces, str, _Interface], None]] = {
    "bond": _check_bond,
    "vlan": _check_vlan,
    "bridge": _check_bridge,
}
