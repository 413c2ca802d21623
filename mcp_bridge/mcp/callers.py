# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Identifies callers: by the token that a client sent, or by the user id of this process."""

from __future__ import annotations

import hashlib
from typing import Any

from mcp.server.context import ServerRequestContext

from mcp_bridge.auth.caller import Caller, make_local_client, make_remote_client
from mcp_bridge.auth.principals import SCOPE_KEY

Context = ServerRequestContext[Any, Any]
CallKey = tuple[str, Any]
"""A call's session (empty where there is only one) and its id."""


def identify_caller(ctx: Context) -> Caller:
    """Return who calls: by its token over HTTP, or by the user id that it shares with this process on stdio.

    The name that a client gives itself is only its label.
    """
    client = ctx.session.client_params
    info = client.client_info if client else None
    name, version = (info.name, info.version) if info else ("mcp", None)
    if ctx.request is None:
        return make_local_client(name or "mcp", version)
    return make_remote_client(ctx.request.scope.get(SCOPE_KEY), name or "mcp", version)


def identify_session(ctx: Context) -> str:
    """Return a name of the session: one per process on stdio; over HTTP a hash of its id, where there are sessions."""
    if ctx.request is None:
        return "stdio"
    session_id = ctx.request.headers.get("mcp-session-id")
    return f"http:{hashlib.sha256(session_id.encode()).hexdigest()[:16]}" if session_id else "http"


def identify_call(ctx: Context, request_id: Any = None) -> CallKey:
    """Return a unique key of this call, or, with `request_id`, of another call of the same client."""
    session = ""
    if ctx.request is not None:
        # Without a session every request stands alone, and ids are only unique within a session.
        session = ctx.request.headers.get("mcp-session-id") or f"{id(ctx.request)}"
    return session, ctx.request_id if request_id is None else request_id
