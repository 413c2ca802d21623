# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Identifies callers: by the token that a client sent, or by what it calls itself."""

from __future__ import annotations

from typing import Any

from mcp.server.context import ServerRequestContext

from mcp_bridge.auth.principals import BY_OAUTH, BY_TOKEN, SCOPE_KEY

Context = ServerRequestContext[Any, Any]
CallKey = tuple[str, Any]
"""A call's session (empty where there is only one) and its id."""

_RESERVED_PREFIXES = (BY_TOKEN, BY_OAUTH)


def identify_caller(ctx: Context) -> dict[str, Any]:
    """Return the fields of a Request that say who calls.

    A client with a token has the token's name, whatever it calls itself; the name that a client without a token gives
    itself can't look like a token's.
    """
    client = ctx.session.client_params
    info = client.client_info if client else None
    name, version = (info.name, info.version) if info else ("mcp", None)
    principal = ctx.request.scope.get(SCOPE_KEY) if ctx.request is not None else None
    if principal is not None:
        label = f"{name} {version or ''}".strip()
        return {"client_name": principal.name, "client_version": label, "roles": principal.roles}
    while name.startswith(_RESERVED_PREFIXES):
        name = name.partition(":")[2]
    return {"client_name": name or "mcp", "client_version": version}


def identify_call(ctx: Context, request_id: Any = None) -> CallKey:
    """Return a unique key of this call, or, with `request_id`, of another call of the same client."""
    session = ""
    if ctx.request is not None:
        # Without a session every request stands alone, and ids are only unique within a session.
        session = ctx.request.headers.get("mcp-session-id") or f"{id(ctx.request)}"
    return session, ctx.request_id if request_id is None else request_id
