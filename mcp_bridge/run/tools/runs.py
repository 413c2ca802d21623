# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs as tools: listed, shown, waited for and cancelled, whichever process runs them."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp_bridge.catalogue.fleets import name_documents
from mcp_bridge.catalogue.run_tools import describe_unknown
from mcp_bridge.errors import UsageError
from mcp_bridge.evidence import events
from mcp_bridge.evidence.changes import read_changes
from mcp_bridge.executor import Progress
from mcp_bridge.executor.runner_events import strip_internal_keys
from mcp_bridge.ledger.records import KeptPlan
from mcp_bridge.result import Failure, Result, Status
from mcp_bridge.run import control_pipe, heartbeat
from mcp_bridge.run.engine import Engine
from mcp_bridge.run.recovery.interrupted import close_interrupted
from mcp_bridge.run.request import Request
from mcp_bridge.run.tools import ToolFunction
from mcp_bridge.run.tools.results import failed_result, make_result
from mcp_bridge.run.visibility import is_own_run, may_see_contents, show_arguments

if TYPE_CHECKING:
    from mcp_bridge.auth.caller import Caller
    from mcp_bridge.ledger.records import RunRow

_LISTED = ("run_id", "opened_at", "tool", "arguments", "outcome", "changed", "asker", "client_name", "summary")
_SHOWN = (
    *("run_id", "opened_at", "closed_at", "tool", "arguments", "mode", "asker", "asker_kind"),
    *("client_name", "local_user", "cluster", "decision"),
    *("rules", "approver", "outcome", "failure_code", "changed", "summary", "plan_digest", "upids"),
)
# Characters of JSON; a model is not helped by more.
_MOST_RETURNED = 20_000
_MOST_DIFFERENCES = 1_000
# Runs by which those who ask are named.
_LATELY = 50
# How often a run of another process is looked at, in seconds, and how long one that was cancelled may take to end.
_LOOK_SECONDS = 0.25
_ENDING_SECONDS = 60
_WAIT_SECONDS = 60
_NAMED_WAITS = 3


def describe_run(engine: Engine, run_id: str, caller: Caller) -> dict[str, Any]:
    """Everything about one run that this caller may see. Raises UsageError when there is none."""
    row = engine.ledger.find(run_id)
    folder = engine.ledger.folder(row.run_id)
    columns = row.as_dict()
    shown = {name: columns[name] for name in _SHOWN if columns[name] not in (None, "", [])}
    if row.outcome is None:
        shown["running"] = asdict(events.read_progress(folder))
    if not may_see_contents(row, caller):
        return engine.redact({**shown, "arguments": show_arguments(row, caller)})
    plan, returned = _read_plan_and_result(folder)
    if plan:
        shown["plan"] = plan
    kept = _find_kept_plan(engine, row.run_id)
    if kept:
        if plan:
            # The steps with what the authority judged them to do.
            plan |= {name: kept.shown[name] for name in ("steps", "effects") if name in kept.shown}
        shown["kept_plan"] = {"plan_id": kept.plan_id, "state": kept.state, "expires_at": kept.expires_at}
    if returned:
        size = len(json.dumps(returned))
        shown |= (
            {"returned": returned}
            if size <= _MOST_RETURNED
            else {"returned_left_out": _describe_left_out(returned, size)}
        )
    return engine.redact(shown)


def wait_for(engine: Engine, run_id: str, seconds: float, progress: Progress, cancel: threading.Event) -> RunRow:
    """The row of a run once it has ended, or as it is when the time is up or `cancel` is set.

    One whose process has died is closed. Raises UsageError when there is none.
    """
    deadline = time.monotonic() + seconds
    last_line, said = "", 0.0
    while True:
        row = engine.ledger.find(run_id)
        if row.outcome is None and close_interrupted(engine.authority):
            row = engine.ledger.find(run_id)
        remaining = deadline - time.monotonic()
        if row.outcome is not None or remaining <= 0:
            return row
        line = _describe_progress(engine, row)
        if line != last_line or time.monotonic() - said >= heartbeat.SECONDS:
            said, last_line = time.monotonic(), line
            waits = events.read_current_waits(engine.ledger.folder(row.run_id), time.time())
            progress(f"Running: {heartbeat.describe_waits(waits)}" if waits else line)
        if cancel.wait(min(_LOOK_SECONDS, remaining)):
            return engine.ledger.find(run_id)


