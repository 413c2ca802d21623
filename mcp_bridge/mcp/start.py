# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting the MCP server: on this process's stdin and stdout, or over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pydantic

from mcp_bridge.catalogue.offer import make_offer
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.settings import Mode, load_settings


def serve_mcp(
    transport: str,
    mode: Mode | None,
    offered: Mapping[str, str],
    *,
    read_only: bool,
    listen: Mapping[str, Any] = MappingProxyType({}),
    oauth: Mapping[str, Any] = MappingProxyType({}),
    lends: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Serve until the client leaves, or, over HTTP, until a signal. `offered` are `toolsets`, `tools` and `aliases`.

    The fork server `lends` forks to these programs, each with the module whose `main` it is.

    Raises UsageError when no cluster is configured, for unknown tools, for a policy that makes no sense, and for what
    would not be safe.
    """
    settings = load_settings()
    if settings.policy:
        # Told now, and not by the first call that it would decide.
        from mcp_bridge.policy import Policy

        Policy.load(settings.policy)
    used = "read" if read_only else mode or settings.mode or "read"
    offer = make_offer(
        _words(offered["toolsets"]),
        _words(offered["tools"]),
        alias_sets=_words(offered["aliases"]),
        writes=used != "read",
        applies=used == "apply",
    )
    bridge = make_bridge(settings, lasting=True, lends=lends)
    # Most of the SDK's five hundred models check nothing in a server: what they need for that is made when they do.
    pydantic.BaseModel.model_config["defer_build"] = True
    from mcp_bridge.mcp.server import McpServer, serve

    if transport == "stdio":
        serve(bridge, used, offer)
        return
    from mcp_bridge.auth.oauth import Issuer
    from mcp_bridge.mcp.http import Listen, serve_http

    issuer = Issuer(**oauth) if oauth["url"] else None
    where, known = Listen(**listen, issuer=issuer), bridge.tokens
    where.require_safe(tokens=any(token.state == "valid" for token in known.every()))
    serve_http(McpServer(bridge, used, offer), where, known.verify)


def _words(listed: str) -> list[str]:
    return [word.strip() for word in listed.split(",") if word.strip()]
