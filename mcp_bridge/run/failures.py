# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a run failed, or was not carried out, in words for people. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mcp_bridge.catalogue.arguments import Problem
from mcp_bridge.evidence.requests import SentRequest, describe_requests
from mcp_bridge.executor import PlaybookOutcome, is_lost, runner_events
from mcp_bridge.result import Failure

# How many wrong arguments of one call are named.
_NAMED = 10
# Characters of the requests that were not granted.
_LONGEST_DENIAL = 500
_TRY_AGAIN = "Call it again to retry."


def describe_failure(outcome: PlaybookOutcome, run_id: str, *, applying: bool) -> Failure | None:
    """Why a playbook run failed; None when it did not."""
    events_hint = f"`playvisor runs events {run_id[:8]}` shows all events."
    if outcome.status != "ended":
        return _describe_stop(outcome, applying=applying)
    result = outcome.result
    if result is None:
        message = "The playbook ended before its module returned anything."
        return Failure(code="task_failed", message=message, hint=events_hint, task_log=outcome.output)
    if is_lost(outcome):
        return _describe_loss(run_id, applying=applying)
    if not result.get("failed"):
        return None
    known = result.get("failure")
    if not known:
        crash = runner_events.find_crash_line(result) or str(result.get("msg") or "it gave no reason")
        message = f"The module did not end as it should: {crash}"
        return Failure(code="task_failed", message=message, hint=events_hint)
    fields = {name: value for name, value in known.items() if name in Failure.model_fields and value is not None}
    # With several guests the task's message names every one that failed; the failure itself is the first one's.
    message = str(result.get("msg") or fields.get("message"))
    return Failure(**{**fields, "message": message, "hint": fields.get("hint") or events_hint})


def _describe_stop(outcome: PlaybookOutcome, *, applying: bool) -> Failure:
    code = "cancelled" if outcome.status == "cancelled" else "timeout"
    how = _how_it_ended(outcome)
    if applying:
        return Failure(
            code=code,
            message=f"{how} while it was being applied; what Proxmox VE had been asked for goes on.",
            hint="Look at the guests and the cluster's task list before you try again.",
        )
    return Failure(code=code, message=f"{how} before anything was changed.", hint=_TRY_AGAIN)


def _describe_loss(run_id: str, *, applying: bool) -> Failure:
    if applying:
        return Failure(
            code="internal",
            message=f"{_LOSS} after it was applied: anything that was planned may have been done.",
            hint=f"Look at the guests before you try again; `playvisor runs trace {run_id[:8]}` shows what was sent.",
        )
    return Failure(
        code="internal",
        message=f"{_LOSS}. Nothing was changed.",
        hint="Check that there is free space where Playvisor keeps its runs, and call it again; or ask for less.",
    )


def describe_break(
    outcome: PlaybookOutcome, run_id: str, requests: Sequence[SentRequest], missing: Sequence[str]
) -> Failure:
    """Why a run was broken off while it was being applied, with what it had sent and what became of that."""
    failure = describe_failure(outcome, run_id, applying=True)
    lost = is_lost(outcome)
    how = _how_it_ended(outcome)
    if failure is None:
        raise ValueError("it was not broken off")
    if not requests:
        sent = "; it had sent nothing" if lost else " before it had sent anything"
        return failure.model_copy(update={"message": f"{how}{sent}. Nothing was changed.", "hint": _TRY_AGAIN})
    when = "after it was" if lost else "while it was being"
    runs_on = any(request.state != "stopped" for request in requests if request.upid)
    hint = failure.hint if runs_on or missing else "Look at the guests before you try again."
    message = f"{how} {when} applied. {describe_requests(requests, missing)}"
    return failure.model_copy(update={"message": message, "hint": hint})


_LOSS = "The module ended, and its result was lost"


def _how_it_ended(outcome: PlaybookOutcome) -> str:
    if is_lost(outcome):
        return _LOSS
    how = {"cancelled": "The run was cancelled", "timeout": "The run took too long and was stopped"}
    return how.get(outcome.status, "The playbook was ended by something else")


def describe_crash(error: str, state_dir: Path, requests: Sequence[SentRequest], missing: Sequence[str]) -> Failure:
    """The failure of Playvisor itself, with what the run had sent until then."""
    sent = f". {describe_requests(requests, missing)}" if requests else ""
    return Failure(
        code="internal",
        message=f"Playvisor could not run it: {error}{sent}",
        hint=f"Check free space and access rights in {state_dir}; if that is fine, it is a bug.",
    )


def describe_denials(requests: Sequence[str]) -> str | None:
    """The warning about a run that tried to send what it was not granted; None when it did not."""
    if not requests:
        return None
    named = ", ".join(dict.fromkeys(requests))
    if len(named) > _LONGEST_DENIAL:
        named = f"{named[:_LONGEST_DENIAL]} … ({len(requests)} requests)"
    return f"It tried to send what it was not granted, and was not let through: {named}."


def invalid_arguments(problems: Sequence[Problem]) -> Failure:
    """The failure for arguments that are wrong, naming every one of them, up to ten."""
    named = problems[:_NAMED]
    more = f" And {len(problems) - _NAMED} more." if len(problems) > _NAMED else ""
    hints = list(dict.fromkeys(problem.hint for problem in named))
    return Failure(
        code="invalid_parameter",
        message=" ".join(problem.message for problem in named) + more,
        hint=" ".join(hints),
        fields={problem.path: problem.message for problem in named},
    )


def changed_since(changes: Mapping[str, str]) -> Failure:
    """The failure for what would undo changes that others have made; `changes` are what they are, by their targets."""
    targets = [(f"guest {target}" if target.isdecimal() else target, change) for target, change in changes.items()]
    described = "; ".join(f"{target}: {change}" for target, change in targets[:_NAMED])
    more = f"; and {len(targets) - _NAMED} more" if len(targets) > _NAMED else ""
    return Failure(
        code="drifted",
        message=f"Somebody has changed since what this would undo: {described}{more}. Nothing was changed.",
        hint="Leave it, or set what you want by the tool for it.",
        fields=dict(changes),
    )


def plan_drifted(plan_id: str, difference: str) -> Failure:
    """The failure for a plan that is no longer the one that was meant; `difference` is a sentence."""
    return Failure(
        code="drifted",
        message=f"Plan {plan_id[:8]} is no longer the one that was made: {difference} Nothing was changed.",
        hint="Make the same call again for the plan as it is now, and decide again.",
    )
