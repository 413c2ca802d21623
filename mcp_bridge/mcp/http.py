# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serves MCP over streamable HTTP: the SDK's app behind our middleware, run by uvicorn."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import uvicorn
from mcp.server.transport_security import TransportSecuritySettings

from mcp_bridge.auth.addresses import OwnAddresses, find_own_addresses, is_loopback
from mcp_bridge.auth.middleware import AccessMiddleware, RateLimit, ResourceMetadata
from mcp_bridge.auth.oauth import Issuer, OAuth
from mcp_bridge.auth.principals import Principal, make_principal
from mcp_bridge.errors import LedgerError, UsageError
from mcp_bridge.system.bounded_stderr import bound_stderr
from mcp_bridge.system.connections import ConnectionLimits, Connections, CountedSocket, raise_file_limit
from mcp_bridge.system.limited_http import make_config

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mcp_bridge.auth.tokens import Token
    from mcp_bridge.ledger.refused_logins import RefusedLogins
    from mcp_bridge.mcp.server import McpServer

PATH = "/mcp"
_CLOSING_SECONDS = 3


@dataclass(frozen=True)
class ListenOptions:
    """Where and for whom to listen. `names` are further host names of this server, `rate` is per minute and token.

    Pages of other `origins` than this server may call it; it keeps at most so many `connections`, and
    has at most so many `runs` under way, of which each token gets its share.

    With an `issuer`, its tokens are accepted besides our own; `public_url` is the address that it knows this server by.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    names: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    connections: int = ConnectionLimits.total
    runs: int = 64
    auth: bool = True
    rate: int = 300
    certificate: Path | None = None
    key: Path | None = None
    issuer: Issuer | None = None
    public_url: str | None = None

    def require_safe(self, *, tokens: bool) -> None:
        """Raise UsageError for options that would let in anybody, or nobody; `tokens`: whether there are valid ones."""
        if not self.auth and not is_loopback(self.host):
            raise UsageError(
                f"Without tokens it does not listen on {self.host}, where others can reach it.",
                "Leave out --no-auth, or listen on 127.0.0.1.",
            )
        if self.issuer:
            self.issuer.require_safe()
        elif self.auth and not tokens:
            or_no_auth = ", or give --no-auth to ask for none on this machine" if is_loopback(self.host) else ""
            raise UsageError(
                "There is no token yet, so nobody could connect.",
                f"`playvisor tokens create NAME` makes one{or_no_auth}; or name who issues them with --oauth-issuer.",
            )
        if (self.certificate is None) != (self.key is None):
            raise UsageError("Of certificate and key only one is given.", "Give --tls-cert and --tls-key.")


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


class _Tolerant:
    """An app at one path, with or without a slash at its end. Its streams can't be resumed: who asks gets a new one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = PATH if scope["path"] == f"{PATH}/" else scope["path"]
            headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"last-event-id"]
            scope = {**scope, "path": path, "raw_path": path.encode(), "headers": headers}
        await self._app(scope, receive, send)


def serve_http(
    server: McpServer, listen: ListenOptions, verify: Callable[[str], Token | None], refused: RefusedLogins
) -> None:
    """Serve until SIGINT or SIGTERM. Raises UsageError for an address that can't be listened on."""
    app = server.server.streamable_http_app(
        streamable_http_path=PATH,
        # Ours is stricter.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    scheme = "https" if listen.certificate else "http"
    connections = Connections(_make_limits(listen))
    with CountedSocket(_open_socket(listen), connections) as listening, bound_stderr():
        host, port = f"[{listen.host}]" if ":" in listen.host else listen.host, listening.getsockname()[1]
        url = f"{scheme}://{host}:{port}{PATH}"
        addresses = find_own_addresses(
            listen.host, port, names=listen.names, origins=listen.origins, public_url=listen.public_url
        )
        endable = _Endable(_add_access(_Tolerant(app), listen, addresses, verify, refused, listen.public_url or url))
        config = make_config(
            endable,
            connections,
            # Its messages go to the handler of all logs.
            log_config=None,
            log_level="warning",
            timeout_graceful_shutdown=_CLOSING_SECONDS,
            ssl_certfile=listen.certificate,
            ssl_keyfile=listen.key,
        )
        http_server = _Server(config)
        sys.stderr.write(f"Playvisor serves MCP at {url}\n")
        if scheme == "http" and not is_loopback(listen.host):
            sys.stderr.write("Warning: tokens go over the network in clear; give --tls-cert and --tls-key.\n")
        try:
            anyio.run(_serve, server, http_server, listening, endable)
        finally:
            with contextlib.suppress(LedgerError):
                refused.flush()


def _make_limits(listen: ListenOptions) -> ConnectionLimits:
    """The limits for connections: half of the files that this process may open are for what it does itself."""
    total = min(listen.connections, raise_file_limit() // 2)
    unproven = max(1, min(ConnectionLimits.unproven, total // 2))
    per_address = max(1, min(ConnectionLimits.unproven_per_address, unproven))
    return ConnectionLimits(total=total, unproven=unproven, unproven_per_address=per_address)


def _add_access(
    app: ASGIApp,
    listen: ListenOptions,
    addresses: OwnAddresses,
    find_token: Callable[[str], Token | None],
    refused: RefusedLogins,
    url: str,
) -> AccessMiddleware:
    """Add the middleware that accepts our own tokens, and those of the issuer if there is one."""
    oauth = OAuth(listen.issuer, url) if listen.issuer else None

    def verify(bearer: str) -> Principal | None:
        token = find_token(bearer)
        if token:
            return make_principal(token)
        return oauth.verify(bearer) if oauth and bearer else None

    metadata = ResourceMetadata(oauth.metadata_url, oauth.metadata) if oauth else None
    return AccessMiddleware(
        app, addresses, verify if listen.auth else None, RateLimit(listen.rate), metadata, refused.note
    )


async def _serve(server: McpServer, http_server: uvicorn.Server, listening: socket.socket, endable: _Endable) -> None:
    async def end_on_signal() -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for _number in signals:
                await server.stop_runs()
                endable.end_answers()
                http_server.should_exit = True

    async with anyio.create_task_group() as group:
        group.start_soon(end_on_signal)
        await http_server.serve(sockets=[listening])
        group.cancel_scope.cancel()


def _open_socket(listen: ListenOptions) -> socket.socket:
    try:
        family, _kind, _protocol, _name, address = socket.getaddrinfo(
            listen.host, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server((str(address[0]), listen.port), family=family)
    except OSError as error:
        raise UsageError(
            f"It can't listen on {listen.host} port {listen.port}: {error.strerror or error}.",
            "Give another --host or --port.",
        ) from None
