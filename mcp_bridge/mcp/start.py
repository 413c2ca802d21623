# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts the MCP server, on this process's stdin and stdout or over HTTP, with everything that it needs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pydantic

from mcp_bridge.catalogue.offer import read_offer
from mcp_bridge.errors import UsageError
from mcp_bridge.mcp import opening
from mcp_bridge.run.factory import make_bridge, make_mistaken_bridge
from mcp_bridge.settings import Mode, load_settings
from mcp_bridge.text.plain import CleanFormatter

_log = logging.getLogger(__name__)


def serve_mcp(
    transport: str,
    mode: Mode | None,
    offered: Mapping[str, str],
    *,
    read_only: bool,
    elicits: bool = True,
    listen: Mapping[str, Any] = MappingProxyType({}),
    oauth: Mapping[str, Any] = MappingProxyType({}),
    lends: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Serve until the client leaves, or, over HTTP, until a signal. `offered` are `toolsets`, `tools` and `aliases`.

    The fork server `lends` forks to these programs, each with the module whose `main` it is.

    Without `elicits`, or with PLAYVISOR_ELICITATION=off, no client's user is asked for an approval.

    On stdio, a mistake in the settings does not end the server, since clients would show only that they can't connect:
    every call is answered with it. Over HTTP it raises UsageError. Both do for unknown tools, and for options that
    would not be safe.
    """
    _clean_logs()
    bridge = None
    try:
        settings = load_settings()
        if settings.policy:
            # A policy that is not valid is reported now, and not by the first call that changes something.
            from mcp_bridge.policy import Policy

            Policy.load(settings.policy)
        settings.require_cluster()
    except UsageError as mistake:
        if transport != "stdio":
            raise
        _log.error("%s %s", mistake.message, mistake.hint)
        if opening.streams:
            # What is offered now is no answer for a start without the mistake.
            opening.streams.stop_keeping()
        bridge = make_mistaken_bridge(mistake)
        settings = bridge.settings
    if not elicits:
        settings = settings.model_copy(update={"elicitation": "off"})
    effective_mode = "read" if read_only else mode or settings.mode or "read"
    offer = read_offer(effective_mode, **offered)
    if bridge is None:
        bridge = make_bridge(settings, lasting=True, lends=lends)
        bridge.note_start(transport, effective_mode)
    # Most of the SDK's five hundred models validate nothing in a server: their validators are built on first use.
    pydantic.BaseModel.model_config["defer_build"] = True
    from mcp_bridge.mcp.server import McpServer, serve

    if transport == "stdio":
        bridge.start_ticks()
        serve(bridge, effective_mode, offer)
        return
    from mcp_bridge.auth.issuer import Issuer
    from mcp_bridge.mcp.http import ListenOptions, serve_http

    issuer = Issuer(**oauth) if oauth["url"] else None
    listen_options, tokens = ListenOptions(**listen, issuer=issuer), bridge.tokens
    listen_options.require_safe(tokens=any(token.state == "valid" for token in tokens.list_all()))
    bridge.start_ticks()
    server = McpServer(bridge, effective_mode, offer, is_shared=listen_options.auth, most_runs=listen_options.runs)
    serve_http(server, listen_options, tokens.verify, bridge.authority.refused_logins)


def _clean_logs() -> None:
    """Let warnings and errors of every library be clean: what clients send stands in some of them."""
    if logging.lastResort:
        # Where no library has set up anything else, this writes to what stderr is by then, which may be bounded.
        logging.lastResort.setFormatter(CleanFormatter("%(levelname)s: %(message)s"))
