# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""uvicorn's HTTP/1.1 with the limits that it lacks: time for headers and bodies, and counted connections.

Slow to import.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from mcp_bridge.system.connections import CONNECTION_KEY, Connection, ConnectionLimits, Connections

_PIECE = 16 * 1024


def make_config(app: Any, connections: Connections, **options: Any) -> uvicorn.Config:
    """Make a configuration of uvicorn for an app whose connections are counted; WebSockets are off by default."""
    limits = connections.limits

    class Protocol(LimitedProtocol):
        _connections = connections

    return uvicorn.Config(
        app,
        http=Protocol,
        loop="asyncio",
        access_log=False,
        server_header=False,
        # What the headers of a proxy say about the client is ignored.
        proxy_headers=False,
        timeout_keep_alive=int(limits.idle_seconds),
        h11_max_incomplete_event_size=limits.header_bytes,
        backlog=limits.backlog,
        **{"ws": "none", **options},
    )


class LimitedProtocol(H11Protocol):
    """One connection: it is closed when a header or a body takes too long, and while too many others are open."""

    _connections: Connections
    _connection: Connection | None = None
    _deadline: asyncio.TimerHandle | None = None
    _awaited = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        accepted = transport.get_extra_info("socket")
        self._connection = self._connections.find(accepted.fileno())
        if self._connection is None:
            transport.abort()
            return
        self.app_state = {**self.app_state, CONNECTION_KEY: self._connection}
        self._watch()

    def data_received(self, data: bytes) -> None:
        # In pieces: h11 looks at a header's size only while it is not complete.
        for start in range(0, len(data), _PIECE):
            if self.transport.is_closing():
                return
            super().data_received(data[start : start + _PIECE])
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._connection is not None:
            self._connection.used_at = time.monotonic()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Give what is awaited from the other end its time, from when it began to be awaited."""
        awaited = self._find_awaited()
        if awaited == self._awaited:
            return
        self._stop_watching()
        self._awaited = awaited
        limits: ConnectionLimits = self._connections.limits
        seconds = {"header": limits.header_seconds, "body": limits.body_seconds}.get(awaited)
        if seconds is not None:
            self._deadline = self.loop.call_later(seconds, self._end)

    def _find_awaited(self) -> str:
        if self.transport.is_closing():
            return ""
        if self.conn.their_state is h11.SEND_BODY:
            return "body"
        # After a response, uvicorn's own time for idle connections runs until the next header begins.
        is_idle = self.timeout_keep_alive_task is not None
        return "header" if self.conn.their_state is h11.IDLE and not is_idle else ""

    def _stop_watching(self) -> None:
        self._awaited = ""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end(self) -> None:
        self.transport.abort()
