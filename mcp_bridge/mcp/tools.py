# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue's tools and results in MCP's types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcp import types

from mcp_bridge.catalogue import Tool
from mcp_bridge.catalogue.arguments import Problem, check_against_schema
from mcp_bridge.catalogue.run_tools import BridgeTool
from mcp_bridge.mcp import tool_list
from mcp_bridge.mcp.content import View, make_content
from mcp_bridge.mcp.rendering import render
from mcp_bridge.mcp.tool_list import make_input_schema
from mcp_bridge.mcp.untrusted import mark
from mcp_bridge.result import Result

APPROVAL = "playvisor/approval"


def describe_tool(entry: Tool | BridgeTool) -> types.Tool:
    """Describe a tool for the list of tools."""
    return types.Tool.model_validate(tool_list.describe_tool(entry))


def split_page_options(
    entry: Tool | BridgeTool | None, arguments: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], list[Problem]]:
    """Split what a client gave into the tool's own arguments, and what of its list is to be shown.

    Returns what is wrong with the latter as well: the tool itself knows nothing of them.
    """
    if not isinstance(entry, Tool) or not entry.lists:
        return dict(arguments), {}, []
    own = entry.input_schema["properties"]
    options = {name: option for name, option in make_input_schema(entry)["properties"].items() if name not in own}
    given = {name: value for name, value in arguments.items() if name in options}
    rest = {name: value for name, value in arguments.items() if name not in options}
    return rest, given, check_against_schema({"properties": options}, given)


def make_call_result(result: Result, view: View | None = None) -> types.CallToolResult:
    """Make the answer to a call, structured and as text with the same facts; an error when it did not succeed.

    A held plan is no error: the call has come to what it can. `_meta` says what a person has to decide, and how.
    """
    content = make_content(result, view)
    held_plan_id = result.plan.id if result.status == "held" and result.plan else None
    commands = {word: f"playvisor approvals {word} {held_plan_id}" for word in ("approve", "open")}
    approval = {"plan_id": held_plan_id, **commands}
    return types.CallToolResult(
        _meta={APPROVAL: approval} if held_plan_id else None,
        content=[types.TextContent(type="text", text=render(content))],
        structured_content=mark(content),
        is_error=result.status not in ("ok", "planned", "held", "running"),
    )
