# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides whether a plan is applied: by the mode, the freeze, the policy and approvals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mcp_bridge.auth.caller import Caller
from mcp_bridge.catalogue import Tool
from mcp_bridge.ledger.records import KeptPlan
from mcp_bridge.policy import Approval, Decision, Moment, Policy, Target, make_question
from mcp_bridge.policy.freeze import Freeze
from mcp_bridge.result import Failure, Plan
from mcp_bridge.system.identity import list_groups

if TYPE_CHECKING:
    from mcp_bridge.ledger.plans import Plans

APPROVED = "approved"
HELD = "held"
PLAN_ONLY = "plan only"
_APPLIED = ("allowed", APPROVED)


@dataclass(frozen=True)
class Verdict:
    """A word for the ledger, the rules behind it, who approved the plan, and why it is not applied.

    `elicitable`: an approval by the calling client's own user would suffice.
    """

    decision: str
    rules: tuple[str, ...] = ()
    approver: str | None = None
    failure: Failure | None = None
    elicitable: bool = False

    @property
    def applies(self) -> bool:
        """Whether the plan may be applied now."""
        return self.decision in _APPLIED


@dataclass(frozen=True)
class Judge:
    """Decides on plans by one policy and the approvals in one ledger."""

    policy: Policy
    plans: Plans
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
        moment = Moment.from_datetime(datetime.now())
        question = make_question(tool, caller, plan.steps, _read_guests(plan.targets), moment)
        decision = self.policy.decide(question)
        if decision.ruling == "refuse":
            return Verdict("refused", _get_rule_names(decision), failure=_make_refusal_failure(decision))
        if only_plan:
            return Verdict(HELD if decision.ruling == "hold" else PLAN_ONLY, _get_rule_names(decision))
        if decision.ruling == "allow":
            return Verdict("allowed", _get_rule_names(decision))
        approved_plan = self.plans.take_approved(tool.name, plan.digest, caller.identity, run_id, plan_id)
        if approved_plan:
            approval = _make_approval(approved_plan)
            decision = self.policy.decide(question, approval)
            if decision.ruling == "allow":
                return Verdict(APPROVED, _get_rule_names(decision), approval.by)
            return Verdict("refused", _get_rule_names(decision), approval.by, _make_refusal_failure(decision))
        if_elicited = self.policy.decide(question, Approval("elicitation", caller.identity))
        return Verdict(
            HELD,
            _get_rule_names(decision),
            failure=_make_hold_failure(decision, run_id),
            elicitable=if_elicited.ruling == "allow",
        )


def _read_guests(targets: Sequence[Mapping[str, Any]]) -> dict[int, Target]:
    """Read the guests that a module described; one whose protection it could not read is not known."""
    return {
        int(entry["vmid"]): Target(
            id=str(entry["vmid"]),
            vmid=int(entry["vmid"]),
            name=str(entry.get("name") or ""),
            node=str(entry.get("node") or ""),
            type=str(entry.get("type") or ""),
            pool=str(entry.get("pool") or ""),
            tags=tuple(entry.get("tags") or ()),
            protected=bool(entry.get("protected", True)),
            template=bool(entry.get("template")),
            status=str(entry.get("status") or ""),
            is_known="protected" in entry,
            config=entry.get("config") or {},
        )
        for entry in targets
        if entry.get("vmid") is not None
    }


def _get_rule_names(decision: Decision) -> tuple[str, ...]:
    return tuple(rule.name for rule in decision.rules)


def _make_approval(plan: KeptPlan) -> Approval:
    if plan.approval == "elicitation":
        return Approval("elicitation", plan.approver or "")
    return Approval("operator", plan.approver or "", list_groups(plan.approver or ""))


def _make_refusal_failure(decision: Decision) -> Failure:
    return Failure(code="refused", message=f"{decision.reason} Nothing was changed.", hint=decision.advice)


def _make_hold_failure(decision: Decision, run_id: str) -> Failure:
    command = f"playvisor approvals approve {run_id[:8]}"
    return Failure(
        code="approval_required",
        message=f"{decision.reason} The plan is held; nothing was changed.",
        hint=f"{decision.advice} `{command}` approves it; then make the same call again.",
    )


def _make_freeze_failure(freeze: Freeze) -> Failure:
    return Failure(
        code="frozen",
        message=f"All changes are frozen: {freeze}. Nothing was changed.",
        hint="Reads and plans still work. `playvisor thaw` ends the freeze.",
    )


def describe_plan(plan: Plan, summary: str, diff: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what an approver sees of a plan: all of it."""
    return {"summary": summary, "steps": plan.steps, "targets": plan.targets, "diff": dict(diff or {})}
