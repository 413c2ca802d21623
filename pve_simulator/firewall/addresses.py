# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses and networks as the firewall's files hold them."""

from __future__ import annotations

import ipaddress

from pve_simulator.schema.formats.net_ip import parse_address

_FULL = {4: "/32", 6: "/128"}


def ip_version(cidr: str) -> int:
    """4 or 6, of an address or network."""
    return 6 if ":" in cidr else 4


def normalize_address(cidr: str) -> str:
    """An address or network without the prefix that a single address has anyway."""
    return cidr.removesuffix(_FULL[ip_version(cidr)])


def drop_host_bits(cidr: str) -> str:
    """A network by its first address, as IP sets hold it; an address as it is."""
    return str(ipaddress.ip_network(cidr, strict=False)) if "/" in cidr else cidr


def list_version(text: str) -> int:
    """The IP version of a list of addresses, networks or a range; raises FormatError for none."""
    return next(iter({parse_address(element) for element in text.split(",")}))
