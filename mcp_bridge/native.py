"""What the tools do that run no playbook of their own."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mcp_bridge import evidence, outcomes
from mcp_bridge.catalogue import arguments, native
from mcp_bridge.errors import UsageError
from mcp_bridge.executor import Progress, events
from mcp_bridge.ledger.records import KeptPlan
from mcp_bridge.models import Failure, Result, Status
from mcp_bridge.run import Bridge, Request

_LISTED = ("run_id", "opened_at", "tool", "arguments", "outcome", "changed", "client_name", "summary")
_SHOWN = (
    *("run_id", "opened_at", "closed_at", "tool", "arguments", "mode", "client_name", "local_user", "decision"),
    *("rules", "approver", "outcome", "failure_code", "changed", "summary", "plan_digest", "upids"),
)
# Characters of JSON; a model is not helped by more.
_MOST_RETURNED = 20_000


def call(bridge: Bridge, request: Request, progress: Progress, cancel: threading.Event) -> Result:
    """Do what is asked by any tool, whether it runs a playbook or not. Raises LedgerError as `Bridge.run` does."""
    if request.tool not in native.TOOLS:
        return bridge.run(request, progress, cancel)
    failure = _refusal(request)
    if failure is None:
        try:
            if request.tool == "apply_plan":
                return _apply(bridge, request, progress, cancel)
            summary, found = _list_runs(bridge, request) if request.tool == "list_runs" else _get_run(bridge, request)
            return bridge.answer(request, _result(request, "ok", summary, **found))
        except UsageError as error:
            failure = Failure(code="not_found", message=error.message, hint=error.hint)
    return bridge.answer(request, _failed(request, failure))


def described(bridge: Bridge, run_id: str) -> dict[str, Any]:
    """Everything about one run, without secrets. Raises UsageError when there is none."""
    row = bridge.ledger.find(run_id)
    shown = {name: row[name] for name in _SHOWN if row[name] not in (None, "", [])}
    plan, returned = _left_behind(bridge, row["run_id"])
    if plan:
        shown["plan"] = plan
    kept = _kept(bridge, row["run_id"])
    if kept:
        shown["kept_plan"] = {"plan_id": kept.plan_id, "state": kept.state, "expires_at": kept.expires_at}
    if returned and len(json.dumps(returned)) <= _MOST_RETURNED:
        shown["returned"] = returned
    return bridge.without_secrets(shown)


def _list_runs(bridge: Bridge, request: Request) -> tuple[str, dict[str, Any]]:
    wanted = dict(request.arguments)
    rows = bridge.ledger.recent(int(wanted.pop("limit", None) or 10), **wanted)
    listed = [{name: row[name] for name in _LISTED} for row in rows]
    return f"{len(listed)} run{'' if len(listed) == 1 else 's'}.", {"runs": listed}


def _get_run(bridge: Bridge, request: Request) -> tuple[str, dict[str, Any]]:
    run = described(bridge, request.arguments["run_id"])
    ended = f"ended as {run['outcome']}" if "outcome" in run else "has not ended"
    return f"{run['tool']} by {run['client_name']} {ended}. {run.get('summary', '')}".strip(), {"run": run}


def _left_behind(bridge: Bridge, run_id: str) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """The plan that a run's artifacts hold, and what its last playbook returned."""
    plan: dict[str, Any] | None = None
    returned: dict[str, Any] = {}
    for event in evidence.events(bridge.ledger.folder(run_id)):
        result = (event.get("event_data") or {}).get("res")
        if isinstance(result, dict) and event.get("event", "").startswith("runner_on_"):
            returned = events.returned(result)
            plan = returned.pop("plan", None) or plan
    if plan:
        plan.pop("targets", None)
    return plan, returned


def _apply(bridge: Bridge, request: Request, progress: Progress, cancel: threading.Event) -> Result:
    plan = bridge.ledger.plans.find(request.arguments["plan_id"])
    failure = _unusable(plan, request)
    if failure or plan.arguments is None:
        return bridge.answer(request, _failed(request, failure or _secret(plan)))
    asked = {name: value for name, value in plan.arguments.items() if name != "check"}
    again = replace(request, tool=plan.tool, arguments=asked, plan_digest=plan.digest, plan_id=plan.plan_id)
    return bridge.run(again, progress, cancel)


def _unusable(plan: KeptPlan, request: Request) -> Failure | None:
    """Why a plan can't be applied by whoever asks. People may apply the plans of their clients."""
    name = f"Plan {plan.plan_id[:8]}"
    if request.kind != "person" and plan.asker != request.asker:
        return Failure(code="refused", message=f"{name} is not this client's.", hint="Make a plan of your own.")
    if plan.state == "held":
        return Failure(
            code="approval_required",
            message=f"{name} is held: nobody has approved it yet. Nothing was changed.",
            hint=f"{plan.reason or ''} `playvisor approvals approve {plan.plan_id[:8]}` does; then apply it.".strip(),
        )
    why = {
        "used": f"{name} was applied already, by run {(plan.used_by or '')[:8]}; a plan is applied once.",
        "denied": f"{name} was denied by {plan.approver}.",
        "expired": f"{name} is out of date since {plan.expires_at[:19]}Z.",
    }.get(plan.state)
    if why is None:
        return None
    hint = "Do not ask for the same again." if plan.state == "denied" else f"Call {plan.tool} again for a new plan."
    return Failure(code="refused", message=f"{why} Nothing was changed.", hint=hint)


def _secret(plan: KeptPlan) -> Failure:
    return Failure(
        code="refused",
        message=f"The arguments of plan {plan.plan_id[:8]} hold a secret, so they were not kept. Nothing was changed.",
        hint=f"Make the same call of {plan.tool} again; an approval of its plan counts for that, too.",
    )


def _refusal(request: Request) -> Failure | None:
    """Why nothing is done for a request: what the mode forbids, what is not offered, or wrong arguments."""
    tool = native.TOOLS[request.tool]
    if tool.writes and request.mode != "apply":
        message = f"{tool.name} changes guests, and this Playvisor is in mode {request.mode}."
        return Failure(code="refused", message=message, hint="Start it in mode apply to let it act.")
    if request.offered is not None and tool.name not in request.offered:
        message = f"{tool.name} is not among the tools that this server offers."
        return Failure(code="refused", message=message, hint=f"It is in toolset {tool.toolset}.")
    problems = arguments.against(tool.input_schema, request.arguments)
    return outcomes.invalid(problems) if problems else None


def _kept(bridge: Bridge, run_id: str) -> KeptPlan | None:
    try:
        return bridge.ledger.plans.find(run_id)
    except UsageError:
        return None


def _failed(request: Request, failure: Failure) -> Result:
    statuses: Mapping[str, Status] = {"refused": "refused", "approval_required": "held"}
    return _result(request, statuses.get(failure.code, "failed"), failure.message, failure=failure)


def _result(request: Request, status: Status, summary: str, **more: Any) -> Result:
    return Result(run_id=str(uuid.uuid4()), tool=request.tool, status=status, summary=summary, **more)
