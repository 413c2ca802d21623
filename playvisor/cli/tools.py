# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor tools`: print the catalogue for people."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from mcp_bridge import catalogue
from mcp_bridge.catalogue import Tool, run_tools
from mcp_bridge.catalogue.run_tools import BridgeTool
from mcp_bridge.errors import UsageError
from playvisor.cli import console
from playvisor.cli.output import Output, print_document, print_facts, print_rows, print_table
from playvisor.cli.rendering.tables import Table
from playvisor.fleet.tools import register_tools

_TOOLS = Table("", "tool=name does=title:text effect toolset needs", ids="name")
_OPTIONS = Table("", "option type=type:text default", below="description", title="Options")


def list_tools(*, output: Output) -> None:
    """Print every tool with its effect."""
    tools = _list_all_tools()
    rows = [{**_describe(tool), "needs": _describe_needs(tool)} for tool in tools]
    print_rows(rows, _TOOLS, output, document=[_describe(tool) for tool in tools])


def show_tool(name: str, *, output: Output) -> None:
    """Print one tool in full. Raises UsageError for one that does not exist."""
    tool = next((tool for tool in _list_all_tools() if tool.name == name), None)
    if tool is None:
        near = get_close_matches(name, [tool.name for tool in _list_all_tools()], n=3, cutoff=0.5)
        guess = f"Did you mean {' or '.join(near)}? " if near else ""
        raise UsageError(f"There is no tool {name!r}.", f"{guess}`playvisor tools list` shows them all.")
    if output.is_document:
        returned = {"output": tool.output_schema} if isinstance(tool, Tool) else {}
        print_document({**_describe(tool), "input": tool.input_schema, **returned}, output)
        return
    print_facts({tool.name: tool.title, "effect": tool.effect, "toolset": tool.toolset, "needs": _describe_needs(tool)})
    console.get_stdout().print(f"\n{tool.description}\n", soft_wrap=False)
    names = ("option", "type", "default", "description")
    rows = [dict(zip(names, row, strict=True)) for row in _list_options("", tool.input_schema)]
    if rows:
        print_table(rows, _OPTIONS, output)
    if isinstance(tool, Tool):
        console.get_stdout().print(f"Example: {render_example(tool)}", soft_wrap=True)


def _list_all_tools() -> list[Tool | BridgeTool]:
    """The catalogue's tools, and those that run no playbook."""
    register_tools()
    return [*catalogue.list_offered(), *run_tools.TOOLS.values()]


def render_example(tool: Tool) -> str:
    """A command line that calls the tool as its documented example does."""
    return " ".join(["playvisor call", tool.name, *(shlex.quote(word) for word in _make_words("", tool.example))])


def _make_words(prefix: str, arguments: Mapping[str, Any]) -> Iterator[str]:
    for name, value in arguments.items():
        if isinstance(value, Mapping):
            yield from _make_words(f"{prefix}{name}.", value)
        elif isinstance(value, list) and not any(isinstance(item, (Mapping, list)) for item in value):
            yield f"{prefix}{name}={','.join(map(str, value))}"
        else:
            yield f"{prefix}{name}={value if isinstance(value, str) else json.dumps(value)}"


def _list_options(prefix: str, schema: Mapping[str, Any]) -> Iterator[tuple[str, str, Any, str]]:
    for name, option in schema["properties"].items():
        yield f"{prefix}{name}", _describe_type(option), _render_default(option), option.get("description", "")
        inner, within = (option["items"], "[].") if "items" in option else (option, ".")
        if "properties" in inner:
            yield from _list_options(f"{prefix}{name}{within}", inner)


def _describe_type(option: Mapping[str, Any]) -> str:
    if "enum" in option:
        return " | ".join(map(str, option["enum"]))
    if option["type"] == "array":
        return f"list of {option['items']['type']}"
    return str(option["type"])


def _render_default(option: Mapping[str, Any]) -> str | None:
    return json.dumps(option["default"]) if "default" in option else None


def _describe_needs(tool: Tool | BridgeTool) -> str:
    if isinstance(tool, BridgeTool):
        return ""
    return ", ".join(f"{' '.join(names)} on {path}" for path, names in tool.privileges.items())


def _describe(tool: Tool | BridgeTool) -> dict[str, Any]:
    facts = {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "toolset": tool.toolset,
        "effect": tool.effect,
    }
    if isinstance(tool, BridgeTool):
        return facts
    return {
        **facts,
        "privileges": {path: list(names) for path, names in tool.privileges.items()},
        "example": dict(tool.example),
    }
