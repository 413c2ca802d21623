"""Plans are decided on once, used once, and only while they are in date."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from mcp_bridge.errors import UsageError
from mcp_bridge.ledger.records import Binding, Claim, Closing, KeptPlan, Opening, Who, make_expiry
from mcp_bridge.ledger.writer import LedgerWriter

DIGEST = "d" * 64
BINDING = Binding("stop_guest", DIGEST, "claude", "client", "pve:lab", "9" * 64, "8" * 64)


@pytest.fixture
def plans(tmp_path, ledger_url):
    return LedgerWriter(tmp_path, ledger_url).plans


def kept(plan_id="a" * 36, *, state="held", seconds=900, asker="claude"):
    plan = KeptPlan(plan_id, DIGEST, "stop_guest", {"vmid": 101}, {"steps": []}, asker, make_expiry(seconds), state)
    return replace(plan, cluster="pve:lab", judged="9" * 64, policy="8" * 64)


def take(plans, binding, run_id, plan_id=None):
    """Find an approval, and use it up if there is one."""
    found = plans.find_approval(binding, plan_id)
    return found if found.plan is None or plans.use(found.plan.plan_id, run_id, binding) else Claim()


def test_a_plan_is_kept_whole(plans):
    plan = kept()
    plans.keep(plan)

    assert plans.find("aaaa") == plan
    assert plans.list_held() == [plan]


def test_an_approval_is_for_this_plan_of_this_asker_and_is_used_up(plans):
    plans.keep(kept())
    approved = plans.decide("aaaa", approve=True, approver="jo", seen="f" * 64)

    assert (approved.state, approved.approver, approved.seen) == ("approved", "jo", "f" * 64)
    assert take(plans, replace(BINDING, digest="e" * 64), "run") == Claim()
    assert take(plans, replace(BINDING, tool="start_guest"), "run") == Claim()
    assert take(plans, BINDING, "run") == Claim(approved)
    assert take(plans, BINDING, "run") == Claim()
    assert plans.find("aaaa").used_by == "run"


@pytest.mark.parametrize("part", ["cluster", "asker", "asker_kind", "judged", "policy"])
def test_an_approval_is_good_only_while_all_that_it_is_bound_to_is_so(plans, part):
    plans.keep(kept())
    approved = plans.decide("aaaa", approve=True, approver="jo")

    # What is judged differs with the cluster and the policy.
    also = {"judged": "7" * 64} if part in ("cluster", "policy") else {}
    assert take(plans, replace(BINDING, **also, **{part: "other"}), "run") == Claim(difference=part)
    assert take(plans, BINDING, "run") == Claim(approved)


@pytest.mark.parametrize("part", ["cluster", "digest", "judged", "policy"])
def test_a_plan_that_is_applied_by_its_id_is_bound_too_whoever_asks(plans, part):
    plans.keep(kept())
    approved = plans.decide("aaaa", approve=True, approver="jo")
    asked = replace(BINDING, asker="jo", asker_kind="person")

    assert take(plans, replace(asked, **{part: "other"}), "run", "a" * 36) == Claim(difference=part)
    assert take(plans, asked, "run", "a" * 36) == Claim(approved)


def test_an_approval_that_is_out_of_date_says_so(plans, monkeypatch):
    plans.keep(kept())
    plans.decide("aaaa", approve=True, approver="jo")
    monkeypatch.setattr("mcp_bridge.ledger.plans.format_timestamp", lambda _time: "2999")

    assert take(plans, BINDING, "run") == Claim(difference="expires_at")


def test_of_many_that_take_one_approval_one_gets_it(plans):
    plans.keep(kept())
    plans.decide("aaaa", approve=True, approver="jo")

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda number: take(plans, BINDING, str(number)), range(8)))

    assert len([claim for claim in taken if claim.plan]) == 1


def bring(plans, state):
    """A plan in this state."""
    plans.keep(kept(state="ready" if state == "ready" else "held"))
    if state in ("approved", "denied", "used"):
        plans.decide("aaaa", approve=state != "denied", approver="jo")
    if state == "used":
        assert plans.use("a" * 36, "run", BINDING)


def test_somebody_else_may_approve_a_plan_too_and_nobody_twice(plans):
    bring(plans, "approved")

    assert plans.decide("aaaa", approve=True, approver="al").approvers == ("jo", "al")
    for approver in ("jo", "al"):
        with pytest.raises(UsageError, match="is approved by jo, al"):
            plans.decide("aaaa", approve=True, approver=approver)
    with pytest.raises(UsageError, match="is approved by jo, al"):
        plans.decide("aaaa", approve=False, approver="ed")
    assert take(plans, BINDING, "run").plan.approvers == ("jo", "al")


@pytest.mark.parametrize("state", ["ready", "approved", "denied", "used"])
def test_only_a_held_plan_can_be_decided_on(plans, state):
    bring(plans, state)

    with pytest.raises(UsageError, match=f"is {state}"):
        plans.decide("aaaa", approve=True, approver="jo")


@pytest.mark.parametrize("state", ["approved", "denied", "used", "expired"])
def test_a_plan_is_kept_only_as_it_was_made(plans, state):
    with pytest.raises(ValueError, match=f"that is {state}"):
        plans.keep(kept(state=state))


def test_a_denied_plan_is_not_applied(plans):
    bring(plans, "denied")

    assert take(plans, BINDING, "run") == Claim()
    assert not plans.use("a" * 36, "run", BINDING)


@pytest.mark.parametrize("part", ["tool", "digest", "cluster"])
def test_a_plan_is_used_for_what_it_was_made_for(plans, part):
    bring(plans, "ready")

    assert not plans.use("a" * 36, "run", replace(BINDING, **{part: "other"}))
    assert plans.find("aaaa").state == "ready"
    assert plans.use("a" * 36, "run", replace(BINDING, judged="7" * 64, policy="6" * 64))


def test_what_is_decided_on_is_looked_at_in_the_same_transaction(plans):
    plans.keep(kept())
    looked_at = []

    def refuse(plan):
        looked_at.append(plan)
        raise UsageError("It is another.", "Look again.")

    with pytest.raises(UsageError, match="another"):
        plans.decide("aaaa", approve=True, approver="jo", check=refuse)

    assert looked_at == [plans.find("aaaa")]
    assert plans.find("aaaa").state == "held"


def test_a_plan_that_is_out_of_date_is_not_decided_on_nor_used(plans):
    plans.keep(kept(seconds=-1))
    plans.keep(kept("b" * 36, state="ready", seconds=-1))

    assert plans.list_held() == []
    with pytest.raises(UsageError, match="is expired"):
        plans.decide("aaaa", approve=True, approver="jo")
    assert not plans.use("b" * 36, "run", BINDING)


def test_a_decision_and_its_run_are_written_together_or_not_at_all(tmp_path, ledger_url, monkeypatch):
    ledger = LedgerWriter(tmp_path, ledger_url)
    ledger.plans.keep(kept())
    opening = Opening("decision", "approve_plan", {}, "apply", Who("c"), "0.1.0")
    closing = Closing("ok", "approved", False, "Approved.")

    def fail(*_arguments):
        raise OSError("killed")

    with monkeypatch.context() as broken:
        broken.setattr("mcp_bridge.ledger.entries.append_closing", fail)
        with pytest.raises(OSError, match="killed"):
            ledger.plans.decide("aaaa", approve=True, approver="jo", record=(opening, closing))
    assert (ledger.plans.find("aaaa").state, ledger.recent()) == ("held", [])

    decided = ledger.plans.decide("aaaa", approve=True, approver="jo", record=(opening, closing))

    assert (decided.state, [row.tool for row in ledger.recent()]) == ("approved", ["approve_plan"])
    assert [act["kind"] for act in ledger.list_acts()][:2] == ["plan_approved", "plan_kept"]
    assert ledger.verify().faults == []


def test_an_id_has_to_mean_one_plan(plans):
    plans.keep(kept("ab" + "0" * 34))
    plans.keep(kept("ac" + "0" * 34))

    with pytest.raises(UsageError, match="More than one plan"):
        plans.find("a")
    with pytest.raises(UsageError, match="no plan 'f'"):
        plans.find("f")
