# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every tool of the catalogue as an endpoint."""

from __future__ import annotations

import threading
from typing import Any

from mcp_bridge.result import Result
from mcp_bridge.run import Request
from playvisor.web.problems import Problem, describe_failure
from playvisor.web.rest.endpoints import PREFIX, Answer, Ask, Endpoint
from playvisor.web.tools import list_all

# The tool's own schema says what is wrong with the arguments, and a refused call is recorded.
_ARGUMENTS = {"type": "object"}


def list_endpoints() -> list[Endpoint]:
    """The endpoints of all tools."""
    return [
        Endpoint("GET", "/tools", "list_tools", "List the tools, with their schemas", list_tools, group="tools"),
        Endpoint("GET", "/tools/{name}", "get_tool", "Show a tool", get_tool, group="tools"),
        Endpoint("POST", "/tools/{name}", "call_tool", "Call a tool", call_tool, body=_ARGUMENTS, group="tools"),
    ]


def list_tools(_ask: Ask) -> Answer:
    """Answer with every tool."""
    return Answer({"tools": [describe_tool(tool) for tool in list_all()]})


def get_tool(ask: Ask) -> Answer:
    """Answer with one tool."""
    for tool in list_all():
        if tool.name == ask.path["name"]:
            return Answer(describe_tool(tool))
    raise Problem(
        404, f"There is no tool {ask.path['name'][:60]}.", f"GET {PREFIX}/tools lists them.", code="not_found"
    )


def call_tool(ask: Ask) -> Answer:
    """Call a tool as who asks, in the mode that their rights and the server's allow."""
    visitor = ask.caller
    mode = ask.context.mode if "operate" in visitor.rights else "read"
    request = Request(ask.path["name"], ask.body, mode, visitor.caller)
    return answer_result(ask.context.bridge.call(request, lambda _line: None, threading.Event()))


def answer_result(result: Result) -> Answer:
    """Answer with a result: 200 when it is done or planned, 202 when it goes on or waits. Raises Problem otherwise."""
    if result.status in ("ok", "planned"):
        return Answer(result.as_dict())
    if result.status == "running":
        return Answer(result.as_dict(), 202, {"location": f"{PREFIX}/runs/{result.run_id}"})
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
