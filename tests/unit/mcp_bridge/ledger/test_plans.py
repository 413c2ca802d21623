"""Plans are decided on once, used once, and only while they are in date."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from mcp_bridge.errors import UsageError
from mcp_bridge.ledger.records import KeptPlan, make_expiry
from mcp_bridge.ledger.store import Ledger

DIGEST = "d" * 64


@pytest.fixture
def plans(tmp_path, ledger_url):
    return Ledger(tmp_path, ledger_url).plans


def kept(plan_id="a" * 36, *, state="held", seconds=900, asker="claude"):
    return KeptPlan(plan_id, DIGEST, "stop_guest", {"vmid": 101}, {"steps": []}, asker, make_expiry(seconds), state)


def test_a_plan_is_kept_whole(plans):
    plan = kept()
    plans.keep(plan)

    assert plans.find("aaaa") == plan
    assert plans.list_held() == [plan]


def test_an_approval_is_for_this_plan_of_this_asker_and_is_used_up(plans):
    plans.keep(kept())
    approved = plans.decide("aaaa", "jo", approve=True)

    assert (approved.state, approved.approver) == ("approved", "jo")
    assert plans.take_approved("stop_guest", "e" * 64, "claude", "run") is None
    assert plans.take_approved("start_guest", DIGEST, "claude", "run") is None
    assert plans.take_approved("stop_guest", DIGEST, "cursor", "run") is None
    assert plans.take_approved("stop_guest", DIGEST, "claude", "run") == approved
    assert plans.take_approved("stop_guest", DIGEST, "claude", "run") is None
    assert plans.find("aaaa").used_by == "run"


def test_of_many_that_take_one_approval_one_gets_it(plans):
    plans.keep(kept(state="approved"))

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda n: plans.take_approved("stop_guest", DIGEST, "claude", str(n)), range(8)))

    assert len([plan for plan in taken if plan is not None]) == 1


@pytest.mark.parametrize("state", ["ready", "approved", "denied", "used"])
def test_only_a_held_plan_can_be_decided_on(plans, state):
    plans.keep(kept(state=state))

    with pytest.raises(UsageError, match=f"is {state}"):
        plans.decide("aaaa", "jo", approve=True)


def test_a_denied_plan_is_not_applied(plans):
    plans.keep(kept())
    plans.decide("aaaa", "jo", approve=False)

    assert plans.take_approved("stop_guest", DIGEST, "claude", "run") is None
    assert not plans.use("a" * 36, "run")


def test_a_plan_that_is_out_of_date_is_not_decided_on_nor_used(plans):
    plans.keep(kept(seconds=-1))
    plans.keep(kept("b" * 36, state="approved", seconds=-1))

    assert plans.list_held() == []
    with pytest.raises(UsageError, match="is expired"):
        plans.decide("aaaa", "jo", approve=True)
    assert plans.take_approved("stop_guest", DIGEST, "claude", "run") is None
    assert not plans.use("b" * 36, "run")


def test_an_id_has_to_mean_one_plan(plans):
    plans.keep(kept("ab" + "0" * 34))
    plans.keep(kept("ac" + "0" * 34))

    with pytest.raises(UsageError, match="More than one plan"):
        plans.find("a")
    with pytest.raises(UsageError, match="no plan 'f'"):
        plans.find("f")
