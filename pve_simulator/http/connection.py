# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One client connection: h11 over asyncio streams.

ASGI has no way to set a reason phrase, and Proxmox VE puts its error texts there (clients such as
proxmoxer show nothing else), so the simulator speaks HTTP itself.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from email.utils import formatdate

import h11

from pve_simulator.http.message import Request, Response
from pve_simulator.http.websocket import WebSocket, make_upgrade_headers

Application = Callable[[Request], Awaitable[Response]]

_READ = 65536
_MAX_BODY = 64 * 1024 * 1024
_SLICES = 20
# Larger bodies are compressed for clients that offer gzip, bytes.
_UNCOMPRESSED = 1024


async def serve_connection(
    application: Application,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    *,
    idle_seconds: float,
    number: int,
) -> None:
    """Answer requests until either side closes or the connection was idle for `idle_seconds`.

    `number` tells it from other connections.
    """
    connection = h11.Connection(h11.SERVER)
    try:
        while (request := await _next_request(connection, reader, idle_seconds)) is not None:
            request.connection = number
            response = await application(request)
            if response.abort:
                writer.transport.abort()
                return
            if response.talk is not None:
                await _upgrade(connection, reader, writer, request, response)
                return
            await _send(connection, writer, request, response)
            if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                break
            connection.start_next_cycle()
    except (ConnectionError, h11.RemoteProtocolError, TimeoutError):
        pass
    finally:
        writer.close()


async def _next_request(
    connection: h11.Connection, reader: asyncio.StreamReader, idle_seconds: float
) -> Request | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            data = await asyncio.wait_for(reader.read(_READ), None if head else idle_seconds)
            connection.receive_data(data)
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > _MAX_BODY:
                return None
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
            target = head.target.decode("latin-1")
            return Request.from_target(head.method.decode("latin-1"), target, headers, bytes(body))
        else:
            return None


async def _upgrade(
    connection: h11.Connection,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    request: Request,
    response: Response,
) -> None:
    headers = make_upgrade_headers(request)
    if headers is None or response.talk is None:
        return
    head = h11.InformationalResponse(status_code=101, headers=headers, reason=b"Switching Protocols")
    writer.write(connection.send(head) or b"")
    await writer.drain()
    await response.talk(WebSocket(reader, writer, connection.trailing_data[0]))


async def _send(connection: h11.Connection, writer: asyncio.StreamWriter, request: Request, response: Response) -> None:
    date, encoded = formatdate(response.moment, usegmt=True), _compress_body(request, response)
    headers = [
        ("Cache-Control", "max-age=0"),
        ("Connection", "close" if response.close else "Keep-Alive"),
        ("Date", date),
        ("Pragma", "no-cache"),
        ("Server", "pve-api-daemon/3.0"),
        ("Content-Length", str(len(response.body if encoded is None else encoded))),
        ("Expires", date),
    ]
    if response.content_type is not None:
        headers.append(("Content-Type", response.content_type))
    if encoded is not None:
        headers.append(("Content-Encoding", "gzip"))
    head = h11.Response(
        status_code=response.status, headers=headers, reason=response.reason.encode("latin-1", "replace")
    )
    body = response.body if encoded is None else encoded
    if request.method == "HEAD":
        body = b""
    if not response.slow:
        parts = [connection.send(head), connection.send(h11.Data(data=body)) if body else b""]
        writer.write(b"".join(part or b"" for part in [*parts, connection.send(h11.EndOfMessage())]))
        await writer.drain()
        return
    writer.write(connection.send(head) or b"")
    step = max(1, len(body) // _SLICES)
    for start in range(0, len(body), step):
        await asyncio.sleep(response.slow / _SLICES)
        writer.write(connection.send(h11.Data(data=body[start : start + step])) or b"")
        await writer.drain()
    writer.write(connection.send(h11.EndOfMessage()) or b"")
    await writer.drain()


def _compress_body(request: Request, response: Response) -> bytes | None:
    """The body as gzip, for a large one that is asked for by a client that offers to read it."""
    if len(response.body) <= _UNCOMPRESSED or "gzip" not in request.headers.get("accept-encoding", ""):
        return None
    return gzip.compress(response.body, compresslevel=1, mtime=0)
