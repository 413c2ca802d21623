# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans as resources: what waits for a decision, and deciding on it."""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import Any

from mcp_bridge.errors import LedgerError, UsageError
from mcp_bridge.evidence.plan_view import make_plan_view, render_text, seal
from mcp_bridge.ledger.records import KeptPlan
from mcp_bridge.run import Request
from mcp_bridge.run.visibility import may_see_plan
from playvisor.web.problems import Problem, describe_failure
from playvisor.web.rest.endpoints import PREFIX, Answer, Ask, Endpoint
from playvisor.web.rest.schemas import NUMBER, make_list, refer
from playvisor.web.rest.tools import find_mode
from playvisor.web.signin.passkeys import find_relying_party

MOST_PLANS = 200
_SHOWN = (
    *("plan_id", "state", "tool", "asker", "asker_kind", "label", "local_user", "digest", "cluster", "made_at"),
    *("expires_at", "reason", "approval", "approver", "decided_at", "used_by"),
)
_DECISION = {
    "type": "object",
    "properties": {
        "approve": {"type": "boolean"},
        "seal": {"type": "string", "description": "`seal` of the plan as it was shown"},
        "reason": {"type": "string", "maxLength": 500, "x-lines": True},
        "assertion": {
            "type": "object",
            "description": "What a passkey answered to the options of this plan: `PublicKeyCredential.toJSON()`",
        },
    },
    "required": ["approve", "seal"],
    "additionalProperties": False,
}
_SIGNING = {
    "type": "object",
    "properties": {"approve": {"type": "boolean", "default": True}},
    "additionalProperties": False,
}
_DRIFT = {
    "type": "object",
    "properties": {
        "drifted": {"type": "boolean"},
        "digest": {"type": ["string", "null"]},
        "summary": {"type": "string"},
    },
    "required": ["drifted", "summary"],
}


def list_endpoints() -> list[Endpoint]:
    """The endpoints of plans."""
    state = {"type": "string", "enum": ["held", "all"], "default": "held"}
    return [
        Endpoint(
            "GET",
            "/plans",
            "list_plans",
            "List the plans that wait for a decision, or the newest ones",
            list_plans,
            query={"state": state},
            returns={200: make_list("plans", refer("Plan"), left_out=NUMBER)},
            group="plans",
        ),
        Endpoint(
            "GET",
            "/plans/{plan_id}",
            "get_plan",
            "Show a plan: all that an approval of it is bound to",
            get_plan,
            returns={200: refer("PlanInFull")},
            group="plans",
        ),
        Endpoint(
            "POST",
            "/plans/{plan_id}/decision",
            "decide_plan",
            "Approve or deny a plan that is held",
            decide_plan,
            may="approve",
            body=_DECISION,
            returns={200: refer("PlanInFull")},
            group="plans",
        ),
        Endpoint(
            "POST",
            "/plans/{plan_id}/options",
            "begin_decision",
            "Make the options with which a passkey of yours signs a decision on this plan",
            begin_decision,
            may="approve",
            body=_SIGNING,
            returns={200: {"type": "object"}},
            group="plans",
        ),
        Endpoint(
            "POST",
            "/plans/{plan_id}/drift",
            "check_plan",
            "Plan the same call again, and say whether it is still this plan",
            check_plan,
            body={"type": "object", "properties": {}, "additionalProperties": False},
            returns={200: _DRIFT},
            group="plans",
        ),
    ]


def list_plans(ask: Ask) -> Answer:
    """Answer with the plans that who asks may see."""
    plans = ask.context.bridge.ledger.plans
    found = plans.list_held() if ask.query["state"] == "held" else plans.list_recent(MOST_PLANS)
    shown = [plan for plan in found if may_see_plan(plan, ask.caller.caller)]
    listed = [_summarize(plan) for plan in shown[:MOST_PLANS]]
    return Answer(ask.context.bridge.redact({"plans": listed, "left_out": len(shown) - len(listed)}))


def get_plan(ask: Ask) -> Answer:
    """Answer with a plan as its approver sees it."""
    return Answer(ask.context.bridge.redact(describe_plan(find_plan(ask))))


