# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access to the HTTP transport: who may use it, how often, how much at once, and by which host names."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken

from mcp_bridge.auth.addresses import OwnAddresses
from mcp_bridge.auth.principals import SCOPE_KEY, CannotVerify, Principal, Verifier
from mcp_bridge.auth.rate_limit import RateLimit
from mcp_bridge.errors import LedgerError
from mcp_bridge.system.connections import CONNECTION_KEY, Connection

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_MOST_CHECKS_AT_ONCE = 4
_WELL_KNOWN = "/.well-known/"
_WHO_ARE_YOU = (
    "A valid bearer token is needed, in the header Authorization. Whoever runs this server makes one with "
    "`playvisor tokens create NAME`."
)
MOST_REQUESTS_AT_ONCE = 128
"""Of one token, those that are answered for long, such as streams of events, included."""


@dataclass(frozen=True)
class ResourceMetadata:
    """The address where clients without a token find who issues tokens (RFC 9728), and the app that serves it."""

    url: str
    app: ASGIApp


class AccessMiddleware:
    """ASGI middleware that refuses other servers' addresses, requires a valid token, and limits each token's requests.

    It requires no token when `verify` is None. `note_refusal` is told from which address a token was refused, and why.
    Answers of the server that a client listens to for long count as requests at once, too.
    """

    def __init__(
        self,
        app: ASGIApp,
        addresses: OwnAddresses,
        verify: Verifier | None,
        rate_limit: RateLimit,
        metadata: ResourceMetadata | None = None,
        note_refusal: Callable[[str, str], None] = lambda _source, _why: None,
    ) -> None:
        self._app = app
        self._addresses = addresses
        self._verify = verify
        self._rate_limit = rate_limit
        self._metadata = metadata
        self._note_refusal = note_refusal
        self._at_once: Counter[str] = Counter()
        # Runs have threads of their own, so checking a token never waits for them.
        self._checks = anyio.CapacityLimiter(_MOST_CHECKS_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with _hold_connection(scope) as connection:
            await self._answer(scope, receive, send, connection)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, connection: Connection | None) -> None:
        refusal = self._addresses.find_refusal(scope["headers"])
        if refusal:
            await _refuse(send, *refusal)
            return
        if self._metadata and scope["path"] == urlsplit(self._metadata.url).path:
            await self._metadata.app(scope, receive, send)
            return
        if scope["path"].startswith(_WELL_KNOWN):
            # To be refused here would tell clients that there is somebody to ask for a token.
            await _refuse(send, 404, "There is nothing here: this server issues no tokens by OAuth.")
            return
        principal = None
        if self._verify is not None:
            bearer = _read_bearer(scope)
            try:
                principal = await anyio.to_thread.run_sync(self._verify, bearer, limiter=self._checks)
            except (LedgerError, CannotVerify) as error:
                await _refuse(send, 503, error.message)
                return
            if principal is None:
                why = "no valid token" if bearer else "no token"
                # Without the ledger nobody gets in anyway.
                with suppress(LedgerError):
                    await anyio.to_thread.run_sync(self._note_refusal, _get_address(scope), why, limiter=self._checks)
                await _refuse(send, 401, _WHO_ARE_YOU, self._make_challenge(has_token=bool(bearer)))
                return
        key = principal.key if principal else ""
        wait = self._rate_limit.consume(key)
        if wait:
            seconds = max(1, round(wait))
            message = f"Too many requests: at most {self._rate_limit.rate} per minute. Wait {seconds} s."
            await _refuse(send, 429, message, (b"retry-after", str(seconds).encode()))
            return
        if self._at_once[key] >= MOST_REQUESTS_AT_ONCE:
            message = f"Too many requests at once: at most {MOST_REQUESTS_AT_ONCE}. Wait for the answer of one."
            await _refuse(send, 429, message, (b"retry-after", b"1"))
            return
        if connection:
            connection.proven = True
        self._at_once[key] += 1
        try:
            await self._app(_with_principal(scope, principal) if principal else scope, receive, send)
        finally:
            self._at_once[key] -= 1
            if not self._at_once[key]:
                del self._at_once[key]

    def _make_challenge(self, *, has_token: bool) -> tuple[bytes, bytes]:
        """Make the header that says how to get a token, by RFC 6750 and RFC 9728."""
        parts = ['realm="playvisor"']
        if has_token:
            parts.append('error="invalid_token"')
        if self._metadata:
            parts.append(f'resource_metadata="{self._metadata.url}"')
        return b"www-authenticate", f"Bearer {', '.join(parts)}".encode()


@contextmanager
def _hold_connection(scope: Scope) -> Iterator[Connection | None]:
    """Yield the connection of a request, which does not make room for others meanwhile."""
    connection: Connection | None = scope.get("state", {}).get(CONNECTION_KEY)
    if connection is None:
        yield None
        return
    connection.busy += 1
    try:
        yield connection
    finally:
        connection.busy -= 1


def _get_address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def _read_bearer(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _dummy, secret = value.decode("latin-1").partition(" ")
            return secret.strip() if kind.lower() == "bearer" else ""
    return ""


def _with_principal(scope: Scope, principal: Principal) -> Scope:
    # The SDK binds a session to the user that began it. The secret itself is not passed on.
    access = AccessToken(token="", client_id=principal.key, subject=principal.name, scopes=list(principal.roles))
    return {**scope, SCOPE_KEY: principal, "user": AuthenticatedUser(access)}


async def _refuse(send: Send, status: int, message: str, *headers: tuple[bytes, bytes]) -> None:
    body = json.dumps({"error": message}).encode()
    # What else it would send, a body for example, is not waited for.
    framing = [(b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    all_headers = [(b"content-type", b"application/json"), *framing, *headers]
    await send({"type": "http.response.start", "status": status, "headers": all_headers})
    await send({"type": "http.response.body", "body": body})
