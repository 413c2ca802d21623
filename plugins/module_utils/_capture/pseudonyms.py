# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pseudonyms for names, ids and addresses: the same for the same name, and addresses of a network stay in one."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
import uuid
from ipaddress import IPv4Address, IPv6Address

# Ranges with a special meaning: an address in one of them gets a pseudonym in it.
_RANGES = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 224.0.0.0/3
    ::/16 fc00::/7 fe80::/10 ff00::/8
"""
_MAC = re.compile(r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:])")
_V4 = r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)"
_V6 = r"(?<![\w:.])(?=[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:)[0-9A-Fa-f:]+(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\w:.])"
_ADDRESS = re.compile(rf"(?P<address>{_V4}|{_V6})(?:/(?P<length>\d{{1,3}})(?![\w.]))?")
# Matches MAC addresses, ranges, and addresses with or without the length of their network.
ADDRESSES = rf"{_MAC.pattern}|(?:{_V4}|{_V6})(?:-(?:{_V4}|{_V6})|/\d{{1,3}}(?![\w.]))?"
_RANGE = re.compile(rf"(?P<first>{_V4}|{_V6})-(?P<last>{_V4}|{_V6})")


def _build_fixed_prefixes() -> dict[int, tuple[str, ...]]:
    networks = [ipaddress.ip_network(text) for text in _RANGES.split()]
    return {
        width: tuple(_to_bits(net.network_address)[: net.prefixlen] for net in networks if net.max_prefixlen == width)
        for width in (32, 128)
    }


def _to_bits(address: IPv4Address | IPv6Address) -> str:
    return format(int(address), f"0{address.max_prefixlen}b")


_FIXED = _build_fixed_prefixes()


class Pseudonyms:
    """The pseudonyms of one capture. Names are numbered; addresses and ids are derived from a key that is not kept."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(16)
        self._names: dict[str, dict[str, str]] = {}
        self._addresses: dict[IPv4Address | IPv6Address, IPv4Address | IPv6Address] = {}

    def replace_name(self, kind: str, name: str, form: str = "{kind}-{number}") -> str:
        """The pseudonym of a name of a kind."""
        pseudonyms = self._names.setdefault(kind, {})
        if name not in pseudonyms:
            pseudonyms[name] = form.format(kind=kind, number=len(pseudonyms) + 1)
        return pseudonyms[name]

    def find_name(self, name: str, kinds: tuple[str, ...]) -> str | None:
        """The pseudonym that a name already has in one of these kinds, None if it has none."""
        return next((self._names[kind][name] for kind in kinds if name in self._names.get(kind, ())), None)

    def replace_uuid(self, text: str) -> str:
        """The pseudonym of a UUID."""
        return str(uuid.UUID(bytes=self._hash(f"uuid {text.lower()}")[:16], version=4))

    def replace_mac(self, text: str) -> str:
        """The pseudonym of a MAC address, with Proxmox's prefix."""
        number = self.replace_name("mac", text.upper(), "{number}")
        return "BC:24:11:" + ":".join(re.findall("..", f"{int(number):06X}"))

    def replace_address(self, text: str) -> str:
        """The pseudonym of an address or network (C(address/length)); addresses of a network stay in one network.

        Text that is no address is returned as it is, as are loopback, multicast, netmasks and the unspecified address.
        """
        match = _ADDRESS.fullmatch(text)
        try:
            original = ipaddress.ip_address(match["address"] if match else "")
        except ValueError:
            return text
        if original.is_loopback or original.is_multicast or original.is_unspecified or original in _NETMASKS:
            return text
        replacement = self._map_address(original)
        length = match["length"] if match else None
        if length is None or int(length) > original.max_prefixlen:
            return str(replacement)
        host = (1 << (original.max_prefixlen - int(length))) - 1
        if not int(original) & host:
            replacement = type(replacement)(int(replacement) & ~host)
        return f"{replacement}/{length}"

    def replace_addresses(self, text: str) -> str:
        """A text with pseudonyms for every MAC and IP address in it."""
        text = _MAC.sub(lambda match: self.replace_mac(match[0]), text)
        # The pseudonyms of a range may be in the opposite order.
        parts = []
        end = 0
        for match in _RANGE.finditer(text):
            parts += [
                self._replace_single_addresses(text[end : match.start()]),
                self._replace_range(match["first"], match["last"]),
            ]
            end = match.end()
        return "".join([*parts, self._replace_single_addresses(text[end:])])

    def _replace_single_addresses(self, text: str) -> str:
        return _ADDRESS.sub(lambda match: self.replace_address(match[0]), text)

    def _replace_range(self, first: str, last: str) -> str:
        ends = [self.replace_address(first), self.replace_address(last)]
        try:
            ends.sort(key=lambda end: int(ipaddress.ip_address(end)))
        except ValueError:
            return f"{first}-{last}"
        return "-".join(ends)

    def _map_address(self, original: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
        """A prefix-preserving pseudonym: whether a bit flips depends on those before it; fixed ranges are kept."""
        if original not in self._addresses:
            bits, fixed = _to_bits(original), _FIXED[original.max_prefixlen]
            replacement = "".join(
                bit if _may_lead_to(bits[:at], fixed) or self._hash(f"ip {bits[:at]}")[0] & 1 else "10"[int(bit)]
                for at, bit in enumerate(bits)
            )
            self._addresses[original] = type(original)(int(replacement, 2))
        return self._addresses[original]

    def _hash(self, text: str) -> bytes:
        return hmac.new(self._key, text.encode(), hashlib.sha256).digest()


_NETMASKS = ipaddress.ip_network("255.0.0.0/8")


def _may_lead_to(prefix: str, fixed: tuple[str, ...]) -> bool:
    return any(len(prefix) < len(bits) and bits.startswith(prefix) for bits in fixed)