def decide_plan(ask: Ask) -> Answer:
    """Approve or deny a plan, as who asks; the decision, and what was shown for it, is recorded."""
    plan, bridge = find_plan(ask), ask.context.bridge
    approve = ask.body["approve"]
    if approve and ask.context.mode != "apply":
        raise Problem(
            403,
            f"This server is in mode {ask.context.mode}, and lets nothing be changed.",
            "Approve it at one that is in mode apply, or with `playvisor approvals`.",
        )
    assertion = ask.body.get("assertion")
    if approve and plan.needs_passkey and assertion is None:
        raise Problem(
            403,
            "This plan has to be approved with a passkey.",
            "Enrol one, or ask somebody who has one.",
            code="approval_required",
        )
    rp = find_relying_party(ask.context, ask.request) if assertion is not None else None
    request = Request("approve_plan" if approve else "deny_plan", {}, "apply", ask.caller.caller)
    try:
        decided = bridge.decide_plan(
            plan.plan_id,
            request,
            approve=approve,
            seen=ask.body["seal"],
            reason=ask.body.get("reason") or None,
            assertion=assertion,
            rp=rp,
        )
    except UsageError as error:
        raise Problem(409, error.message, "Load the plan again.", code="drifted") from None
    return Answer(bridge.redact(describe_plan(decided)))


def begin_decision(ask: Ask) -> Answer:
    """Answer with the options for `navigator.credentials.get`, by which a passkey signs a decision on a plan."""
    plan, approve = find_plan(ask), ask.body.get("approve", True)
    rp = find_relying_party(ask.context, ask.request)
    options = ask.context.bridge.passkeys.make_approval_options(plan.plan_id, ask.caller.caller, rp, approve=approve)
    return Answer(options)


def check_plan(ask: Ask) -> Answer:
    """Plan the call of a kept plan again, without keeping that plan, and compare."""
    plan = find_plan(ask)
    if find_mode(ask) == "read" and not (ask.context.mode != "read" and "approve" in ask.caller.rights):
        raise Problem(403, "Who only reads makes no plans.", "Ask somebody who may operate, or approve plans.")
    if plan.arguments is None:
        raise Problem(
            409, "Its arguments hold a secret, and are not kept: it can't be planned again.", code="unsupported"
        )
    arguments = {**plan.arguments, "check": True}
    # Its own kept plan must not be taken for one that was already applied.
    request = Request(plan.tool, arguments, "check", ask.caller.caller, check=True, keeps=False)
    result = ask.context.bridge.call(request, lambda _line: None, threading.Event())
    if result.failure and not (result.plan and result.plan.digest):
        raise describe_failure(result)
    digest = result.plan.digest if result.plan else None
    drifted = digest != plan.digest
    words = "The cluster has changed since: the same call is another plan now." if drifted else "It is still this plan."
    return Answer({"drifted": drifted, "digest": digest, "summary": words, "now": result.summary})


def find_plan(ask: Ask) -> KeptPlan:
    """Find the plan of the path. Raises Problem 404, and 403 for one that is between its asker and guests."""
    try:
        plan = ask.context.bridge.ledger.plans.find(ask.path["plan_id"])
    except LedgerError:
        raise
    except UsageError as error:
        raise Problem(404, error.message, f"GET {PREFIX}/plans lists them.", code="not_found") from None
    if not may_see_plan(plan, ask.caller.caller):
        raise Problem(403, "The plan says what is run in guests, and is not yours.", "Ask the person whose it is.")
    return plan


def _summarize(plan: KeptPlan) -> dict[str, Any]:
    view = make_plan_view(plan)
    known = {name: getattr(plan, name) for name in _SHOWN}
    return {**known, "title": view.title, "effects": list(view.effects)}


def describe_plan(plan: KeptPlan) -> dict[str, Any]:
    """A plan with everything that is decided on, and the seal of the text that says it."""
    view = make_plan_view(plan)
    text = render_text(view)
    return {
        **_summarize(plan),
        "arguments": plan.arguments,
        "view": {**asdict(view), "title": view.title},
        "text": text,
        "seal": seal(text),
        "needs": {"passkey": plan.needs_passkey},
    }