def _list_runs(engine: Engine, request: Request, _progress: Progress, _cancel: threading.Event) -> Result:
    wanted = dict(request.arguments)
    wanted["asker"] = wanted.pop("user", None)
    try:
        rows = engine.ledger.recent(int(wanted.pop("limit", None) or 10), **wanted)
    except UsageError as error:
        # A time that is none.
        return failed_result(request, Failure(code=error.code, message=error.message, hint=error.hint))
    # Runs may be those of tools that were offered once.
    unknown = describe_unknown(str(wanted["tool"])) if wanted.get("tool") and not rows else None
    if unknown:
        problem, hint = unknown
        return failed_result(request, Failure(code="not_found", message=problem, hint=hint))
    listed: list[dict[str, Any]] = [
        {
            **{name: getattr(row, name) for name in _LISTED},
            "arguments": name_documents(show_arguments(row, request.caller)),
        }
        for row in rows
    ]
    if wanted.get("changed"):
        for entry, row in zip(listed, rows, strict=True):
            if may_see_contents(row, request.caller):
                entry["changes"] = _read_differences(engine, row)
        listed = engine.redact({"runs": listed})["runs"]
    warnings = [] if rows else _find_unknown_asker(engine, wanted["asker"])
    summary = f"{len(listed)} run{'' if len(listed) == 1 else 's'}."
    return make_result(request, "ok", summary, runs=listed, warnings=warnings)


def _find_unknown_asker(engine: Engine, asker: str | None) -> list[str]:
    """What is to be said of a user who has never asked for anything: who did, of late."""
    if asker is None or engine.ledger.recent(1, asker=asker):
        return []
    known = ", ".join(sorted({row.asker for row in engine.ledger.recent(_LATELY) if row.asker}))
    return [f"Nobody called {asker} has asked Playvisor for anything; of late, these have: {known or 'nobody'}."]


def _read_differences(engine: Engine, row: RunRow) -> dict[str, Any] | str:
    """Of each target that a run changed, the values that differ, before and after; or why they are not shown."""
    try:
        diff = (read_changes(engine.ledger, row).result or {}).get("diff") or {}
    except UsageError as error:
        return error.message
    before, after = diff.get("before") or {}, diff.get("after") or {}
    differences = {
        target: {
            name: {"before": (before.get(target) or {}).get(name), "after": value}
            for name, value in values.items()
            if (before.get(target) or {}).get(name) != value
        }
        for target, values in after.items()
        if isinstance(values, Mapping) and before.get(target) != values
    }
    size = len(json.dumps(differences))
    return differences if size <= _MOST_DIFFERENCES else f"They take {size} characters; get_run shows them."


def _get_run(engine: Engine, request: Request, _progress: Progress, _cancel: threading.Event) -> Result:
    return _show_run(engine, request, engine.ledger.find(request.arguments["run_id"]))


def _wait_run(engine: Engine, request: Request, progress: Progress, cancel: threading.Event) -> Result:
    seconds = _limit_wait(request, float(request.arguments.get("timeout") or _WAIT_SECONDS))
    row = wait_for(engine, request.arguments["run_id"], seconds, progress, cancel)
    return _show_run(engine, request, row, waiting=True)


