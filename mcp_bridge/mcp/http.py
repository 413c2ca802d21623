# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serves MCP over streamable HTTP: the SDK's app behind our middleware, run by uvicorn."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcp.server.transport_security import TransportSecuritySettings

from mcp_bridge.auth.addresses import OwnAddresses, find_own_addresses, is_loopback
from mcp_bridge.auth.issuer import Issuer
from mcp_bridge.auth.middleware import AccessMiddleware, ResourceMetadata
from mcp_bridge.auth.oauth import OAuth
from mcp_bridge.auth.principals import Principal, make_principal
from mcp_bridge.auth.rate_limit import RateLimit
from mcp_bridge.errors import LedgerError, UsageError
from mcp_bridge.system.bounded_stderr import bound_stderr
from mcp_bridge.system.connections import ConnectionLimits
from mcp_bridge.system.serving import Listening, make_url, open_listening, serve_app

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mcp_bridge.auth.tokens import Token
    from mcp_bridge.ledger.refused_logins import RefusedLogins
    from mcp_bridge.mcp.server import McpServer

PATH = "/mcp"


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
    where = Listening(listen.host, listen.port, listen.connections, listen.certificate, listen.key)
    with open_listening(where) as listening, bound_stderr():
        url = f"{make_url(where, listening)}{PATH}"
        addresses = find_own_addresses(
            listen.host,
            listening.getsockname()[1],
            names=listen.names,
            origins=listen.origins,
            public_url=listen.public_url,
        )
        guarded = _add_access(_Tolerant(app), listen, addresses, verify, refused, listen.public_url or url)
        sys.stderr.write(f"Playvisor serves MCP at {url}\n")
        if where.scheme == "http" and not is_loopback(listen.host):
            sys.stderr.write("Warning: tokens go over the network in clear; give --tls-cert and --tls-key.\n")
        try:
            serve_app(guarded, where, listening, server.stop_runs)
        finally:
            with contextlib.suppress(LedgerError):
                refused.flush()


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
