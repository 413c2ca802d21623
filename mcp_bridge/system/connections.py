# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections that a server has accepted, and which of them has to go when there are too many.

A connection is proven once a request on it has proven who sends it. Those that are not are few, and the oldest of them
makes room for a new one: who sends a request at once is served, however many others say nothing.
"""

from __future__ import annotations

import resource
import socket
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

_ENOUGH_FILES = 4096
CONNECTION_KEY = "playvisor.connection"
"""The key of a request's `state`, in its ASGI scope, under which its connection is."""


@dataclass(frozen=True)
class ConnectionLimits:
    """The most connections: in all, and, of those that are not proven, in all and from one source address.

    A header has to be complete after `header_seconds`, a body after `body_seconds`, and a connection without a request
    is kept for `idle_seconds`. A header, its request line included, may have `header_bytes`.
    """

    total: int = 1024
    unproven: int = 320
    unproven_per_address: int = 160
    header_seconds: float = 10.0
    body_seconds: float = 30.0
    idle_seconds: float = 30.0
    header_bytes: int = 32 * 1024
    backlog: int = 64


@dataclass(eq=False)
class Connection:
    """One accepted connection, and how many requests of it are being answered.

    `is_own`: at its other end is a program of the user who runs this server, as was found once.
    """

    socket: socket.socket
    source: str
    proven: bool = False
    busy: int = 0
    is_own: bool = False
    used_at: float = field(default_factory=time.monotonic)

    @property
    def is_open(self) -> bool:
        """Whether this process has not closed it."""
        return self.socket.fileno() != -1

    def close(self) -> None:
        """End it in both directions: whoever reads from it here sees its end, and closes it."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


class Connections:
    """The open connections of one listening socket, in the order in which they came. For one event loop."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self._open: dict[int, Connection] = {}

    def add(self, accepted: socket.socket, source: str) -> None:
        """Count a connection that was accepted just now, and close one that is too many for it, itself at worst."""
        self._open = {number: one for number, one in self._open.items() if one.is_open}
        added = self._open[accepted.fileno()] = Connection(accepted, source)
        too_many = self._find_too_many(added)
        if too_many is not None:
            too_many.close()
            del self._open[next(number for number, one in self._open.items() if one is too_many)]

    def find(self, descriptor: int) -> Connection | None:
        """The connection with this file descriptor; None when it was closed as one too many."""
        return self._open.get(descriptor)

    def _find_too_many(self, added: Connection) -> Connection | None:
        """The connection that has to go for a new one, if any does."""
        unproven = [one for one in self._open.values() if not one.proven]
        sources = Counter(one.source for one in unproven)
        if sources[added.source] > self.limits.unproven_per_address:
            return _find_oldest(one for one in unproven if one.source == added.source)
        if len(unproven) > self.limits.unproven:
            most = max(sources, key=lambda source: sources[source])
            return _find_oldest(one for one in unproven if one.source == most)
        if len(self._open) > self.limits.total:
            idle = sorted((one for one in self._open.values() if not one.busy), key=lambda one: one.used_at)
            return next((one for one in idle if one is not added), added)
        return None


def _find_oldest(connections: Iterable[Connection]) -> Connection:
    """The oldest one that has sent no request; the oldest of all when each has, and waits to be judged."""
    every = list(connections)
    return next((one for one in every if not one.busy), every[0])


class CountedSocket(socket.socket):
    """A listening socket, whose accepted connections are counted; it takes the place of the one it is made from."""

    def __init__(self, listening: socket.socket, connections: Connections) -> None:
        super().__init__(listening.family, listening.type, listening.proto, listening.detach())
        self.connections = connections

    def accept(self) -> tuple[socket.socket, Any]:
        accepted, address = super().accept()
        source = ""
        if isinstance(address, tuple):
            source = str(address[0])
            # asyncio does so only for sockets that name their protocol. Without it, what is written after the head of
            # an answer waits until the client has acknowledged that, which many do 40 ms later.
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections.add(accepted, source)
        return accepted, address


def raise_file_limit() -> int:
    """Let this process open as many files as it may, within reason; returns how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH_FILES if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return _ENOUGH_FILES if soft == resource.RLIM_INFINITY else soft
