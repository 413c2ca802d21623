# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One WebSocket on the server's side: the upgrade of a connection, and messages of bytes both ways."""

from __future__ import annotations

import asyncio

import wsproto
from wsproto import events
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.utilities import generate_accept_token

from pve_simulator.http.message import Request

_READ = 65536
# Bytes of one message; a longer text goes out in several, as a proxy of a byte stream sends it.
_PIECE = 65536


def is_upgrade(request: Request) -> bool:
    """Whether a request asks for a WebSocket."""
    return request.method == "GET" and request.headers.get("upgrade", "").lower() == "websocket"


def make_upgrade_headers(request: Request) -> list[tuple[str, str]] | None:
    """Make the headers of the answer 101; None for a handshake that lacks its key."""
    key = request.headers.get("sec-websocket-key")
    if not key:
        return None
    headers = [
        ("Upgrade", "websocket"),
        ("Connection", "upgrade"),
        ("Sec-WebSocket-Accept", generate_accept_token(key.encode()).decode()),
    ]
    if "binary" in request.headers.get("sec-websocket-protocol", "").replace(",", " ").split():
        headers.append(("Sec-WebSocket-Protocol", "binary"))
    return headers


class WebSocket:
    """Messages of an upgraded connection. `early` is what the client has sent after its request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, early: bytes = b"") -> None:
        self._reader = reader
        self._writer = writer
        self._connection = Connection(ConnectionType.SERVER)
        self._events: list[events.Event] = []
        self._receive_data(early)

    async def receive(self) -> bytes | None:
        """The bytes of the next message, or of a part of it; None at the end."""
        while True:
            while self._events:
                event = self._events.pop(0)
                if isinstance(event, events.Message):
                    return event.data.encode() if isinstance(event.data, str) else bytes(event.data)
                if isinstance(event, events.Ping):
                    self._write(event.response())
                elif isinstance(event, events.CloseConnection):
                    if self._connection.state is ConnectionState.REMOTE_CLOSING:
                        self._write(event.response())
                    return None
            data = await self._reader.read(_READ)
            if not data:
                return None
            try:
                self._receive_data(data)
            except wsproto.utilities.RemoteProtocolError:
                return None

    async def send(self, data: bytes) -> None:
        """Send bytes. Raises ConnectionError once it is closed."""
        for start in range(0, len(data), _PIECE):
            if self._connection.state is not ConnectionState.OPEN:
                raise ConnectionResetError
            self._write(events.BytesMessage(data=data[start : start + _PIECE]))
            await self._writer.drain()

    async def close(self) -> None:
        """Say that nothing more comes."""
        if self._connection.state is ConnectionState.OPEN:
            self._write(events.CloseConnection(code=1000))
            await self._writer.drain()

    def _receive_data(self, data: bytes) -> None:
        if data:
            self._connection.receive_data(data)
            self._events += self._connection.events()

    def _write(self, event: events.Event) -> None:
        self._writer.write(self._connection.send(event))
