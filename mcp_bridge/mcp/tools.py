# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue's tools and results in MCP's types."""

from __future__ import annotations

from mcp import types

from mcp_bridge.catalogue import Tool
from mcp_bridge.catalogue.run_tools import BridgeTool
from mcp_bridge.mcp.rendering import render
from mcp_bridge.mcp.tool_schemas import OUTPUT, shorten_input_schema
from mcp_bridge.mcp.untrusted import mark
from mcp_bridge.result import Result

EFFECT = "playvisor/effect"
APPROVAL = "playvisor/approval"


def describe_tool(entry: Tool | BridgeTool) -> types.Tool:
    """Describe a tool for the list of tools."""
    return types.Tool(
        name=entry.name,
        title=entry.title,
        description=entry.description,
        input_schema=shorten_input_schema(entry.input_schema),
        output_schema=OUTPUT,
        annotations=make_annotations(entry),
        # For clients that ask a person on their own: destroy is what may stop a service or lose data.
        _meta={EFFECT: entry.effect} if entry.writes else None,
    )


def make_annotations(entry: Tool | BridgeTool) -> types.ToolAnnotations:
    """Make the hints of a tool for the person, by its effect. The cluster is a closed world."""
    if not entry.writes:
        return types.ToolAnnotations(read_only_hint=True, open_world_hint=False)
    return types.ToolAnnotations(
        read_only_hint=False,
        destructive_hint=entry.effect == "destroy",
        idempotent_hint=entry.repeatable,
        open_world_hint=False,
    )


def make_call_result(result: Result) -> types.CallToolResult:
    """Make the answer to a call: structured, and as short text; an error when it did not succeed.

    For a held plan, `_meta` says what a person has to decide, and how.
    """
    held_plan_id = result.plan.id if result.status == "held" and result.plan else None
    approval = {"plan_id": held_plan_id, "approve": f"playvisor approvals approve {held_plan_id}"}
    return types.CallToolResult(
        _meta={APPROVAL: approval} if held_plan_id else None,
        content=[types.TextContent(type="text", text=render(result))],
        structured_content=mark(result.as_dict()),
        is_error=result.status not in ("ok", "planned", "running"),
    )
