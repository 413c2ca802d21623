# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who calls: what a client says of itself, and whom the token that it came with says."""

from __future__ import annotations

from typing import Any

from mcp.server.context import ServerRequestContext

from mcp_bridge.auth.principals import BY_OAUTH, BY_TOKEN, SCOPE_KEY

Context = ServerRequestContext[Any, Any]
Call = tuple[str, Any]
"""A call by its session (empty where there is but one) and its id."""

_TAKEN = (BY_TOKEN, BY_OAUTH)


def identity(ctx: Context) -> dict[str, Any]:
    """The parts of a request that say who asks.

    A client with a token is called by it, whatever it calls itself; without one, what it calls itself can't look like
    such a name.
    """
    client = ctx.session.client_params
    info = client.client_info if client else None
    name, version = (info.name, info.version) if info else ("mcp", None)
    principal = ctx.request.scope.get(SCOPE_KEY) if ctx.request is not None else None
    if principal is not None:
        told = f"{name} {version or ''}".strip()
        return {"client_name": principal.name, "client_version": told, "roles": principal.roles}
    while name.startswith(_TAKEN):
        name = name.partition(":")[2]
    return {"client_name": name or "mcp", "client_version": version}


def call(ctx: Context, request_id: Any = None) -> Call:
    """What tells this call, or another one of the same client, from all others."""
    session = ""
    if ctx.request is not None:
        # Without a session every request stands for itself, and ids are only unique within one.
        session = ctx.request.headers.get("mcp-session-id") or f"{id(ctx.request)}"
    return session, ctx.request_id if request_id is None else request_id
