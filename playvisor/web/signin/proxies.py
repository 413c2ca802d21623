# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxies in front of the server: those that are trusted say who comes and by which name, nobody else does."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from mcp_bridge.auth.addresses import is_loopback
from mcp_bridge.system.connections import CONNECTION_KEY
from playvisor.web.problems import Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mcp_bridge.settings.web import Network

PEER_KEY = "playvisor.peer"
"""The key of a request's `state`, in its ASGI scope, under which the other end of its connection is.

There is none for a request that a proxy has passed on.
"""


class ProxiesMiddleware:
    """Lets X-Forwarded-For, -Proto and -Host of trusted proxies count.

    With `is_alone`, there is no other way to the server than through them, as it has no TLS of its own.
    """

    def __init__(self, app: ASGIApp, networks: Sequence[Network], *, is_alone: bool) -> None:
        self._app = app
        self._networks = tuple(networks)
        self._is_alone = is_alone
        trusted = [str(network) for network in networks]
        self._forwarded: Any = ProxyHeadersMiddleware(app, trusted)  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        peer = scope.get("client")
        state = scope.setdefault("state", {})
        if peer and self._is_trusted(peer[0]):
            connection = state.get(CONNECTION_KEY)
            if connection is not None:
                # It is one for all who come through it.
                connection.proven = True
            await self._forwarded({**scope, "headers": _replace_host(scope["headers"])}, receive, send)
        elif peer and self._is_alone and not is_loopback(peer[0]):
            problem = Problem(421, "This server is reached through its proxy only.", code="refused")
            await problem.make_response()(scope, receive, send)
        else:
            await self._app({**scope, "state": {**state, PEER_KEY: peer}}, receive, send)

    def _is_trusted(self, host: str) -> bool:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def _replace_host(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Headers with the host that the browser named, where the proxy says it; the first of several proxies has it."""
    named = [value for name, value in headers if name == b"x-forwarded-host"]
    if len(named) != 1:
        return list(headers)
    host = named[0].split(b",")[0].strip()
    return [(name, host if name == b"host" else value) for name, value in headers]
