# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results from what a playbook run came to. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mcp_bridge.catalogue import Tool
from mcp_bridge.catalogue.arguments import Problem
from mcp_bridge.catalogue.docs import read_module_docs
from mcp_bridge.evidence.requests import SentRequest, describe_requests
from mcp_bridge.executor import PlaybookOutcome, runner_events
from mcp_bridge.result import Failure, Plan, Result, Status
from mcp_bridge.run import summary

# How many wrong arguments are told of one call.
_NAMED = 10
# Characters that are told of requests that were not granted.
_LONGEST_DENIAL = 500
# Fields that every result has for itself; the rest of what a module documents is its data.
_CORE = frozenset({"plan", "upids", "diff", "failure"})


_LOST = "lost"


def mark_if_lost(tool: Tool, outcome: PlaybookOutcome) -> PlaybookOutcome:
    """The outcome; a result that ended well has something of what its module documents, or counts as lost."""
    result = outcome.result
    if result is None or result["failed"]:
        return outcome
    documented = read_module_docs(tool.module).returns.keys() - {"failure"}
    needed = {"plan"} if "plan" in documented else documented
    told = {name for name, value in result.items() if value is not None}
    return outcome if needed & told else replace(outcome, result={"failed": False})


def mark_if_of_another_plan(outcome: PlaybookOutcome, plan: Plan) -> PlaybookOutcome:
    """The outcome of applying this plan; a result that ended well and is of another one counts as lost."""
    result = outcome.result
    if result is None or result["failed"]:
        return outcome
    applied = result.get("plan")
    same = isinstance(applied, dict) and applied.get("digest") == plan.digest
    return outcome if same else replace(outcome, result={"failed": False})


def is_lost(outcome: PlaybookOutcome) -> bool:
    """Whether the module ended, and what it returned did not arrive."""
    return outcome.status == "ended" and outcome.result is not None and runner_events.is_lost(outcome.result)


def data(tool: Tool, outcome: PlaybookOutcome) -> dict[str, Any]:
    """What the module returned of what it documents: its nouns, such as guests."""
    documented = read_module_docs(tool.module).returns
    result = runner_events.returned(outcome.result or {})
    return {name: value for name, value in result.items() if name in documented and name not in _CORE}


def plan(outcome: PlaybookOutcome) -> Plan | None:
    """The plan of a module that changes something, if it came to make one."""
    described = (outcome.result or {}).get("plan")
    return Plan(**described) if described else None


def diff(outcome: PlaybookOutcome) -> dict[str, Any] | None:
    """Before and after of what changes."""
    found = (outcome.result or {}).get("diff")
    # Ansible's own modules may return a list of them; ours return one.
    return found if isinstance(found, dict) else None


def warnings(outcome: PlaybookOutcome) -> list[str]:
    """Ansible's and the module's warnings, as text."""
    return [str(warning) for warning in (outcome.result or {}).get("warnings") or ()]


def failure(outcome: PlaybookOutcome, run_id: str, *, applying: bool) -> Failure | None:
    """Why it failed, or None."""
    events_hint = f"`playvisor runs events {run_id[:8]}` shows everything that was said."
    if outcome.status != "ended":
        return _stopped(outcome, applying=applying)
    result = outcome.result
    if result is None:
        message = "The playbook ended before its module returned anything."
        return Failure(code="task_failed", message=message, hint=events_hint, task_log=outcome.output)
    if is_lost(outcome):
        return _lost(run_id, applying=applying)
    if not result.get("failed"):
        return None
    known = result.get("failure")
    if not known:
        crash = runner_events.last_line_of_crash(result) or str(result.get("msg") or "it gave no reason")
        message = f"The module did not end as it should: {crash}"
        return Failure(code="task_failed", message=message, hint=events_hint)
    given = {name: value for name, value in known.items() if name in Failure.model_fields and value is not None}
    # With several guests the task's message names every one that failed; the failure itself is the first one's.
    message = str(result.get("msg") or given.get("message"))
    return Failure(**{**given, "message": message, "hint": given.get("hint") or events_hint})


def _lost(run_id: str, *, applying: bool) -> Failure:
    if applying:
        return Failure(
            code="internal",
            message=f"{_how(_LOST)} after it was applied: anything that was planned may have been done.",
            hint=f"Look at the guests before you try again; `playvisor runs trace {run_id[:8]}` shows what was sent.",
        )
    return Failure(
        code="internal",
        message=f"{_how(_LOST)}. Nothing was changed.",
        hint="Check that there is free space where Playvisor keeps its runs, and call it again; or ask for less.",
    )


def _stopped(outcome: PlaybookOutcome, *, applying: bool) -> Failure:
    code = "cancelled" if outcome.status == "cancelled" else "timeout"
    how = _how(code)
    if applying:
        return Failure(
            code=code,
            message=f"{how} while it was being applied; what Proxmox VE had been asked for goes on.",
            hint="Look at the guests and the cluster's task list before you try again.",
        )
    return Failure(code=code, message=f"{how} before anything was changed.", hint="Call it again when you want it.")


def _how(code: str) -> str:
    how = {
        "cancelled": "The run was cancelled",
        "timeout": "The run took too long and was stopped",
        _LOST: "The module ended, and its result was lost",
    }
    return how.get(code, "The playbook was ended by something else")


def denied(requests: Sequence[str]) -> str | None:
    """What is said of a run that tried to send what it was not granted; None when it did not."""
    if not requests:
        return None
    named = ", ".join(dict.fromkeys(requests))
    if len(named) > _LONGEST_DENIAL:
        named = f"{named[:_LONGEST_DENIAL]} … ({len(requests)} requests)"
    return f"It tried to send what it was not granted, and was not let through: {named}."


