# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses of running guests."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._api.errors import PveError

if TYPE_CHECKING:
    from .._api.client import Client
    from .guest import Guest


def read_interfaces(client: Client, guest: Guest) -> list[dict[str, Any]]:
    """A running guest's interfaces, each with its C(name), C(mac) and C(addresses).

    Those of a QEMU guest come from its agent, and it raises without one.
    """
    if guest.type == "lxc":
        return [
            {
                "name": entry.get("name"),
                "mac": entry.get("hwaddr"),
                "addresses": [str(entry[key]).split("/", 1)[0] for key in ("inet", "inet6") if entry.get(key)],
            }
            for entry in client.get(f"{guest.path}/interfaces") or []
        ]
    return [
        {
            "name": entry.get("name"),
            "mac": entry.get("hardware-address"),
            "addresses": [address["ip-address"] for address in entry.get("ip-addresses") or []],
        }
        for entry in client.get(f"{guest.path}/agent/network-get-interfaces")["result"]
    ]


def read_addresses(client: Client, guest: Guest) -> list[str]:
    """A running guest's reachable addresses; those of a QEMU guest come from its agent, and it raises without one."""
    return select_reachable(
        address for interface in read_interfaces(client, guest) for address in interface["addresses"]
    )


def find_addresses(client: Client, guest: Guest) -> list[str] | None:
    """A guest's reachable addresses; None when it does not run or has no agent."""
    if guest.status != "running":
        return None
    try:
        return read_addresses(client, guest)
    except PveError:
        # Most guests without an agent are meant to have none.
        return None


def select_reachable(addresses: Iterable[str]) -> list[str]:
    """The addresses that other machines can reach, neither loopback nor link-local, IPv4 first."""
    parsed = [ipaddress.ip_address(address) for address in addresses]
    reachable = [address for address in parsed if not (address.is_loopback or address.is_link_local)]
    return [str(address) for address in sorted(reachable, key=lambda address: address.version)]
