# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor approvals`, `freeze` and `thaw`: people decide what others may do."""

from __future__ import annotations

from datetime import UTC, datetime

from mcp_bridge.ledger.records import KeptPlan
from mcp_bridge.ledger.store import Ledger
from mcp_bridge.policy.freeze import Freezer
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.settings import Settings, load_settings
from mcp_bridge.system.write_gate import WriteGate
from playvisor.cli import console, results, units
from playvisor.cli.call import make_request

_NEWEST = 50
# How long a freeze waits for what is being sent.
_FREEZE_SECONDS = 10


def list_plans(*, everything: bool, as_json: bool) -> None:
    """Print the plans that wait for approval, or with `everything` the newest plans in any state."""
    settings = load_settings()
    plans = Ledger(settings.state_dir, settings.ledger_url).plans
    listed = plans.list_recent(_NEWEST) if everything else plans.list_held()
    if as_json:
        console.print_json([plan.as_dict() for plan in listed])
        return
    if not listed:
        console.get_stderr().print("No plan waits for approval.")
        return
    rows = [[plan.plan_id[:8], plan.asker, plan.tool, plan.shown["summary"], _describe_state(plan)] for plan in listed]
    console.print_table(["plan", "asked by", "tool", "what it would do", "state"], rows)


def show_plan(plan_id: str, *, as_json: bool) -> None:
    """Print one plan in full: the requests it would send, what they would change, and why it is held."""
    settings = load_settings()
    plan = Ledger(settings.state_dir, settings.ledger_url).plans.find(plan_id)
    if as_json:
        console.print_json(plan.as_dict())
        return
    shown = plan.shown
    console.print_facts(
        {
            "plan": plan.plan_id,
            "digest": plan.digest,
            "asked by": f"{plan.asker} (as {plan.local_user})",
            "tool": plan.tool,
            "arguments": "not stored, since they hold a secret"
            if plan.arguments is None
            else results.format_compact(plan.arguments),
            "would": shown["summary"],
            "held because": plan.reason,
            "state": _describe_state(plan),
            "decided by": plan.approver,
            "applied by run": plan.used_by,
        }
    )
    if shown["targets"]:
        console.print_table(
            ["guest", "name", "node", "pool", "tags", "protected"],
            [
                [
                    target.get("vmid"),
                    target.get("name"),
                    target.get("node"),
                    target.get("pool"),
                    results.format_compact(target.get("tags")),
                    "yes" if target.get("protected", "vmid" in target) else "no",
                ]
                for target in shown["targets"]
            ],
        )
    results.show_plan(shown["steps"])
    results.show_diff(shown["diff"])


def decide(plan_id: str, *, approve: bool, as_json: bool) -> None:
    """Approve or deny a plan; the decision is recorded in the ledger."""
    tool = "approve_plan" if approve else "deny_plan"
    settings = load_settings()
    request = make_request(settings, tool, {}, mode="apply")
    plan = make_bridge(settings).decide_plan(plan_id, request, approve=approve)
    if as_json:
        console.print_json(plan.as_dict())
        return
    console.get_stderr().print(f"{plan.state.capitalize()}: {plan.shown['summary']}")
    if approve:
        console.get_stderr().print(
            f"{plan.asker} can apply it within {_format_time_left(plan)}, by making the same call again."
        )


def freeze(why: str, *, as_json: bool) -> None:
    """Refuse all changes from now on, by everybody who uses this state directory."""
    settings = load_settings()
    freeze_notice = _open_freezer(settings).freeze(why)
    is_quiet = WriteGate(settings.state_dir).wait_until_closed(_FREEZE_SECONDS)
    if as_json:
        console.print_json({"frozen": True, **freeze_notice.__dict__, "writes_under_way": not is_quiet})
        return
    if not is_quiet:
        console.get_stderr().print(
            f"A request that was sent before has not been answered within {_FREEZE_SECONDS} s: "
            "`playvisor runs list` shows which runs are under way."
        )
    console.get_stderr().print(f"Frozen: {freeze_notice}. Reads and plans still work; `playvisor thaw` ends it.")


def thaw(*, as_json: bool) -> None:
    """Allow changes again."""
    ended = _open_freezer(load_settings()).thaw()
    if as_json:
        console.print_json({"frozen": False, "was": ended.__dict__ if ended else None})
        return
    console.get_stderr().print(f"Thawed: {ended}." if ended else "Nothing was frozen.")


def _open_freezer(settings: Settings) -> Freezer:
    return Freezer(Ledger(settings.state_dir, settings.ledger_url).database)


def _describe_state(plan: KeptPlan) -> str:
    return (
        f"{plan.state}, {_format_time_left(plan)} left" if plan.state in ("held", "ready", "approved") else plan.state
    )


def _format_time_left(plan: KeptPlan) -> str:
    seconds = (datetime.fromisoformat(plan.expires_at) - datetime.now(UTC)).total_seconds()
    return units.format_duration(max(0, int(seconds)))
