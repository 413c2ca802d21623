# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor approvals`, `freeze` and `thaw`: people decide what others may do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NoReturn

from mcp_bridge.errors import PlayvisorError, UsageError
from mcp_bridge.evidence.plan_view import PlanView, make_plan_view, render_text, seal
from mcp_bridge.ledger.records import KeptPlan
from mcp_bridge.ledger.store import Ledger
from mcp_bridge.run.factory import make_authority, make_bridge
from mcp_bridge.settings import load_settings
from playvisor.cli import console, units
from playvisor.cli.call import make_request
from playvisor.cli.output import Output, print_document, print_facts, print_rows
from playvisor.cli.rendering.tables import Table

_NEWEST = 50
# How long a freeze waits for what is being sent.
_FREEZE_SECONDS = 10
_SHORTEST_DIGEST = 8
# By this name, and not at 127.0.0.1, browsers offer passkeys.
_LOCAL_WEB = "http://localhost:8786"
_PLANS = Table(
    "",
    "plan=plan_id:short by=asker state=standing:text what_it_would_do=title:text",
    wide="id=plan_id made=made_at until=expires_at",
    ids="plan_id",
    empty="No plan waits for approval.",
)


def list_plans(*, everything: bool, output: Output) -> None:
    """Print the plans that wait for approval, or with `everything` the newest plans in any state."""
    settings = load_settings()
    plans = Ledger(settings.state_dir, settings.ledger_url).plans
    listed = plans.list_recent(_NEWEST) if everything else plans.list_held()
    documents = [plan.as_dict() for plan in listed]
    rows = [
        {**document, "title": make_plan_view(plan).title, "standing": _describe_state(plan)}
        for plan, document in zip(listed, documents, strict=True)
    ]
    print_rows(rows, _PLANS, output, document=documents)


def show_plan(plan_id: str, *, output: Output) -> None:
    """Print one plan in full: all that an approval of it is bound to, and what became of it."""
    settings = load_settings()
    plan = Ledger(settings.state_dir, settings.ledger_url).plans.find(plan_id)
    if output.is_document:
        print_document(plan.as_dict(), output)
        return
    console.print_lines(render_text(make_plan_view(plan)))
    console.get_stdout().print()
    print_facts(
        {
            "arguments": "not stored, since they hold a secret" if plan.arguments is None else plan.arguments,
            "run as": plan.local_user,
            "state": _describe_state(plan),
            "decided by": f"{plan.approver} ({plan.approval})" if plan.approver else None,
            "applied by run": plan.used_by,
        }
    )


def print_link(plan_id: str, *, output: Output) -> None:
    """Print the link of the page on which a plan is decided on."""
    settings = load_settings()
    plan = Ledger(settings.state_dir, settings.ledger_url).plans.find(plan_id)
    link = settings.make_plan_link(plan.plan_id) or f"{_LOCAL_WEB}/approvals/{plan.plan_id}"
    if output.is_document:
        print_document({"plan_id": plan.plan_id, "state": plan.state, "link": link}, output)
        return
    console.print_as_is(f"{link}\n")
    if settings.web_url is None:
        console.get_stderr().print(
            "It opens on this machine, while `playvisor web` runs. PLAYVISOR_WEB_URL says where others reach it."
        )


