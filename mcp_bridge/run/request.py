# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request of the bridge, and why nothing may be started for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mcp_bridge import catalogue
from mcp_bridge.auth.caller import Caller, make_local_client
from mcp_bridge.catalogue import Tool, arguments
from mcp_bridge.errors import LedgerError
from mcp_bridge.result import Failure, Result
from mcp_bridge.run.client_files import find_foreign_files
from mcp_bridge.run.failures import invalid_arguments
from mcp_bridge.settings import Mode


@dataclass(frozen=True)
class Request:
    """What a caller asks for. `mode` is what this face may do at most; `check` asks for the plan only.

    With `plan_digest` it is refused as drifted unless the plan is still this one, and the kept `plan_id` is used up by
    applying it. With `as_left`, guests or firewalls of an earlier run's result, it is refused as drifted where one of
    them was changed since that run. Where a face offers some tools only, these are `offered`. `internal` tools are
    Playvisor's own: without this mark of the request there is no such tool. After `answer_seconds` a run that has not
    ended is answered as `running`; None waits for its end. A plan is not kept unless `keeps`: it is looked at only.
    """

    tool: str
    arguments: Mapping[str, Any]
    mode: Mode
    caller: Caller = field(default_factory=lambda: make_local_client("python"))
    check: bool = False
    plan_digest: str | None = None
    plan_id: str | None = None
    as_left: Sequence[Mapping[str, Any]] = ()
    offered: tuple[str, ...] | None = None
    internal: bool = False
    answer_seconds: float | None = None
    keeps: bool = True


def find_refusal(request: Request, tool: Tool | None) -> Failure | None:
    """Why nothing may be started for a request: an unknown tool, what the mode forbids, or wrong arguments."""
    if tool is None or (tool.internal and not request.internal):
        return unknown_tool(request.tool, request.offered)
    if tool.writes and request.mode == "read":
        return Failure(
            code="refused",
            message=f"{tool.name} changes something, and this Playvisor is in mode read.",
            hint="Start it in mode check to see plans, or in mode apply to let it act.",
        )
    if request.offered is not None and tool.name not in request.offered:
        return Failure(
            code="refused",
            message=f"{tool.name} is not among the tools that this server offers.",
            hint=f"It is in toolset {tool.toolset}: whoever runs the server can offer it with --toolsets.",
        )
    problems = arguments.validate(tool, request.arguments)
    if not problems and not request.caller.sees_files:
        problems = find_foreign_files(tool.name, request.arguments)
    return invalid_arguments(problems) if problems else None


def unknown_tool(name: str, offered: tuple[str, ...] | None = None) -> Failure:
    """The failure for a tool that does not exist, with those that this caller has."""
    near = catalogue.find_similar(name)
    guess = f"Did you mean {' or '.join(near)}? " if near else ""
    known = ", ".join(offered or [tool.name for tool in catalogue.list_offered()])
    return Failure(
        code="invalid_parameter", message=f"There is no tool {name[:60]!r}.", hint=f"{guess}There are: {known}."
    )


def unrecorded_result(tool: str, error: LedgerError) -> Result:
    """The result of a request that was not run because the ledger can't be written."""
    failure = Failure(code="internal", message=error.message, hint=error.hint)
    return Result(run_id="", tool=tool[:64], status="failed", summary=error.message, failure=failure)
