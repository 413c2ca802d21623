# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every tool of the catalogue as an endpoint."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from mcp_bridge import catalogue
from mcp_bridge.result import Result
from mcp_bridge.run import Request
from mcp_bridge.run.visibility import is_private
from mcp_bridge.settings import Mode
from mcp_bridge.text.plain import dump_json
from playvisor.web.problems import Problem, describe_failure
from playvisor.web.rest.endpoints import PREFIX, Answer, Ask, Endpoint
from playvisor.web.rest.idempotency import answer_once
from playvisor.web.tools import is_change, list_all

# The tool's own schema says what is wrong with the arguments, and a refused call is recorded.
_ARGUMENTS = {"type": "object"}
# They are as they are for as long as the server runs.
_UNCHANGING = {"cache-control": "private, no-cache"}


def list_endpoints() -> list[Endpoint]:
    """The endpoints of all tools."""
    tool = {"$ref": "#/components/schemas/Tool"}
    tools = {"type": "object", "properties": {"tools": {"type": "array", "items": tool}}, "required": ["tools"]}
    return [
        Endpoint(
            "GET",
            "/tools",
            "list_tools",
            "List the tools, with their schemas",
            list_tools,
            returns={200: tools},
            group="tools",
        ),
        Endpoint("GET", "/tools/{name}", "get_tool", "Show a tool", get_tool, returns={200: tool}, group="tools"),
        Endpoint("POST", "/tools/{name}", "call_tool", "Call a tool", call_tool, body=_ARGUMENTS, group="tools"),
    ]


def list_tools(_ask: Ask) -> Answer:
    """Answer with every tool."""
    return Answer({"tools": [describe_tool(tool) for tool in list_all()]}, headers=_UNCHANGING)


def get_tool(ask: Ask) -> Answer:
    """Answer with one tool."""
    return Answer(describe_tool(_find_tool(ask.path["name"])), headers=_UNCHANGING)


def _find_tool(name: str) -> Any:
    """Find a tool. Raises Problem 404 for a name that is none's."""
    for tool in list_all():
        if tool.name == name:
            return tool
    near = catalogue.find_similar(name)
    guess = f"Did you mean {' or '.join(near)}? " if near else ""
    raise Problem(404, f"There is no tool {name[:60]!r}.", f"{guess}GET {PREFIX}/tools lists them.", code="not_found")


def call_tool(ask: Ask) -> Answer:
    """Call a tool as who asks; a write that names itself is done once."""
    _find_tool(ask.path["name"])
    return answer_once(ask, _call) if is_change(ask.path["name"]) else _call(ask)


def _call(ask: Ask) -> Answer:
    name, caller = ask.path["name"], ask.caller.caller
    tool = catalogue.load().get(name)
    reads_cluster = tool is not None and not tool.writes
    # What only reads is waited for: what it returns is wanted, and not its run. But some waits may take a week.
    is_wait = ask.body.get("wait") is True
    seconds = None if reads_cluster and not is_wait else ask.context.bridge.settings.answer_seconds or None
    request = Request(name, ask.body, find_mode(ask), caller, answer_seconds=seconds)

    if reads_cluster and not is_wait and not is_private(name):
        return answer_result(read_cluster(ask, name, ask.body))
    return answer_result(ask.context.bridge.call(request, lambda _line: None, threading.Event()))


def read_cluster(ask: Ask, tool: str, arguments: Mapping[str, Any]) -> Result:
    """Read the cluster by a tool, with whoever reads the same right now: everybody may, and sees the same there."""
    caller = ask.caller.caller
    request = Request(tool, arguments, find_mode(ask), caller)
    return ask.context.reads.read(
        (tool, caller.kind, dump_json(dict(arguments))),
        lambda: ask.context.bridge.call(request, lambda _line: None, threading.Event()),
    )


def find_mode(ask: Ask) -> Mode:
    """The most that who asks may do: what their rights and the server's mode allow."""
    return ask.context.mode if "operate" in ask.caller.rights else "read"


def answer_result(result: Result) -> Answer:
    """Answer with a result: 200 when it is done or planned, 202 when it goes on or waits. Raises Problem otherwise."""
    if result.status in ("ok", "planned"):
        return Answer(result.as_dict())
    if result.status == "running":
        # A tool that waits for a run is not itself what goes on.
        followed = (result.data.get("run") or {}).get("run_id") or result.run_id
        return Answer(result.as_dict(), 202, {"location": f"{PREFIX}/runs/{followed}"})
    if result.status == "held" and result.plan and result.plan.id:
        return Answer(result.as_dict(), 202, {"location": f"{PREFIX}/plans/{result.plan.id}"})
    raise describe_failure(result)


def describe_tool(tool: Any) -> dict[str, Any]:
    """A tool as data."""
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "toolset": tool.toolset,
        "effect": tool.effect,
        "input_schema": tool.input_schema,
    }
