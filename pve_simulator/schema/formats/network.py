# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses: MAC, IPv4, IPv6, CIDR, and what configurations take in their place."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from pve_simulator.schema.formats._base import Validator, accepts, format_error, match_pattern
from pve_simulator.schema.formats.identifiers import verify_dns_name

_OCTET = r"(?:25[0-5]|(?:2[0-4]|1[0-9]|[1-9])?[0-9])"
IPV4 = rf"(?:(?:{_OCTET}\.){{3}}{_OCTET})"
_CIDR = re.compile(r"^(.*)/(\d+)$")
_IPV4_ONLY = re.compile(rf"^{IPV4}$")
# The shortest prefix that a network may have, of either version.
_SHORTEST = 8


def is_ipv4(text: str) -> bool:
    """Whether a text is an IPv4 address."""
    return _IPV4_ONLY.search(text) is not None


def is_ipv6(text: str) -> bool:
    """Whether a text is an IPv6 address, without a zone."""
    if ":" not in text or "%" in text:
        return False
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _is_cidr4(text: str) -> bool:
    match = _CIDR.search(text)
    return match is not None and is_ipv4(match.group(1)) and _SHORTEST <= int(match.group(2)) <= 32


def _is_cidr6(text: str) -> bool:
    match = _CIDR.search(text)
    return match is not None and is_ipv6(match.group(1)) and _SHORTEST <= int(match.group(2)) <= 128


def _is_any_network(text: str) -> bool:
    """A network with any prefix, 0 included."""
    match = _CIDR.search(text)
    if match is None:
        return False
    address, bits = match.group(1), int(match.group(2))
    return (is_ipv4(address) and bits <= 32) or (is_ipv6(address) and bits <= 128)


def _is_dns_name(text: str) -> bool:
    return accepts(verify_dns_name, text)


def _make_word_validator(text: str, *tests: Callable[[str], bool], words: tuple[str, ...] = ()) -> Validator:
    """Take what any test takes, or one of some words; `{}` in the error text stands for the value."""

    def validate(value: str) -> None:
        if value not in words and not any(test(value) for test in tests):
            raise format_error(text.replace("{}", value))

    return validate


def _verify_vlan(value: str) -> None:
    match = re.search(r"^(\d+)(?:-(\d+))?$", value)
    if not match:
        raise format_error(f"invalid VLAN configuration '{value}'")
    tags = [int(tag) for tag in match.groups() if tag is not None]
    for tag in tags:
        if not 2 <= tag <= 4094:
            raise format_error(f"invalid VLAN tag '{tag}'")
    if len(tags) == 2 and tags[0] >= tags[1]:
        raise format_error(f"VLAN range must go from lower to higher tag '{value}'")


def _verify_netmask(value: str) -> None:
    if not is_ipv4(value) or "01" in f"{int(ipaddress.IPv4Address(value)):032b}":
        raise format_error("value does not look like a valid IP netmask")


def _verify_ll_iface(value: str) -> None:
    address, percent, interface = value.partition("%")
    if not (is_ipv4(address) or is_ipv6(address)) or (percent and not interface):
        raise format_error("value does not look like a valid IP address")


_V4_CONFIG = "value does not look like a valid ipv4 network configuration"
_V6_CONFIG = "value does not look like a valid ipv6 network configuration"

FORMATS: dict[str, Validator] = {
    "mac-addr": match_pattern(
        r"(?i)^[a-f0-9][02468ace](?::[a-f0-9]{2}){5}$", "value does not look like a valid unicast MAC address"
    ),
    "mac-prefix": match_pattern(
        r"(?i)^[a-f0-9][02468ace](?::[a-f0-9]{2}){0,2}:?$", "value is not a valid unicast MAC address prefix"
    ),
    "ipv4": _make_word_validator("value does not look like a valid IPv4 address", is_ipv4),
    "ipv6": _make_word_validator("value does not look like a valid IPv6 address", is_ipv6),
    "ip": _make_word_validator("value does not look like a valid IP address", is_ipv4, is_ipv6),
    "ipv4mask": _verify_netmask,
    "CIDRv4": _make_word_validator("value does not look like a valid IPv4 CIDR network", _is_cidr4),
    "CIDRv6": _make_word_validator("value does not look like a valid IPv6 CIDR network", _is_cidr6),
    "CIDR": _make_word_validator("value does not look like a valid CIDR network", _is_cidr4, _is_cidr6),
    "FullRangeCIDR": _make_word_validator("value does not look like a valid CIDR network", _is_any_network),
    "pve-ipv4-config": _make_word_validator(_V4_CONFIG, _is_cidr4, words=("dhcp", "manual")),
    "pve-ipv6-config": _make_word_validator(_V6_CONFIG, _is_cidr6, words=("auto", "dhcp", "manual")),
    "address": _make_word_validator("value does not look like a valid address: {}", is_ipv4, is_ipv6, _is_dns_name),
    "lxc-ip-with-ll-iface": _verify_ll_iface,
    "pve-vlan-id-or-range": _verify_vlan,
    "graphite-path": match_pattern(
        r"^([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)(\.[a-zA-Z0-9-]+)*$",
        "value does not look like a valid graphite path",
    ),
}
