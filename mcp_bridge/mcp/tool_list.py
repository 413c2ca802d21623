# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of tools as clients get it, as plain data. Pure, and made without the SDK, which takes long to import."""

from __future__ import annotations

from typing import Any

from mcp_bridge.catalogue import Tool
from mcp_bridge.catalogue.run_tools import BridgeTool
from mcp_bridge.mcp.content import FIELD_OPTION, PAGE_OPTIONS
from mcp_bridge.mcp.tool_schemas import OUTPUT, shorten_input_schema

EFFECT = "playvisor/effect"


def describe_tool(entry: Tool | BridgeTool) -> dict[str, Any]:
    """Describe a tool, in the protocol's words."""
    return {
        "name": entry.name,
        "title": entry.title,
        "description": _describe_use(entry),
        "inputSchema": shorten_input_schema(make_input_schema(entry), changes=entry.writes),
        "outputSchema": OUTPUT,
        "annotations": _make_annotations(entry),
        # For clients that ask a person on their own: destroy is what may stop a service or lose data.
        **({"_meta": {EFFECT: entry.effect}} if entry.writes else {}),
    }


def make_input_schema(entry: Tool | BridgeTool) -> dict[str, Any]:
    """Make the schema of what clients may give: the tool's own options, and which part of its list they want to see."""
    schema = entry.input_schema
    if not isinstance(entry, Tool) or not entry.lists:
        return schema
    page = {name: option for name, option in PAGE_OPTIONS.items() if name not in schema["properties"]}
    if entry.compact:
        page["fields"] = {**FIELD_OPTION, "description": "More fields, or all"}
    return {**schema, "properties": {**schema["properties"], **page}}


def _describe_use(entry: Tool | BridgeTool) -> str:
    """The tool's description, and what its options demand of each other."""
    demands = entry.constraints.describe() if isinstance(entry, Tool) else ""
    return f"{entry.description} {demands}".strip()


def _make_annotations(entry: Tool | BridgeTool) -> dict[str, bool]:
    """The hints of a tool for the person, by its effect. The cluster is a closed world.

    A hint that is false by default in the protocol is left out.
    """
    if not entry.writes:
        return {"readOnlyHint": True, "openWorldHint": False}
    repeatable = {"idempotentHint": True} if entry.repeatable else {}
    return {"destructiveHint": entry.effect == "destroy", **repeatable, "openWorldHint": False}
