# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor approvals`, `freeze` and `thaw`: what people decide about what others want to do."""

from __future__ import annotations

from datetime import UTC, datetime

from mcp_bridge.ledger.records import KeptPlan
from mcp_bridge.ledger.store import Ledger
from mcp_bridge.policy.freeze import Freezer
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.settings import load_settings
from playvisor.cli import console, results, units
from playvisor.cli.call import make_request

_NEWEST = 50


def list_plans(*, everything: bool, as_json: bool) -> None:
    """The plans that wait for somebody to decide, or the newest of all."""
    settings = load_settings()
    plans = Ledger(settings.state_dir, settings.ledger_url).plans
    found = plans.list_recent(_NEWEST) if everything else plans.list_held()
    if as_json:
        console.print_json([plan.as_dict() for plan in found])
        return
    if not found:
        console.err().print("No plan waits for approval.")
        return
    rows = [[plan.plan_id[:8], plan.asker, plan.tool, plan.shown["summary"], _standing(plan)] for plan in found]
    console.table(["plan", "asked by", "tool", "what it would do", "state"], rows)


def show_plan(plan_id: str, *, as_json: bool) -> None:
    """All of one plan: what it would send, what it would change, and why it is held."""
    settings = load_settings()
    plan = Ledger(settings.state_dir, settings.ledger_url).plans.find(plan_id)
    if as_json:
        console.print_json(plan.as_dict())
        return
    shown = plan.shown
    console.facts(
        {
            "plan": plan.plan_id,
            "digest": plan.digest,
            "asked by": f"{plan.asker} (as {plan.local_user})",
            "tool": plan.tool,
            "arguments": "not kept: they hold a secret" if plan.arguments is None else results.compact(plan.arguments),
            "would": shown["summary"],
            "held because": plan.reason,
            "state": _standing(plan),
            "decided by": plan.approver,
            "applied by run": plan.used_by,
        }
    )
    if shown["targets"]:
        console.table(
            ["guest", "name", "node", "pool", "tags", "protected"],
            [
                [
                    one.get("vmid"),
                    one.get("name"),
                    one.get("node"),
                    one.get("pool"),
                    results.compact(one.get("tags")),
                    "yes" if one.get("protected", "vmid" in one) else "no",
                ]
                for one in shown["targets"]
            ],
        )
    results.show_plan(shown["steps"])
    results.show_diff(shown["diff"])


def decide(plan_id: str, *, approve: bool, as_json: bool) -> None:
    """Approve or deny a plan; recorded in the ledger."""
    tool = "approve_plan" if approve else "deny_plan"
    settings = load_settings()
    asked = make_request(settings, tool, {}, mode="apply")
    plan = make_bridge(settings).decide_plan(plan_id, asked, approve=approve)
    if as_json:
        console.print_json(plan.as_dict())
        return
    console.err().print(f"{plan.state.capitalize()}: {plan.shown['summary']}")
    if approve:
        console.err().print(f"{plan.asker} can apply it for {_left(plan)} more, by making the same call again.")


def freeze(why: str, *, as_json: bool) -> None:
    """Stop all changes, for everybody who uses this state directory."""
    frozen = Freezer(load_settings().state_dir).freeze(why)
    if as_json:
        console.print_json({"frozen": True, **frozen.__dict__})
        return
    console.err().print(f"Frozen: {frozen}. Reads and plans still work; `playvisor thaw` ends it.")


def thaw(*, as_json: bool) -> None:
    """Allow changes again."""
    was = Freezer(load_settings().state_dir).thaw()
    if as_json:
        console.print_json({"frozen": False, "was": was.__dict__ if was else None})
        return
    console.err().print(f"Thawed: {was}." if was else "Nothing was frozen.")


def _standing(plan: KeptPlan) -> str:
    return f"{plan.state}, {_left(plan)} left" if plan.state in ("held", "ready", "approved") else plan.state


def _left(plan: KeptPlan) -> str:
    seconds = (datetime.fromisoformat(plan.expires_at) - datetime.now(UTC)).total_seconds()
    return units.span(max(0, int(seconds)))
