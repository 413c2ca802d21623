# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The network of a running container, as its node sees it from outside."""

from __future__ import annotations

import re

from pve_simulator.guests.agent.machine import link_local
from pve_simulator.guests.lxc.values import network_options
from pve_simulator.state.guest import Guest
from pve_simulator.state.inside import ContainerInside

_NET = re.compile(r"net(\d+)")
_NO_MAC = "00:00:00:00:00:00"
_WORDS = frozenset({"dhcp", "auto", "manual"})


def list_interfaces(guest: Guest) -> list[tuple[str, str, list[str]]]:
    """Name, MAC address and addresses with prefix length of every interface."""
    inside = guest.part(ContainerInside)
    interfaces = [("lo", _NO_MAC, ["127.0.0.1/8", "::1/128"] if inside.configured else [])]
    for key in sorted((key for key in guest.config if _NET.fullmatch(key)), key=lambda key: int(key[3:])):
        options = network_options(guest.config[key])
        name, mac = options.get("name", "eth0"), options.get("hwaddr", _NO_MAC).lower()
        addresses = inside.addresses.get(name)
        if addresses is None:
            addresses = _addresses(guest, key, options, mac) if inside.configured else []
        interfaces.append((name, mac, addresses))
    return interfaces


def _addresses(guest: Guest, key: str, options: dict[str, str], mac: str) -> list[str]:
    addresses = [options[name] for name in ("ip", "ip6") if options.get(name, "manual") not in _WORDS]
    if options.get("ip") == "dhcp":
        addresses.append(f"10.99.{(guest.vmid // 250 + int(key[3:])) % 250}.{guest.vmid % 250 + 1}/16")
    return [*addresses, f"{link_local(mac)}/64"]
