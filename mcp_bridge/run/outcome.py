# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a playbook run came to, and the one result of a run, made from how it ended. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mcp_bridge.catalogue import Tool
from mcp_bridge.catalogue.docs import read_module_docs
from mcp_bridge.executor import PlaybookOutcome, is_lost, runner_events
from mcp_bridge.ledger.records import Closing
from mcp_bridge.result import Failure, Plan, Result, Status
from mcp_bridge.run import summary
from mcp_bridge.run.ending import Applied, BrokenOff, Crashed, Ending, NotApplied, Read, Underway
from mcp_bridge.run.failures import describe_break, describe_crash, describe_denials, describe_failure

# Fields that every result has for itself; the rest of what a module documents is its data.
_CORE = frozenset({"plan", "upids", "diff", "failure"})
_DRIFTS = ("drifted", "digest_conflict")
_LOST: Mapping[str, Any] = {"failed": False}
# What becomes of a plan that is not applied, by the code of the reason; otherwise it is refused.
_NOT_APPLIED: Mapping[str, Status] = {"approval_required": "held", "drifted": "failed", "unreachable": "failed"}


def mark_if_lost(tool: Tool, outcome: PlaybookOutcome) -> PlaybookOutcome:
    """The outcome; a result that ended well has something of what its module documents, or counts as lost."""
    result = outcome.result
    if result is None or result["failed"]:
        return outcome
    documented = read_module_docs(tool.module).returns.keys() - {"failure"}
    needed = {"plan"} if "plan" in documented else documented
    returned = {name for name, value in result.items() if value is not None}
    return outcome if needed & returned else replace(outcome, result=dict(_LOST))


def mark_if_of_another_plan(outcome: PlaybookOutcome, plan: Plan) -> PlaybookOutcome:
    """The outcome of applying this plan; a result that ended well and is of another one counts as lost."""
    result = outcome.result
    if result is None or result["failed"]:
        return outcome
    applied = result.get("plan")
    is_same = isinstance(applied, dict) and applied.get("digest") == plan.digest
    return outcome if is_same else replace(outcome, result=dict(_LOST))


def is_broken_off(outcome: PlaybookOutcome) -> bool:
    """Whether a run that applied a plan was stopped, or did not come to say what it did."""
    return outcome.status != "ended" or outcome.result is None or is_lost(outcome)


def has_drifted(applied: Applied) -> bool:
    """Whether a plan was not applied as the world has changed since: nothing was let through, or all of it refused."""
    outcome, verdict = applied.outcome, applied.known.verdict
    if verdict.failure:
        return verdict.decision == "drifted"
    result = outcome.result or {}
    is_drift = result.get("failed") and (result.get("failure") or {}).get("code") in _DRIFTS
    return bool(is_drift) and not result.get("changed") and not outcome.upids and not outcome.gateway_upids


def find_locked_guests(outcome: PlaybookOutcome) -> list[int]:
    """The guests that could not be planned for, as Proxmox VE has them locked."""
    guests = (outcome.result or {}).get("guests")
    failed = [one for one in guests if (one.get("failure") or {}).get("code") == "guest_locked"] if guests else []
    return [one["vmid"] for one in failed if isinstance(one.get("vmid"), int)]


def read_plan(outcome: PlaybookOutcome) -> Plan | None:
    """The plan of a module that changes something, if it came to make one."""
    described = (outcome.result or {}).get("plan")
    return Plan(**described) if described else None


def read_data(tool: Tool, outcome: PlaybookOutcome) -> dict[str, Any]:
    """What the module returned of what it documents: its nouns, such as guests."""
    documented = tool.shows or read_module_docs(tool.module).returns
    result = runner_events.strip_internal_keys(outcome.result or {})
    return {name: value for name, value in result.items() if name in documented and name not in _CORE}


def result_of(tool: Tool, ending: Ending | Underway, notes: Sequence[str] = ()) -> Result:
    """The result of a run, from how it ended. `notes` are warnings of Playvisor itself."""
    outcome = PlaybookOutcome("ended") if isinstance(ending, Crashed) else ending.outcome
    data = {} if isinstance(ending, Crashed) else read_data(tool, outcome)
    account = _describe_ending(ending, data, tool)
    diff = None if isinstance(ending, Read | Crashed) else _read_diff(outcome)
    if isinstance(ending, NotApplied) and account.status in ("failed", "refused") and ending.known.verdict.failure:
        diff, data = None, {name: _drop_wishes(value) for name, value in data.items()}
    denials = describe_denials(ending.known.denied)
    return Result(
        run_id=ending.known.run_id,
        tool=tool.name,
        status=account.status,
        changed=account.changed,
        summary=account.summary,
        plan=ending.known.plan,
        diff=diff,
        upids=account.upids,
        warnings=[*_read_warnings(outcome), *([denials] if denials else []), *notes],
        failure=account.failure,
        **data,
        **account.requests,
    )


def _drop_wishes(value: Any) -> Any:
    """What was found, of the rows of a plan that came to nothing."""
    if not isinstance(value, list) or not all(isinstance(row, Mapping) and "after" in row for row in value):
        return value
    return [{**{name: item for name, item in row.items() if name != "after"}, "changed": False} for row in value]


