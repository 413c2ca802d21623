# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serves an app over HTTP or HTTPS until a signal, with limits of its connections; answers under way are ended well.

Slow to import.
"""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import uvicorn

from mcp_bridge.errors import UsageError
from mcp_bridge.system.connections import ConnectionLimits, Connections, CountedSocket, raise_file_limit
from mcp_bridge.system.limited_http import make_config

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CLOSING_SECONDS = 3


@dataclass(frozen=True)
class Listening:
    """Where to listen, with which certificate and key (PEM), and how many connections may be open at once."""

    host: str
    port: int
    connections: int = ConnectionLimits.total
    certificate: Path | None = None
    key: Path | None = None

    @property
    def scheme(self) -> str:
        """`https` with a certificate, `http` without."""
        return "https" if self.certificate else "http"


@contextlib.contextmanager
def open_listening(where: Listening) -> Iterator[CountedSocket]:
    """Listen for as long as the context lasts. Raises UsageError for an address that can't be listened on."""
    with CountedSocket(_open_socket(where), Connections(_make_limits(where))) as listening:
        yield listening


def make_url(where: Listening, listening: socket.socket) -> str:
    """Make the URL of what listens, without a path."""
    host = f"[{where.host}]" if ":" in where.host else where.host
    return f"{where.scheme}://{host}:{listening.getsockname()[1]}"


def serve_app(
    app: ASGIApp,
    where: Listening,
    listening: CountedSocket,
    on_signal: Callable[[], Awaitable[None]],
    **options: Any,
) -> None:
    """Serve until SIGINT or SIGTERM; `on_signal` is awaited first. `options` are uvicorn's."""
    endable = _Endable(app)
    config = make_config(
        endable,
        listening.connections,
        # Its messages go to the handler of all logs.
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=_CLOSING_SECONDS,
        ssl_certfile=where.certificate,
        ssl_keyfile=where.key,
        **options,
    )
    anyio.run(_serve, on_signal, _Server(config), listening, endable)


class _Server(uvicorn.Server):
    """uvicorn's server, which leaves signals to us: runs are ended first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Endable:
    """An app whose answers that are under way, such as streams of events, can be ended as if they were complete."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._answers: set[anyio.CancelScope] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = is_complete = False

        async def note(message: Message) -> None:
            nonlocal has_begun, is_complete
            await send(message)
            has_begun = True
            is_complete = message["type"] == "http.response.body" and not message.get("more_body")

        with anyio.CancelScope() as answer:
            self._answers.add(answer)
            try:
                await self._app(scope, receive, note)
            finally:
                self._answers.discard(answer)
        if answer.cancelled_caught and not is_complete:
            if not has_begun:
                await send({"type": "http.response.start", "status": 503, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})

    def end_answers(self) -> None:
        """End every answer that is under way."""
        for answer in list(self._answers):
            answer.cancel()


async def _serve(
    on_signal: Callable[[], Awaitable[None]], http_server: uvicorn.Server, listening: socket.socket, endable: _Endable
) -> None:
    async def end_on_signal() -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for _number in signals:
                await on_signal()
                endable.end_answers()
                http_server.should_exit = True

    async with anyio.create_task_group() as group:
        group.start_soon(end_on_signal)
        await http_server.serve(sockets=[listening])
        group.cancel_scope.cancel()


def _make_limits(where: Listening) -> ConnectionLimits:
    """The limits for connections: half of the files that this process may open are for what it does itself."""
    total = min(where.connections, raise_file_limit() // 2)
    unproven = max(1, min(ConnectionLimits.unproven, total // 2))
    per_address = max(1, min(ConnectionLimits.unproven_per_address, unproven))
    return ConnectionLimits(total=total, unproven=unproven, unproven_per_address=per_address)


def _open_socket(where: Listening) -> socket.socket:
    try:
        family, _kind, _protocol, _name, address = socket.getaddrinfo(
            where.host, where.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server((str(address[0]), where.port), family=family)
    except OSError as error:
        raise UsageError(
            f"It can't listen on {where.host} port {where.port}: {error.strerror or error}.",
            "Give another --host or --port.",
        ) from None
