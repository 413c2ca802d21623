# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses, networks and ranges as firewall rules take them, with the error texts of Perl's Net::IP."""

from __future__ import annotations

import ipaddress
import re

from pve_simulator.schema.errors import FormatError
from pve_simulator.schema.formats._base import format_error

# What lists of addresses say before the text of Net::IP.
ADDRESS_ERROR = "invalid IP address: "


def parse_address(text: str) -> int:
    """The IP version, 4 or 6, of an address, a network (no host bits) or a range `first-last`."""
    if "-" in text:
        first, dummy, last = text.partition("-")
        versions = (_address(first.strip()).version, _address(last.strip()).version)
        if versions[0] != versions[1]:
            raise _error(f"IP addresses of different versions: {first} - {last}")
        if int(_address(first.strip())) > int(_address(last.strip())):
            raise _error(f"begin address is greater than end address {first} - {last}")
        return versions[0]
    address, slash, bits = text.partition("/")
    parsed = _address(address)
    if slash:
        _check_prefix(parsed, bits)
    return parsed.version


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    if ":" in text:
        return _ipv6(text)
    if re.search(r"[^\d.]", text) or not text:
        raise _error(f"Cannot determine IP version for {text}")
    return _ipv4(text)


def _ipv4(text: str) -> ipaddress.IPv4Address:
    quads = text.split(".")
    if text.startswith("."):
        raise _error(f"Invalid IP {text} - starts with a dot")
    if text.endswith("."):
        raise _error(f"Invalid IP {text} - ends with a dot")
    if len(quads) > 4 or "" in quads:
        raise _error(f"Invalid IP {text}" if "" not in quads else f"Empty quad in IP address {text}")
    for quad in quads:
        if int(quad) > 255:
            raise _error(f"Invalid quad in IP address {text} - {quad}")
    # Short forms are filled up with zeroes: 10.1 is 10.1.0.0.
    return ipaddress.IPv4Address(".".join(str(int(quad)) for quad in [*quads, "0", "0", "0"][:4]))


def _ipv6(text: str) -> ipaddress.IPv6Address:
    try:
        if "%" in text:
            raise ValueError
        return ipaddress.IPv6Address(text)
    except ValueError:
        raise _error(f"Invalid IP {text}") from None


def _check_prefix(address: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: str) -> None:
    if not bits.isdigit():
        raise _error(f"Invalid prefix length /{bits}")
    if int(bits) > address.max_prefixlen:
        raise _error(f"Prefix length {bits} is longer than IP address ({address.max_prefixlen})")
    binary = f"{int(address):0{address.max_prefixlen}b}"
    if "1" in binary[int(bits) :]:
        raise _error(f"Invalid prefix {binary}/{bits}")


def _error(text: str) -> FormatError:
    return format_error(f"{ADDRESS_ERROR}{text}")
