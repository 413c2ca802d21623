# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GET /nodes/{node}/lxc/{vmid}/interfaces: what `ip address` says inside a running container."""

from __future__ import annotations

import ipaddress
from typing import Any

from pve_simulator.guests.lxc.inside import list_interfaces
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route


@route("GET", "/nodes/{node}/lxc/{vmid}/interfaces")
def read_interfaces(call: Call) -> list[dict[str, Any]] | None:
    """The interfaces with their addresses; null for a container that does not run."""
    guest = call.find_guest("lxc")
    if guest is None or not guest.running:
        return None
    return [_view(name, mac, addresses) for name, mac, addresses in list_interfaces(guest)]


def _view(name: str, mac: str, addresses: list[str]) -> dict[str, Any]:
    view: dict[str, Any] = {"name": name, "hwaddr": mac, "hardware-address": mac, "ip-addresses": []}
    for text in addresses:
        interface = ipaddress.ip_interface(text)
        family = "inet" if interface.version == 4 else "inet6"
        view[family] = text
        view["ip-addresses"].append(
            {
                "ip-address": str(interface.ip),
                "ip-address-type": family,
                "prefix": str(interface.network.prefixlen),
            }
        )
    return view