def decide(plan_id: str, *, approve: bool, output: Output, sure: bool = False, digest: str | None = None) -> None:
    """Approve or deny a plan; the decision, and what was shown for it, is recorded in the ledger.

    An approval is asked for on a terminal, unless `sure`, or the first characters of the plan's `digest`, say that it
    is meant. Raises UsageError where neither is so, and PlayvisorError when the person at the terminal says no.
    """
    tool = "approve_plan" if approve else "deny_plan"
    settings = load_settings()
    request = make_request(settings, tool, {}, mode="apply")
    bridge = make_bridge(settings)
    plan = bridge.ledger.plans.find(plan_id)
    view = make_plan_view(plan)
    text = render_text(view)
    if digest is not None:
        _require_digest(plan, digest)
    if approve and plan.state == "held" and plan.needs_passkey:
        _refuse_without_passkey(plan, view, bridge.settings.make_plan_link(plan.plan_id))
    if approve and plan.state == "held" and not sure and digest is None:
        _require_yes(plan, text, output=output)
    plan = bridge.decide_plan(plan.plan_id, request, approve=approve, seen=seal(text))
    if output.is_document:
        print_document(plan.as_dict(), output)
        return
    console.get_stderr().print(f"{plan.state.capitalize()}: {view.title}")
    if approve:
        console.get_stderr().print(
            f"{plan.asker} can apply it within {_format_time_left(plan)}, by making the same call again."
        )


def _refuse_without_passkey(plan: KeptPlan, view: PlanView, link: str | None) -> NoReturn:
    """Say, before anybody is asked, that this plan is approved elsewhere. Raises UsageError."""
    name = plan.plan_id[:8]
    raise UsageError(
        f"By policy (rule {', '.join(view.rules)}), plan {name} has to be approved with a passkey, on the web.",
        f"Open {link}." if link else f"`playvisor approvals open {name}` prints the link.",
    )


def _require_digest(plan: KeptPlan, digest: str) -> None:
    """Raise UsageError unless a plan has the digest that somebody has looked at."""
    if len(digest) < _SHORTEST_DIGEST or not plan.digest.startswith(digest.lower()):
        raise UsageError(
            f"Plan {plan.plan_id[:8]} does not have the digest {digest!r}.",
            f"Give {_SHORTEST_DIGEST} or more of its characters; `playvisor approvals show {plan.plan_id[:8]}` has it.",
        )


def _require_yes(plan: KeptPlan, text: str, *, output: Output) -> None:
    """Show the plan to the person at the terminal, and ask."""
    name = plan.plan_id[:8]
    if output.is_document or not console.may_ask():
        raise UsageError(
            f"There is no terminal to show plan {name} on and to ask whether it is approved.",
            f"Read `playvisor approvals show {name}`; then add --digest {plan.digest[:12]} to the command, or --yes.",
        )
    console.print_lines(text, to_stderr=True)
    if not console.read_yes("\nApprove exactly this, once?"):
        raise PlayvisorError(
            f"Not approved: plan {name} is still held.", f"`playvisor approvals deny {name}` denies it."
        )


def freeze(why: str, *, output: Output) -> None:
    """Refuse all changes from now on, by everybody who uses this state directory."""
    freeze_notice, is_quiet = make_authority(load_settings()).freeze(why, _FREEZE_SECONDS)
    if output.is_document:
        print_document({"frozen": True, **freeze_notice.__dict__, "writes_under_way": not is_quiet}, output)
        return
    if not is_quiet:
        console.get_stderr().print(
            f"A request that was sent before has not been answered within {_FREEZE_SECONDS} s: "
            "`playvisor runs list` shows which runs are under way."
        )
    console.get_stderr().print(f"Frozen: {freeze_notice}. Reads and plans still work; `playvisor thaw` ends it.")


def thaw(*, output: Output) -> None:
    """Allow changes again."""
    ended = make_authority(load_settings()).thaw()
    if output.is_document:
        print_document({"frozen": False, "was": ended.__dict__ if ended else None}, output)
        return
    console.get_stderr().print(f"Thawed: {ended}." if ended else "Nothing was frozen.")


def _describe_state(plan: KeptPlan) -> str:
    return (
        f"{plan.state}, {_format_time_left(plan)} left" if plan.state in ("held", "ready", "approved") else plan.state
    )


def _format_time_left(plan: KeptPlan) -> str:
    seconds = (datetime.fromisoformat(plan.expires_at) - datetime.now(UTC)).total_seconds()
    return units.format_duration(max(0, int(seconds)))
