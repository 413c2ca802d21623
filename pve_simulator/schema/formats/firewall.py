# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses, ports and protocols of firewall rules (pve-firewall)."""

from __future__ import annotations

import re

from pve_simulator.schema.errors import FormatError
from pve_simulator.schema.formats._base import Validator, accept_any_text, format_error
from pve_simulator.schema.formats.firewall_names import ICMP_TYPES, PROTOCOLS, SERVICES
from pve_simulator.schema.formats.net_ip import ADDRESS_ERROR, parse_address
from pve_simulator.schema.formats.network import is_ipv4, is_ipv6

_ALIAS = re.compile(r"^(?:dc/|guest/)?[A-Za-z][A-Za-z0-9\-_]+$")
_NAME_LENGTH = 64
_MOST_PORTS = 15
_HIGHEST_PORT = 65535
# The last number that /etc/protocols names.
_HIGHEST_PROTOCOL = 143


def _verify_addresses(value: str) -> None:
    """An IP set (+name), an alias, or a list of addresses, networks or one range."""
    if re.search(r"^\+\S+$", value):
        if len(value) > _NAME_LENGTH + 1:
            raise format_error("ipset name too long")
        return
    if _ALIAS.search(value):
        if len(value) > _NAME_LENGTH:
            raise format_error("alias name too long")
        return
    versions: set[int] = set()
    elements = _elements(value)
    for element in elements:
        versions.add(parse_address(element))
        if len(versions) > 1:
            raise format_error(f"detected mixed ipv4/ipv6 addresses in address list '{value}'")
    if len(elements) > 1 and any("-" in element for element in elements):
        raise format_error("you can't use a range in a list")


def _elements(value: str) -> list[str]:
    if value.endswith(","):
        raise format_error("extraneous commas in list")
    return value.split(",") if value else []


def _make_ports_validator(*, allow_icmp: bool) -> Validator:
    def validate(value: str) -> None:
        count = 0
        icmp = False
        for element in _elements(value):
            numbers = _port_numbers(element)
            count += len(numbers)
            icmp = icmp or (not numbers and _is_icmp_type(element, allowed=allow_icmp))
        if icmp and count:
            raise format_error("ICMP ports not allowed in port range")
        if count > _MOST_PORTS:
            raise format_error(f"too many entries in port list (> {_MOST_PORTS} numbers)")

    return validate


def _port_numbers(element: str) -> list[int]:
    """The numbers of a port or a range of them; none for a name."""
    if not re.search(r"^\d+(:\d+)?$", element):
        return []
    numbers = [int(number) for number in element.split(":")]
    for number in numbers:
        if number > _HIGHEST_PORT:
            raise format_error(f"invalid port '{number}'")
    if numbers[0] > numbers[-1]:
        first, last = numbers
        raise format_error(f"backwards range '{first}:{last}' not allowed, did you mean '{last}:{first}'?")
    return numbers


def _is_icmp_type(name: str, *, allowed: bool) -> bool:
    """Whether a name in the place of a port is an ICMP type; raises when it is no service either."""
    if allowed and name in ICMP_TYPES:
        return True
    if name not in SERVICES:
        raise format_error(f"invalid port '{name}'")
    return False


def _verify_protocol(value: str) -> None:
    if value and value not in PROTOCOLS and not (value.isdigit() and int(value) <= _HIGHEST_PROTOCOL):
        raise format_error(f"unknown protocol '{value}'")


def _verify_icmp_type(value: str) -> None:
    if value and value not in ICMP_TYPES:
        raise format_error(f"invalid icmp-type value '{value}'")


def _verify_address_or_network(value: str) -> None:
    """An address, or a network with any prefix; host bits do not matter, but for those of a prefix of 0."""
    match = re.search(r"^(.*?)(?:/(\d+))?$", value)
    address = match[1] if match else ""
    if match is None or not (is_ipv4(address) or is_ipv6(address)):
        raise format_error("value does not look like a valid IP address or CIDR network")
    longest = 32 if is_ipv4(address) else 128
    if match[2] is None or 0 < int(match[2]) <= longest:
        return
    try:
        parse_address(value)
    except FormatError as error:
        raise FormatError(error.text.removeprefix(ADDRESS_ERROR)) from error


def _verify_address_or_alias(value: str) -> None:
    if not _ALIAS.search(value):
        _verify_address_or_network(value)


FORMATS: dict[str, Validator] = {
    "pve-fw-addr-spec": _verify_addresses,
    "pve-fw-sport-spec": _make_ports_validator(allow_icmp=False),
    "pve-fw-dport-spec": _make_ports_validator(allow_icmp=True),
    "pve-fw-protocol-spec": _verify_protocol,
    "pve-fw-icmp-type-spec": _verify_icmp_type,
    "pve-fw-conntrack-helper": accept_any_text,
    "IPorCIDR": _verify_address_or_network,
    "IPorCIDRorAlias": _verify_address_or_alias,
}
