# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides whether a plan is applied: by the mode, the freeze, the policy and approvals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mcp_bridge.auth.caller import Caller
from mcp_bridge.catalogue import Tool
from mcp_bridge.ledger.records import Binding, Claim, KeptPlan
from mcp_bridge.policy import Approval, Decision, Moment, Policy, make_question
from mcp_bridge.result import Failure, Plan

if TYPE_CHECKING:
    from mcp_bridge.ledger.freezes import Freeze
    from mcp_bridge.ledger.plans import PlanWriter

APPROVED = "approved"
HELD = "held"
PLAN_ONLY = "plan only"
_APPLIED = ("allowed", APPROVED)
# Why an approval is no longer good, by the part of its binding that is not so.
_DIFFERENCES = {
    "tool": "for another tool",
    "digest": "the plan is another one",
    "asker": "for somebody else",
    "asker_kind": "for another kind of caller",
    "cluster": "on another cluster",
    "judged": "what policy judged has changed since, such as tags, pool or protection",
    "policy": "the policy has changed since",
    "expires_at": "the approval is out of date",
    "entries": "the ledger's entries do not say so",
}


@dataclass(frozen=True)
class Verdict:
    """A word for the ledger, the rules behind it, who approved the plan, and why it is not applied.

    `elicitable`: an approval by the calling client's own user would suffice. `effects` is what the plan does, and
    `advice` what the rules say about it.
    """

    decision: str
    rules: tuple[str, ...] = ()
    approver: str | None = None
    failure: Failure | None = None
    elicitable: bool = False
    effects: tuple[str, ...] = ()
    advice: str = ""

    @property
    def applies(self) -> bool:
        """Whether the plan may be applied now."""
        return self.decision in _APPLIED


@dataclass(frozen=True)
class Judge:
    """Decides on plans by one policy and the approvals in one ledger."""

    policy: Policy
    plans: PlanWriter
    read_freeze: Callable[[], Freeze | None]

    def judge(
        self, tool: Tool, caller: Caller, plan: Plan, run_id: str, *, only_plan: bool, plan_id: str | None = None
    ) -> Verdict:
        """Decide on this caller's plan; an approval of it is used up for the run.

        With `plan_id`, a kept plan is being applied: that plan's approval counts, whoever asked for the plan.
        """
        if not plan.steps:
            return Verdict("nothing to do")
        freeze = self.read_freeze()
        if freeze and not only_plan:
            return Verdict("frozen", failure=_make_freeze_failure(freeze))
        question = make_question(
            tool, caller, plan.model_dump() | {"targets": plan.targets}, Moment.from_datetime(datetime.now())
        )
        effects = _list_effects(tool)
        decision = self.policy.decide(question)
        if decision.ruling == "refuse":
            return Verdict("refused", _get_rule_names(decision), failure=_make_refusal_failure(decision))
        if only_plan:
            word = HELD if decision.ruling == "hold" else PLAN_ONLY
            return Verdict(word, _get_rule_names(decision), effects=effects, advice=_get_advice(decision))
        if decision.ruling == "allow":
            return Verdict("allowed", _get_rule_names(decision))
        binding = Binding(tool.name, plan.digest, caller.identity, caller.kind)
        claim = self.plans.take_approved(binding, run_id, plan_id)
        if claim.plan:
            approval = _make_approval(claim.plan)
            decision = self.policy.decide(question, approval)
            if decision.ruling == "allow":
                return Verdict(APPROVED, _get_rule_names(decision), approval.by)
            return Verdict("refused", _get_rule_names(decision), approval.by, _make_refusal_failure(decision))
        if_elicited = self.policy.decide(question, Approval("elicitation", caller.identity))
        return Verdict(
            HELD,
            _get_rule_names(decision),
            failure=_make_hold_failure(decision, run_id, claim),
            elicitable=if_elicited.ruling == "allow",
            effects=effects,
            advice=_get_advice(decision),
        )


def _get_rule_names(decision: Decision) -> tuple[str, ...]:
    return tuple(rule.name for rule in decision.rules)


def _get_advice(decision: Decision) -> str:
    return decision.advice if decision.ruling == "hold" else ""


def _list_effects(tool: Tool) -> tuple[str, ...]:
    return ("may stop a service or lose data",) if tool.effect == "destroy" else ("changes",)


def _make_approval(plan: KeptPlan) -> Approval:
    return Approval("elicitation" if plan.approval == "elicitation" else "operator", plan.approver or "")


def _make_refusal_failure(decision: Decision) -> Failure:
    return Failure(code="refused", message=f"{decision.reason} Nothing was changed.", hint=decision.advice)


def _make_hold_failure(decision: Decision, run_id: str, claim: Claim) -> Failure:
    since = f" It was approved, but {_DIFFERENCES[claim.difference]}." if claim.difference else ""
    command = f"playvisor approvals approve {run_id[:8]}"
    return Failure(
        code="approval_required",
        message=f"{decision.reason}{since} The plan is held; nothing was changed.",
        hint=f"{decision.advice} `{command}` approves it; then make the same call again.",
    )


def _make_freeze_failure(freeze: Freeze) -> Failure:
    return Failure(
        code="frozen",
        message=f"All changes are frozen: {freeze}. Nothing was changed.",
        hint="Reads and plans still work. `playvisor thaw` ends the freeze.",
    )


def describe_plan(
    plan: Plan, summary: str, diff: Mapping[str, Any] | None, verdict: Verdict, caller: Caller, cluster: str
) -> dict[str, Any]:
    """Return what an approver sees of a plan: all of it. `summary` says what it would do."""
    return {
        "summary": summary,
        "steps": plan.steps,
        "targets": plan.targets,
        "diff": dict(diff or {}),
        "effects": list(verdict.effects),
        "rules": list(verdict.rules),
        "advice": verdict.advice,
        "cluster": cluster,
        "asker_kind": caller.kind,
        "label": caller.label,
        "version": caller.version,
    }
