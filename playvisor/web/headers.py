# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The headers of every answer: what a browser may load, who may frame it, what it may keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
"""The content policy of every page."""

TERMINAL_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "sandbox allow-scripts",
        "require-trusted-types-for 'script'",
    )
)
"""The content policy of the document of a terminal, which makes style elements, and so has no cookie and no network."""
TERMINAL_HEADERS = {"content-security-policy": TERMINAL_POLICY, "x-frame-options": "SAMEORIGIN"}
ASSET_HEADERS = {"cross-origin-resource-policy": "cross-origin", "access-control-allow-origin": "*"}
"""Of the built files, the same for everybody: the document of a terminal has no origin, and loads them, too."""

_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_ONLY_TLS = {"strict-transport-security": "max-age=31536000"}


class HeadersMiddleware:
    """ASGI middleware that adds these headers to every answer that does not have its own."""

    def __init__(self, app: ASGIApp, *, is_secure: bool) -> None:
        self._app = app
        headers = {**_HEADERS, **(_ONLY_TLS if is_secure else {})}
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                names = {name.lower() for name, _value in own}
                message = {**message, "headers": own + [pair for pair in self._headers if pair[0] not in names]}
            await send(message)

        await self._app(scope, receive, add)