def invalid(problems: Sequence[Problem]) -> Failure:
    """The failure for arguments that are wrong, naming every one of them, as far as anybody reads."""
    named = problems[:_NAMED]
    more = f" And {len(problems) - _NAMED} more." if len(problems) > _NAMED else ""
    hints = list(dict.fromkeys(problem.hint for problem in named))
    return Failure(
        code="invalid_parameter",
        message=" ".join(problem.message for problem in named) + more,
        hint=" ".join(hints),
        fields={problem.path: problem.message for problem in named},
    )


def read_result(tool: Tool, run_id: str, outcome: PlaybookOutcome) -> Result:
    """The result of a tool that only reads."""
    failed = failure(outcome, run_id, applying=False)
    found = data(tool, outcome)
    return Result(
        run_id=run_id,
        tool=tool.name,
        status=_status(failed),
        summary=failed.message if failed else summary.reading(found),
        warnings=warnings(outcome),
        failure=failed,
        **found,
    )


def write_result(tool: Tool, run_id: str, outcome: PlaybookOutcome, decided: Plan | None, *, applied: bool) -> Result:
    """The result of a tool that changes something: `outcome` is of the run that applied the plan, or only made it."""
    failed = failure(outcome, run_id, applying=applied)
    found = data(tool, outcome)
    things = summary.things_of(found)
    planned = decided is not None and bool(decided.steps) and not applied
    changed = applied and _changed(outcome)
    if failed:
        sentence = failed.message
    elif planned and decided is not None:
        sentence = summary.planned(things, decided.steps)
    else:
        sentence = summary.changed(things) if changed else summary.unchanged(things)
    cut = (outcome.result or {}).get("cut") or {}
    if f"{things[0]}s" in cut and not failed:
        kept, number = cut[f"{things[0]}s"]
        sentence = f"{sentence.rstrip('.')}, among the {kept} of {number} that are told of here."
    return Result(
        run_id=run_id,
        tool=tool.name,
        status="planned" if planned and not failed else _status(failed),
        changed=changed,
        summary=sentence,
        plan=decided,
        diff=diff(outcome),
        upids=(outcome.result or {}).get("upids") or outcome.upids,
        warnings=warnings(outcome),
        failure=failed,
        **found,
    )


def broken_off(result: Result, requests: Sequence[SentRequest], left: Sequence[str], *, lost: bool = False) -> Result:
    """The result of a run that was stopped while it was applied, with what it had sent and what became of that.

    `lost`: it was not stopped, but what its module returned did not arrive.
    """
    if result.failure is None:
        return result
    how = _how(_LOST if lost else result.failure.code)
    if not requests:
        message = f"{how} before it had sent anything. Nothing was changed."
        if lost:
            message = f"{how}; it had sent nothing. Nothing was changed."
        failure = result.failure.model_copy(update={"message": message, "hint": "Call it again when you want it."})
        return result.model_copy(update={"changed": False, "summary": message, "failure": failure})
    message = f"{how} {'after it was' if lost else 'while it was being'} applied. {describe_requests(requests, left)}"
    runs_on = any(one.state != "stopped" for one in requests if one.upid)
    hint = result.failure.hint if runs_on or left else "Look at the guests before you try again."
    failure = result.failure.model_copy(update={"message": message, "hint": hint})
    upids = list(dict.fromkeys([*(result.upids or ()), *(one.upid for one in requests if one.upid)]))
    state = {"sent": [one.as_dict() for one in requests], "not_sent": list(left)}
    changed = any(one.may_have_changed for one in requests)
    return result.model_copy(
        update={"changed": changed, "summary": message, "failure": failure, "upids": upids, **state}
    )


def not_applied(result: Result, why: Failure) -> Result:
    """The result of a plan that was made, but not applied for this reason."""
    statuses: dict[str, Status] = {"approval_required": "held", "drifted": "failed"}
    status = statuses.get(why.code, "refused")
    return result.model_copy(update={"status": status, "summary": why.message, "failure": why})


def underway(result: Result) -> Result:
    """The result of a run that goes on, made from that of its plan."""
    plan = result.summary.removesuffix("; nothing was changed.").removeprefix("Would ")
    summary = f"The plan is being applied: {plan}. wait_run waits for its end."
    return result.model_copy(update={"status": "running", "summary": summary})


def drifted() -> Failure:
    """The failure for a plan that is no longer the one that was meant."""
    return Failure(
        code="drifted",
        message="The plan is no longer the one that was made before. Nothing was changed.",
        hint="Something changed meanwhile; look at the new plan and decide again.",
    )


def used(plan_id: str) -> Failure:
    """The failure for a plan that somebody else has applied meanwhile."""
    return Failure(
        code="refused",
        message=f"Plan {plan_id[:8]} was applied by another run meanwhile. Nothing was changed.",
        hint="`playvisor approvals show` tells by which run.",
    )


def _changed(outcome: PlaybookOutcome) -> bool:
    """Whether an applied run changed something; one that was broken off, crashed or lost may have, so it says yes."""
    result = outcome.result
    if result is None or is_lost(outcome) or (result.get("failed") and not result.get("failure")):
        return True
    return bool(result.get("changed"))


def _status(failed: Failure | None) -> Status:
    if failed is None:
        return "ok"
    return "cancelled" if failed.code == "cancelled" else "failed"
