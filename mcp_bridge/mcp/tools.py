# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue's tools and results in MCP's own types."""

from __future__ import annotations

from mcp import types

from mcp_bridge.catalogue import Tool
from mcp_bridge.catalogue.run_tools import RunTool
from mcp_bridge.mcp.rendering import render
from mcp_bridge.mcp.tool_schemas import OUTPUT, lean_input
from mcp_bridge.result import Result

EFFECT = "playvisor/effect"
APPROVAL = "playvisor/approval"


def tool(entry: Tool | RunTool) -> types.Tool:
    """A tool as clients list it."""
    return types.Tool(
        name=entry.name,
        title=entry.title,
        description=entry.description,
        input_schema=lean_input(entry.input_schema),
        output_schema=OUTPUT,
        annotations=hints(entry),
        # For clients that ask a person by themselves: destroy is what may stop a service or lose data.
        _meta={EFFECT: entry.effect} if entry.writes else None,
    )


def hints(entry: Tool | RunTool) -> types.ToolAnnotations:
    """What a client may tell the person about a tool; true to its effect. The cluster is a closed world."""
    if not entry.writes:
        return types.ToolAnnotations(read_only_hint=True, open_world_hint=False)
    return types.ToolAnnotations(
        read_only_hint=False,
        destructive_hint=entry.effect == "destroy",
        idempotent_hint=entry.repeatable,
        open_world_hint=False,
    )


def call_result(result: Result) -> types.CallToolResult:
    """A result as a client gets it: structured, and as short text; an error when it failed.

    Of a plan that is held, its `_meta` says what a person has to decide, and how.
    """
    held = result.plan.id if result.status == "held" and result.plan else None
    waiting = {"plan_id": held, "approve": f"playvisor approvals approve {held}"}
    return types.CallToolResult(
        _meta={APPROVAL: waiting} if held else None,
        content=[types.TextContent(type="text", text=render(result))],
        structured_content=result.as_dict(),
        is_error=result.status not in ("ok", "planned", "running"),
    )