def _cancel_run(engine: Engine, request: Request, progress: Progress, _cancel: threading.Event) -> Result:
    stop = bool(request.arguments.get("stop_tasks"))
    close_interrupted(engine.authority)
    row = engine.ledger.find(request.arguments["run_id"])
    if row.outcome is not None:
        return _show_run(engine, request, row)
    failure = _find_cancel_refusal(engine, request, row, stop=stop)
    if failure is None and not control_pipe.send(
        engine.settings.state_dir, row, {"run_id": row.run_id, "stop_tasks": stop}
    ):
        failure = _describe_unreachable(row)
    if failure:
        return failed_result(request, failure)
    # To give up waiting does not take the cancelling back.
    row = wait_for(engine, row.run_id, _limit_wait(request, _ENDING_SECONDS), progress, threading.Event())
    return _show_run(engine, request, row, waiting=True)


def _limit_wait(request: Request, seconds: float) -> float:
    """How long to wait at most for whoever asks."""
    return seconds if request.answer_seconds is None else min(seconds, request.answer_seconds)


def _find_cancel_refusal(engine: Engine, request: Request, row: RunRow, *, stop: bool) -> Failure | None:
    name = f"Run {row.run_id[:8]}"
    if request.caller.kind != "person" and not is_own_run(row, request.caller):
        return Failure(code="refused", message=f"{name} is not this client's.", hint="Ask the person whose it is.")
    if row.host != socket.gethostname():
        hint = f"Cancel it there: `playvisor runs cancel {row.run_id[:8]}`."
        return Failure(code="unsupported", message=f"{name} runs on another host, {row.host}.", hint=hint)
    frozen = engine.authority.read_freeze() if stop else None
    if frozen:
        message = f"All changes are frozen: {frozen}. To stop tasks is one, so nothing was done."
        return Failure(code="frozen", message=message, hint="Leave out stop_tasks to cancel the run alone.")
    return None


def _describe_unreachable(row: RunRow) -> Failure:
    return Failure(
        code="internal",
        message=f"Process {row.pid}, which runs {row.run_id[:8]}, can't be reached.",
        hint="It may have ended just now: look at the run again. Otherwise end that process.",
    )


def _show_run(engine: Engine, request: Request, row: RunRow, *, waiting: bool = False) -> Result:
    run = describe_run(engine, row.run_id, request.caller)
    followed = engine.follow_up(row, request)
    if followed:
        run["follow_up"] = followed
    who = f"{row.tool} by {row.client_name}"
    if row.outcome is None:
        status: Status = "running" if waiting else "ok"
        waits = events.read_current_waits(engine.ledger.folder(row.run_id), time.time())
        doing = "; ".join([_describe_progress(engine, row), *waits[:_NAMED_WAITS]])
        return make_result(request, status, f"{who} has not ended: {doing}.", run=run)
    account = followed["told"] if followed else row.summary or ""
    return make_result(request, "ok", f"{who} ended as {row.outcome}. {account}".strip(), run=run)


def _describe_progress(engine: Engine, row: RunRow) -> str:
    return str(events.read_progress(engine.ledger.folder(row.run_id)))


def _read_plan_and_result(folder: Path) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """The plan of a run and what it returned last, from its artifacts."""
    plan, last = None, {}
    for found in events.read_results(folder):
        last = strip_internal_keys(found)
        plan = last.pop("plan", None) or plan
    if plan:
        plan.pop("targets", None)
    return plan, last


def _describe_left_out(returned: Mapping[str, Any], size: int) -> str:
    """The sentence about a result that is too large to be shown."""
    counts = {name: len(value) for name, value in returned.items() if isinstance(value, list) and value}
    held = ", ".join(f"{count} {name}" for name, count in counts.items())
    return f"What it returned ({held or 'no lists'}) takes {size} characters; more than {_MOST_RETURNED} are not shown."


def _find_kept_plan(engine: Engine, run_id: str) -> KeptPlan | None:
    try:
        return engine.ledger.plans.find(run_id)
    except UsageError:
        return None


FUNCTIONS: dict[str, ToolFunction] = {
    "list_runs": _list_runs,
    "get_run": _get_run,
    "wait_run": _wait_run,
    "cancel_run": _cancel_run,
}
