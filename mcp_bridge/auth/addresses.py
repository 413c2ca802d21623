# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses that Host and Origin headers may name, read so strictly that each can be read in one way only. Pure."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from mcp_bridge.errors import UsageError

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_ADDRESS = re.compile(rf"(?:\[([0-9A-Fa-f:.]+)\]|({_LABEL}(?:\.{_LABEL})*))(?::([1-9][0-9]{{0,4}}))?")
_LONGEST = 261
_DEFAULT_PORTS = {"http": 80, "https": 443}
# To listen at, not to be called by.
_ANY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Address:
    """A host, in lower case and an IPv6 address in its shortest form, and a port where one is given."""

    host: str
    port: int | None = None


def parse_address(text: str) -> Address:
    """Parse `host` or `host:port`. Raises ValueError for all else: user names, trailing dots, spaces, odd ports."""
    found = _ADDRESS.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise ValueError(f"not an address: {text[:80]!r}")
    bracketed, name, port = found.groups()
    if port and int(port) > 65535:
        raise ValueError(f"not a port: {port}")
    host = str(ipaddress.IPv6Address(bracketed)) if bracketed else name.lower()
    return Address(host, int(port) if port else None)


def parse_origin(text: str) -> tuple[str, Address]:
    """Parse an origin into its scheme and address, whose port is always given. Raises ValueError for any other text."""
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in _DEFAULT_PORTS:
        raise ValueError(f"not an origin: {text[:80]!r}")
    address = parse_address(rest)
    return scheme, Address(address.host, address.port or _DEFAULT_PORTS[scheme])


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True)
class OwnAddresses:
    """What this server is reached by: its own names at its own port, names given by the operator, foreign origins.

    A given name counts with the server's own port, without any, and with the port of its scheme; `NAME:PORT` counts
    with this port only. Of `public`, where people reach it, only pages of its own scheme count.
    """

    port: int
    own: frozenset[str]
    given: frozenset[Address]
    origins: frozenset[tuple[str, Address]]
    public: tuple[str, str] | None = None

    def is_host(self, address: Address) -> bool:
        """Whether a Host header names this server."""
        if address.host in self.own and address.port in (None, self.port):
            return True
        return address in self.given or (
            Address(address.host) in self.given and address.port in (None, self.port, *_DEFAULT_PORTS.values())
        )

    def is_origin(self, scheme: str, address: Address) -> bool:
        """Whether pages of this origin may call this server: its own pages, and those that the operator named."""
        if (scheme, address) in self.origins:
            return True
        if address.host in self.own:
            # Another port of this machine is another program.
            return address.port == self.port
        if self.public and address.host == self.public[1] and scheme != self.public[0]:
            return False
        return self.is_host(address)

    def find_refusal(self, headers: Headers) -> tuple[int, str] | None:
        """Return the HTTP status and the reason why a request with these headers is not for this server, if so."""
        hosts = [value for name, value in headers if name == b"host"]
        origins = [value for name, value in headers if name == b"origin"]
        try:
            if len(hosts) != 1 or not self.is_host(parse_address(hosts[0].decode("ascii"))):
                return 421, "The Host header does not name this server; --allow-host adds names."
        except ValueError:
            return 421, "The Host header is not a host with, at most, a port."
        try:
            if len(origins) > 1 or (origins and not self.is_origin(*parse_origin(origins[0].decode("ascii")))):
                return 403, "Pages of this Origin may not call this server; --allow-origin adds origins."
        except ValueError:
            return 403, "The Origin header is not an origin that may call this server."
        return None


def find_own_addresses(
    host: str, port: int, *, names: Sequence[str] = (), origins: Sequence[str] = (), public_url: str | None = None
) -> OwnAddresses:
    """Find what a server that listens at `host` and `port` is reached by. Raises UsageError for what is no name."""
    own = {*_LOOPBACK, *(() if is_loopback(host) else (host, socket.gethostname(), socket.getfqdn()))} - _ANY_ADDRESS
    public: tuple[str, str] | None = None
    try:
        given = {parse_address(f"[{name}]" if name.count(":") > 1 and "[" not in name else name) for name in names}
        if public_url:
            scheme, netloc = urlsplit(public_url)[:2]
            reached = parse_address(netloc)
            given.add(reached)
            public = scheme, reached.host
        parsed_origins = frozenset(map(parse_origin, origins))
    except ValueError as error:
        raise UsageError(
            f"--allow-host, --allow-origin or --public-url is wrong: {error}.",
            "Give NAME or NAME:PORT, and origins as http://NAME:PORT.",
        ) from None
    return OwnAddresses(port, frozenset(map(_normalise_name, own)), frozenset(given), parsed_origins, public)


def _normalise_name(name: str) -> str:
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.lower().rstrip(".")
