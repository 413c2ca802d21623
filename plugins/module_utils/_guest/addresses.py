# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses of running guests."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .._api.errors import PveError

if TYPE_CHECKING:
    from .._api.client import Client
    from .guest import Guest


def read_addresses(client: Client, guest: Guest) -> list[str]:
    """A running guest's reachable addresses; those of a QEMU guest come from its agent, and it raises without one."""
    if guest.type == "lxc":
        interfaces = client.get(f"{guest.path}/interfaces") or []
        candidates = [interface.get(key) for interface in interfaces for key in ("inet", "inet6")]
        return select_reachable(str(address).split("/", 1)[0] for address in candidates if address)
    interfaces = client.get(f"{guest.path}/agent/network-get-interfaces")["result"]
    return select_reachable(
        entry["ip-address"] for interface in interfaces for entry in interface.get("ip-addresses", [])
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
