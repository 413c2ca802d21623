# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run is undone by the calls that restore what it changed; each of them is a run like any other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp_bridge.errors import UsageError
from mcp_bridge.evidence.changes import read_changes
from mcp_bridge.evidence.undo import Inverse, Undo, find_missed_guests, plan_undo
from mcp_bridge.result import Failure, Result, Status
from mcp_bridge.run.engine import Engine
from mcp_bridge.run.request import Request
from mcp_bridge.run.tools.results import failed_result, make_result
from mcp_bridge.run.visibility import may_see_contents

if TYPE_CHECKING:
    from mcp_bridge.ledger.records import RunRow

# The status of several calls is that of the one that is furthest from done.
_FURTHEST_FIRST: tuple[Status, ...] = ("failed", "cancelled", "refused", "held", "running", "planned", "ok")


def find_undo(engine: Engine, row: RunRow) -> Undo:
    """Find the calls that undo a run, and what of it can't be undone.

    Raises UsageError when nothing of it can be undone, or it is not known what it changed, or it was elsewhere.
    """
    name = f"Run {row.run_id[:8]}"
    returned = read_changes(engine.ledger, row)
    undo = plan_undo(row.tool, row.arguments, returned.result or {})
    if returned.phase != "apply" or not (undo.calls or undo.irreversible):
        raise UsageError(
            f"{name} ({row.tool}) changed nothing that can be undone.", "`playvisor runs diff ID` shows what a run did."
        )
    engine.authority.require_cluster(row.cluster, name)
    return undo


def undo_run(engine: Engine, request: Request, run: Callable[[Request], Result]) -> Result:
    """Undo a run by the calls that `run` carries out. Raises UsageError when there is no such run.

    The result of a single call is the result, so that its plan is approved and applied as usual; that of several says
    what became of each. Warnings say what is not undone.
    """
    row = engine.ledger.find(request.arguments["run_id"])
    if not may_see_contents(row, request.caller):
        message = f"What run {row.run_id[:8]} did is between its asker and the guests."
        return engine.answer(request, failed_result(request, Failure(code="refused", message=message)))
    try:
        undo = find_undo(engine, row)
    except UsageError as error:
        failure = Failure(code="unsupported", message=error.message, hint=error.hint)
        return engine.answer(request, failed_result(request, failure))
    if not undo.calls:
        message = f"Run {row.run_id[:8]} ({row.tool}) can't be undone. {' '.join(undo.irreversible)}"
        return engine.answer(request, failed_result(request, Failure(code="unsupported", message=message)))
    rest = {name: value for name, value in request.arguments.items() if name != "run_id"}

    def call(inverse: Inverse) -> Result:
        arguments = {**inverse.arguments, **rest}
        return run(replace(request, tool=inverse.tool, arguments=arguments, as_left=inverse.changed))

    results, left = carry_out(undo, call)
    warnings = [f"Not undone. {reason}" for reason in left]
    if len(results) == 1:
        return results[0].model_copy(update={"warnings": [*results[0].warnings, *warnings]})
    return engine.answer(request, _sum_up(request, row, results, warnings))


def carry_out(undo: Undo, call: Callable[[Inverse], Result]) -> tuple[list[Result], list[str]]:
    """Make the calls; returns their results, and why the rest of the run is not undone.

    Guests that somebody has changed since are left as they are.
    """
    results, refused, left = [], [], list(undo.irreversible)
    for inverse in undo.calls:
        result = call(inverse)
        changes = result.failure.fields if result.failure and result.failure.code == "drifted" else {}
        others = inverse.exclude({int(vmid) for vmid in changes if vmid.isdecimal()})
        if changes and others.changed in ((), inverse.changed):
            refused.append(result)
            continue
        if changes:
            left += _describe_changes(changes)
            inverse, result = others, call(others)
        results.append(result)
        left += find_missed_guests(inverse.arguments, result.data)
    if not results:
        return refused, left
    for failure in filter(None, (result.failure for result in refused)):
        left += _describe_changes(failure.fields)
    return results, left


def _describe_changes(changes: Mapping[str, str]) -> list[str]:
    return [f"{f'Guest {target}' if target.isdecimal() else target}: {change}." for target, change in changes.items()]


def _sum_up(request: Request, row: RunRow, results: Sequence[Result], warnings: list[str]) -> Result:
    """The result of several calls: its failure is that of the call that is furthest from done."""
    furthest = min(results, key=lambda result: _FURTHEST_FIRST.index(result.status))
    done = sum(result.status == "ok" for result in results)
    summary = f"{done} of the {len(results)} calls that undo run {row.run_id[:8]} ({row.tool}) are done."
    return make_result(
        request,
        furthest.status,
        summary if furthest.status == "ok" else f"{summary} {furthest.tool}: {furthest.summary}",
        changed=any(result.changed for result in results),
        warnings=[*(warning for result in results for warning in result.warnings), *warnings],
        failure=furthest.failure and _name_every_approval(furthest.failure, results),
        calls=[_describe_call(result) for result in results],
    )


def _name_every_approval(failure: Failure, results: Sequence[Result]) -> Failure:
    """The failure with a hint that has all plans that wait for an approval, where there are several."""
    held = [result.plan.id for result in results if result.status == "held" and result.plan and result.plan.id]
    if len(held) < 2:
        return failure
    commands = ", ".join(f"`playvisor approvals approve {plan_id[:8]}`" for plan_id in held)
    hint = f"Each of the {len(held)} plans needs an approval: {commands}. Then make the same call again."
    return failure.model_copy(update={"hint": hint})


def _describe_call(result: Result) -> dict[str, Any]:
    facts = {name: getattr(result, name) for name in ("run_id", "tool", "status", "summary")}
    return {**facts, "plan_id": result.plan.id} if result.plan and result.plan.id else facts
