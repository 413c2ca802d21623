"""Who calls: what a client says of itself, and the token that it came with."""

from __future__ import annotations

from typing import Any

from mcp.server.context import ServerRequestContext

Context = ServerRequestContext[Any, Any]
Call = tuple[str, Any]
"""A call by its session (empty where there is but one) and its id."""

# Where the door leaves the token in a request's scope.
TOKEN = "playvisor.token"  # noqa: S105
_BY_TOKEN = "token:"  # noqa: S105 - no secret, but how names of clients with a token begin


def identity(ctx: Context) -> dict[str, Any]:
    """The parts of a request that say who asks.

    A client with a token is called by it, whatever it calls itself; without one, what it calls itself can't look like
    a token's name.
    """
    client = ctx.session.client_params
    info = client.client_info if client else None
    name, version = (info.name, info.version) if info else ("mcp", None)
    token = ctx.request.scope.get(TOKEN) if ctx.request is not None else None
    if token is not None:
        told = f"{name} {version or ''}".strip()
        return {"client_name": f"{_BY_TOKEN}{token.name}", "client_version": told, "roles": token.roles}
    while name.startswith(_BY_TOKEN):
        name = name.removeprefix(_BY_TOKEN)
    return {"client_name": name or "mcp", "client_version": version}


def call(ctx: Context, request_id: Any = None) -> Call:
    """What tells this call, or another one of the same client, from all others."""
    session = ""
    if ctx.request is not None:
        # Without a session every request stands for itself, and ids are only unique within one.
        session = ctx.request.headers.get("mcp-session-id") or f"{id(ctx.request)}"
    return session, ctx.request_id if request_id is None else request_id
