# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor tools`: the catalogue for people."""

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


def list_tools(*, as_json: bool) -> None:
    """Every tool with its effect."""
    offered = _every()
    if as_json:
        console.print_json([_described(tool) for tool in offered])
        return
    console.table(
        ["tool", "does", "effect", "toolset", "needs"],
        [[tool.name, tool.title, tool.effect, tool.toolset, _needs(tool)] for tool in offered],
    )


def show_tool(name: str, *, as_json: bool) -> None:
    """One tool in full. Raises UsageError for one that does not exist."""
    tool = next((tool for tool in _every() if tool.name == name), None)
    if tool is None:
        near = get_close_matches(name, [tool.name for tool in _every()], n=3, cutoff=0.5)
        guess = f"Did you mean {' or '.join(near)}? " if near else ""
        raise UsageError(f"There is no tool {name!r}.", f"{guess}`playvisor tools list` shows all.")
    if as_json:
        returned = {"output": tool.output_schema} if isinstance(tool, Tool) else {}
        console.print_json({**_described(tool), "input": tool.input_schema, **returned})
        return
    console.facts({tool.name: tool.title, "effect": tool.effect, "toolset": tool.toolset, "needs": _needs(tool)})
    console.out().print(f"\n{tool.description}\n", soft_wrap=False)
    rows = [list(row) for row in _options("", tool.input_schema)]
    if rows:
        console.table(["option", "type", "default", "description"], rows)
    if isinstance(tool, Tool):
        console.out().print(f"Example: {example(tool)}", soft_wrap=True)


def _every() -> list[Tool | BridgeTool]:
    """The catalogue's tools, and those that run no playbook."""
    return [*catalogue.list_offered(), *run_tools.TOOLS.values()]


def example(tool: Tool) -> str:
    """A command line that calls the tool as its documented example does."""
    return " ".join(["playvisor call", tool.name, *(shlex.quote(word) for word in _words("", tool.example))])


def _words(prefix: str, arguments: Mapping[str, Any]) -> Iterator[str]:
    for name, value in arguments.items():
        if isinstance(value, Mapping):
            yield from _words(f"{prefix}{name}.", value)
        elif isinstance(value, list) and not any(isinstance(item, (Mapping, list)) for item in value):
            yield f"{prefix}{name}={','.join(map(str, value))}"
        else:
            yield f"{prefix}{name}={value if isinstance(value, str) else json.dumps(value)}"


def _options(prefix: str, schema: Mapping[str, Any]) -> Iterator[tuple[str, str, Any, str]]:
    for name, option in schema["properties"].items():
        yield f"{prefix}{name}", _type(option), _default(option), option.get("description", "")
        inner, within = (option["items"], "[].") if "items" in option else (option, ".")
        if "properties" in inner:
            yield from _options(f"{prefix}{name}{within}", inner)


def _type(option: Mapping[str, Any]) -> str:
    if "enum" in option:
        return " | ".join(map(str, option["enum"]))
    if option["type"] == "array":
        return f"list of {option['items']['type']}"
    return str(option["type"])


def _default(option: Mapping[str, Any]) -> str | None:
    return json.dumps(option["default"]) if "default" in option else None


def _needs(tool: Tool | BridgeTool) -> str:
    if isinstance(tool, BridgeTool):
        return ""
    return ", ".join(f"{' '.join(names)} on {path}" for path, names in tool.privileges.items())


def _described(tool: Tool | BridgeTool) -> dict[str, Any]:
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
