# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way to call any tool, whether it runs a playbook or not."""

from __future__ import annotations

import threading
from dataclasses import replace

from mcp_bridge import catalogue
from mcp_bridge.authority.cluster import UnknownCluster
from mcp_bridge.catalogue import arguments, run_tools
from mcp_bridge.catalogue.run_tools import BridgeTool
from mcp_bridge.errors import UnprovenError, UsageError
from mcp_bridge.executor import Progress
from mcp_bridge.result import Failure, Result
from mcp_bridge.run import background, patience
from mcp_bridge.run.engine import Engine
from mcp_bridge.run.failures import invalid_arguments
from mcp_bridge.run.request import Request
from mcp_bridge.run.sync import tick
from mcp_bridge.run.ticks import Ticks
from mcp_bridge.run.tools import ToolFunction, drains, fleets, history, plans, runs, undo
from mcp_bridge.run.tools.results import failed_result

_FUNCTIONS: dict[str, ToolFunction] = {**runs.FUNCTIONS, **history.FUNCTIONS, **fleets.FUNCTIONS}


def register(tool: BridgeTool, function: ToolFunction) -> None:
    """Add a tool of a feature above the bridge, before the first request; every face then offers it.

    Raises ValueError for a name that is taken.
    """
    run_tools.register(tool)
    _FUNCTIONS[tool.name] = function


class Bridge(Engine):
    """Calls tools: the one door of every face to the cluster. Safe to use from several threads.

    With a `mistake` in its settings it does nothing, and answers every call with that mistake.
    """

    mistake: UsageError | None = None
    _ticks: Ticks | None = None

    def start_ticks(self) -> None:
        """Look at the cluster every so many seconds from now on, as the settings say, for its history; for servers."""
        seconds = self.settings.history_seconds
        if seconds and self.mistake is None:
            self._ticks = Ticks(lambda cancel: tick(self, cancel), seconds)
            self._ticks.start()

    def stop_ticks(self) -> None:
        """Do that no longer; a look that is under way is cancelled."""
        if self._ticks:
            self._ticks.close()

    def call(self, request: Request, progress: Progress, cancel: threading.Event) -> Result:
        """Do what is asked by any tool. Raises LedgerError as `run` does."""
        if self.mistake is not None:
            mistake = Failure(code=self.mistake.code, message=self.mistake.message, hint=self.mistake.hint)
            return failed_result(request, mistake)
        request, wait = _split_wait(_plan_only(request))
        if request.tool not in run_tools.TOOLS:
            return self._call_playbook(request, progress, cancel, wait=wait)
        failure = _find_tool_refusal(request)
        if failure is None:
            try:
                if request.tool == "apply_plan":
                    planned = plans.request_for_plan(self, request)
                    if isinstance(planned, Request):
                        return self._run(planned, progress, cancel, wait=wait)
                    return self.answer(request, planned)
                if request.tool == "undo_run":
                    return undo.undo_run(self, request, lambda call: self._run(call, progress, cancel, wait=wait))
                return self.answer(request, _FUNCTIONS[request.tool](self, request, progress, cancel))
            except UsageError as error:
                failure = Failure(code="not_found", message=error.message, hint=error.hint)
            except (UnknownCluster, UnprovenError) as error:
                failure = Failure(code=error.code, message=error.message, hint=error.hint)
        return self.answer(request, failed_result(request, failure))

    def _call_playbook(self, request: Request, progress: Progress, cancel: threading.Event, *, wait: bool) -> Result:
        try:
            known = drains.with_moved_guests(self, request)
            known = fleets.with_last_applied(self, known) if isinstance(known, Request) else known
        except (UnknownCluster, UnprovenError) as error:
            known = failed_result(request, Failure(code=error.code, message=error.message, hint=error.hint))
        if isinstance(known, Result):
            return self.answer(request, known)
        result = self._run(known, progress, cancel, wait=wait)
        return fleets.with_authors(self, known, result, progress, cancel)

    def _run(self, request: Request, progress: Progress, cancel: threading.Event, *, wait: bool) -> Result:
        if not wait:
            return background.start(self.settings, request, progress, cancel)
        if request.answer_seconds is None:
            return self.run(request, progress, cancel)
        return patience.answer_in_time(
            lambda note: self.run(request, progress, cancel, on_underway=note, on_open=note), request.answer_seconds
        )


def _plan_only(request: Request) -> Request:
    """The request; that of a tool which only plans doesn't apply anything but a plan that it names."""
    tool = catalogue.load().get(request.tool)
    return replace(request, check=True) if tool and tool.only_plans and request.plan_digest is None else request


def _split_wait(request: Request) -> tuple[Request, bool]:
    """The request without `wait`, which is no part of what is run, and whether its end is waited for."""
    tool = catalogue.load().get(request.tool) or run_tools.TOOLS.get(request.tool)
    wait = request.arguments.get("wait")
    # get_task has an option of that name; the schema check reports wrong values.
    if tool is None or not tool.writes or "wait" not in request.arguments or wait not in (True, False, None):
        return request, True
    rest = {name: value for name, value in request.arguments.items() if name != "wait"}
    return replace(request, arguments=rest), wait is not False


def _find_tool_refusal(request: Request) -> Failure | None:
    """Why nothing is done for a request: what the mode forbids, what is not offered, or wrong arguments."""
    tool = run_tools.TOOLS[request.tool]
    if tool.writes and request.mode != "apply" and not (tool.plans and request.mode == "check"):
        message = f"{tool.name} changes something, and this Playvisor is in mode {request.mode}."
        return Failure(code="refused", message=message, hint="Start it in mode apply to let it act.")
    if request.offered is not None and tool.name not in request.offered:
        message = f"{tool.name} is not among the tools that this server offers."
        return Failure(code="refused", message=message, hint=f"It is in toolset {tool.toolset}.")
    problems = arguments.check_against_schema(tool.input_schema, request.arguments)
    return invalid_arguments(problems) if problems else None
