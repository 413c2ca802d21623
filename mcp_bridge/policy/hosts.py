# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What kind of host a URL names, without asking any name server. Pure."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Literal
from urllib.parse import unquote, urlsplit

HostClass = Literal["none", "public", "private", "local name", "loopback", "link-local", "metadata", "unknown"]
HOST_CLASSES = ("none", "public", "private", "local name", "loopback", "link-local", "metadata", "unknown")
"""From the least to the most doubtful; `none` where nothing is named."""

_METADATA = frozenset(
    {"169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254"}
)
_METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"})
_LOCAL_ENDINGS = frozenset(
    (
        "local",
        "localdomain",
        "internal",
        "intranet",
        "lan",
        "home",
        "corp",
        "private",
        "arpa",
        "test",
        "invalid",
        "onion",
    )
)
# Names of these domains say which address they stand for.
_ADDRESS_DOMAINS = ("nip.io", "sslip.io", "xip.io", "localtest.me", "lvh.me", "vcap.me", "lacolhost.com")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SHARED = ipaddress.IPv4Network("100.64.0.0/10")
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def classify_url(url: str) -> HostClass:
    """Say what kind of host a URL names; `unknown` where programs might read it in different ways."""
    if not url:
        return "none"
    if re.search(r"[\s\\\x00-\x1f\x7f]", url) or url.count("@") > 1:
        return "unknown"
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return "unknown"
    if parts.scheme.lower() not in ("http", "https"):
        return "unknown"
    return classify_host(host)


def classify_host(host: str) -> HostClass:
    """Say what kind of host a name or an address in any of its forms is."""
    name = unicodedata.normalize("NFKC", unquote(host)).strip("[]").lower().replace("\u3002", ".").rstrip(".")
    if not name:
        return "unknown"
    address = _parse_address(name)
    if address is not None:
        return _classify_address(address)
    if name in _METADATA_NAMES:
        return "metadata"
    if name == "localhost" or name.endswith(".localhost") or name in ("ip6-localhost", "ip6-loopback"):
        return "loopback"
    if not _NAME.fullmatch(name) or name.rpartition(".")[2].isdecimal():
        return "unknown"
    if any(name == domain or name.endswith(f".{domain}") for domain in _ADDRESS_DOMAINS):
        return "unknown"
    if "." not in name or name.rpartition(".")[2] in _LOCAL_ENDINGS:
        return "local name"
    return "public"


def get_host(url: str) -> str:
    """The host that a URL names, in lower case; empty where it names none that is clear."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".") if classify_url(url) != "unknown" else ""
    except ValueError:
        return ""


def choose_worst(classes: list[HostClass]) -> HostClass:
    """Choose the most doubtful of some hosts' classes."""
    return max(classes, key=HOST_CLASSES.index, default="none")


def _parse_address(text: str) -> _Address | None:
    """Read an IP address; of version 4 also in the forms that `inet_aton` takes: 127.1, 0x7f000001, 017700000001."""
    try:
        return ipaddress.IPv6Address(text.partition("%")[0]) if ":" in text else ipaddress.IPv4Address(text)
    except ValueError:
        pass
    try:
        numbers = [_parse_number(part) for part in text.split(".")]
    except ValueError:
        return None
    *leading, last = numbers
    if len(numbers) > 4 or any(number > 255 for number in leading) or last >= 256 ** (5 - len(numbers)):
        return None
    value = last + sum(number << (24 - 8 * place) for place, number in enumerate(leading))
    return ipaddress.IPv4Address(value)


def _parse_number(text: str) -> int:
    if not re.fullmatch(r"0x[0-9a-f]+|[0-9]+", text):
        raise ValueError(text)
    if text.startswith("0x"):
        return int(text, 16)
    return int(text, 8) if text.startswith("0") and len(text) > 1 else int(text)


def _classify_address(address: _Address) -> HostClass:
    if isinstance(address, ipaddress.IPv6Address):
        if str(address) in _METADATA:
            return "metadata"
        within = address.ipv4_mapped or address.sixtofour
        if within is None and (address in _NAT64 or (int(address) >> 32 == 0 and int(address) > 1)):
            within = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if within is not None:
            return _classify_address(within)
    if str(address) in _METADATA:
        return "metadata"
    if address.is_loopback or address.is_unspecified or (address.version == 4 and int(address) >> 24 == 0):
        return "loopback"
    if address.is_link_local:
        return "link-local"
    if address.is_multicast or address.is_reserved:
        return "unknown"
    if address.is_private or (isinstance(address, ipaddress.IPv4Address) and address in _SHARED):
        return "private"
    return "public" if address.is_global else "unknown"
