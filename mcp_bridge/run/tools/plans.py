# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kept plans as tools: applied by their ids."""

from __future__ import annotations

from dataclasses import replace

from mcp_bridge import catalogue
from mcp_bridge.ledger.records import KeptPlan
from mcp_bridge.result import Failure, Result
from mcp_bridge.run.engine import Engine
from mcp_bridge.run.request import Request
from mcp_bridge.run.tools.results import failed_result


def request_for_plan(engine: Engine, request: Request) -> Request | Result:
    """The request that applies a kept plan, or the result when it can't be. Raises UsageError when there is none."""
    plan = engine.ledger.plans.find(request.arguments["plan_id"])
    failure = _find_obstacle(plan, request)
    if failure or plan.arguments is None:
        return failed_result(request, failure or _refuse_secret(plan))
    arguments = {name: value for name, value in plan.arguments.items() if name != "check"}
    return replace(request, tool=plan.tool, arguments=arguments, plan_digest=plan.digest, plan_id=plan.plan_id)


def _find_obstacle(plan: KeptPlan, request: Request) -> Failure | None:
    """Why a plan can't be applied by this caller. People may apply the plans of their clients."""
    name = f"Plan {plan.plan_id[:8]}"
    asker = (request.caller.identity, request.caller.kind)
    if request.caller.kind != "person" and (plan.asker, plan.asker_kind) != asker:
        return Failure(code="refused", message=f"{name} is not this client's.", hint="Make a plan of your own.")
    if plan.state == "held":
        return Failure(
            code="approval_required",
            message=f"{name} is held: nobody has approved it yet. Nothing was changed.",
            hint=f"{plan.reason or ''} `playvisor approvals {_choose_way(plan)}; then apply it.".strip(),
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


def _choose_way(plan: KeptPlan) -> str:
    """How a plan is approved, after the first words of the command."""
    name = plan.plan_id[:8]
    return f"open {name}` prints the link to where a passkey does" if plan.needs_passkey else f"approve {name}` does"


def _refuse_secret(plan: KeptPlan) -> Failure:
    tool = catalogue.load().get(plan.tool)
    again = f"Make the same call of {plan.tool} again; an approval of its plan counts for that, too."
    if tool and tool.only_plans:
        again = "Leave secrets out, or have a person run `playvisor fleet apply`; an approval counts for that, too."
    return Failure(
        code="refused",
        message=f"The arguments of plan {plan.plan_id[:8]} hold a secret, so they were not kept. Nothing was changed.",
        hint=again,
    )