def closing_of(ending: Ending, result: Result) -> Closing:
    """What the ledger keeps of how a run ended. `result` is its result, without secrets."""
    known = ending.known
    denials = describe_denials(known.denied)
    return Closing(
        outcome=result.status,
        decision=known.verdict.decision,
        rules=", ".join(known.verdict.rules) or None,
        approver=known.verdict.approver,
        changed=result.changed,
        summary=f"{result.summary} {denials}" if denials else result.summary,
        plan_digest=known.plan.digest if known.plan else None,
        failure_code=result.failure.code if result.failure else None,
        upids=result.upids or [],
        cluster=known.verdict.judged.cluster if known.verdict.judged else None,
    )


@dataclass(frozen=True)
class _Account:
    """What differs from ending to ending."""

    status: Status
    summary: str
    changed: bool = False
    upids: list[str] | None = None
    failure: Failure | None = None
    # What was sent and what was not, of a run that was broken off.
    requests: Mapping[str, Any] = field(default_factory=dict)


def _describe_ending(ending: Ending | Underway, data: Mapping[str, Any], tool: Tool) -> _Account:
    if isinstance(ending, Crashed):
        return _describe_crash(ending)
    if isinstance(ending, Read):
        return _describe_reading(ending, data, tool.noun)
    if isinstance(ending, BrokenOff):
        return _describe_break(ending)
    things = summary.things_of(data)
    extent = summary.describe_extent(things, (ending.outcome.result or {}).get("cut") or {})
    upids = _read_upids(ending.outcome)
    steps = ending.known.plan.steps if ending.known.plan else []
    if isinstance(ending, Underway):
        return _Account("running", summary.describe_applying(things, steps, extent), upids=upids)
    is_applied = isinstance(ending, Applied)
    changed = is_applied and _has_changed(ending.outcome)
    if ending.known.verdict.failure:
        failure = ending.known.verdict.failure
        status = "failed" if changed else _NOT_APPLIED.get(failure.code, "refused")
        return _Account(status, failure.message, changed, upids, failure)
    failed = describe_failure(ending.outcome, ending.known.run_id, applying=is_applied)
    if failed:
        return _Account(_status_of(failed), failed.message, changed, upids, failed)
    if steps and not is_applied:
        return _Account("planned", summary.describe_plan(things, steps, extent), upids=upids)
    if changed:
        return _Account("ok", summary.describe_change(things, extent, tool.done), changed, upids)
    return _Account("ok", summary.describe_no_change(things, extent), changed, upids)


def _describe_reading(ending: Read, data: Mapping[str, Any], noun: str) -> _Account:
    failure = describe_failure(ending.outcome, ending.known.run_id, applying=False)
    if failure:
        return _Account(_status_of(failure), failure.message, failure=failure)
    cut = (ending.outcome.result or {}).get("cut") or {}
    return _Account("ok", f"{summary.describe_reading(data, noun)}{summary.describe_cut(cut)}")


def _describe_break(ending: BrokenOff) -> _Account:
    failure = describe_break(ending.outcome, ending.known.run_id, ending.requests, ending.missing)
    upids = _read_upids(ending.outcome)
    if not ending.requests:
        return _Account(_status_of(failure), failure.message, upids=upids, failure=failure)
    started = [request.upid for request in ending.requests if request.upid]
    return _Account(
        _status_of(failure),
        failure.message,
        changed=any(request.may_have_changed for request in ending.requests),
        upids=list(dict.fromkeys([*upids, *started])),
        failure=failure,
        requests={
            "sent": [request.as_dict() for request in ending.requests],
            "not_sent": list(ending.missing),
            **({"unknown": True} if any(request.is_unknown for request in ending.requests) else {}),
        },
    )


def _describe_crash(ending: Crashed) -> _Account:
    failure = describe_crash(ending.error, ending.state_dir, ending.requests, ending.missing)
    changed = any(request.may_have_changed for request in ending.requests)
    return _Account("failed", failure.message, changed, failure=failure)


def _status_of(failure: Failure) -> Status:
    return "cancelled" if failure.code == "cancelled" else "failed"


def _has_changed(outcome: PlaybookOutcome) -> bool:
    """Whether an applied run changed something; one that crashed may have, so it says yes."""
    result = outcome.result or {}
    if result.get("failed") and not result.get("failure"):
        return True
    return bool(result.get("changed"))


def _read_upids(outcome: PlaybookOutcome) -> list[str]:
    """The tasks that were started, which are known even when the module did not come to return them."""
    return (outcome.result or {}).get("upids") or outcome.upids


def _read_diff(outcome: PlaybookOutcome) -> dict[str, Any] | None:
    """Before and after of what changes."""
    found = (outcome.result or {}).get("diff")
    # Ansible's own modules may return a list of them; ours return one.
    return found if isinstance(found, dict) else None


def _read_warnings(outcome: PlaybookOutcome) -> list[str]:
    """Ansible's and the module's warnings, as text."""
    return [str(warning) for warning in (outcome.result or {}).get("warnings") or ()]
