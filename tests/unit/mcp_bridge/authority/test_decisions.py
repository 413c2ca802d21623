"""A plan is decided on by who saw exactly that plan; otherwise nothing of the decision is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcp_bridge.authority import Authority
from mcp_bridge.errors import UsageError
from mcp_bridge.evidence.plan_view import make_plan_view, render_text, seal
from mcp_bridge.ledger.records import Closing, KeptPlan, Opening, Who, make_expiry
from mcp_bridge.settings import Settings

STEP = {"vmid": 101, "name": "web-01", "method": "POST", "path": "/nodes/pve1/qemu/101/status/shutdown", "params": {}}
PLAN = KeptPlan(
    plan_id="a" * 36,
    digest="d" * 64,
    tool="stop_guest",
    arguments={"vmid": 101},
    shown={"steps": [STEP], "effects": ["interrupts"]},
    asker="claude",
    # However long it takes until these tests have their turn.
    expires_at=make_expiry(90_000),
    state="held",
    cluster="lab ab12",
    judged="9" * 64,
    policy="8" * 64,
)


@pytest.fixture
def authority(tmp_path):
    made = Authority(Settings(state_dir=tmp_path))
    made.keep_plan(PLAN)
    return made


def decide(authority, seen, *, approve=True):
    opening = Opening("decision", "approve_plan", {}, "apply", Who("jo"), "0.1.0")
    record = (opening, Closing("ok", "approved", False, "Approved."))
    return authority.decide_plan(
        PLAN.plan_id, approve=approve, approver="jo", approval="operator", seen=seen, record=record
    )


@pytest.mark.parametrize(
    "was",
    [
        {"shown": {"steps": [{**STEP, "params": {"forceStop": 1}}], "effects": ["interrupts"]}},
        {"shown": {"steps": [STEP, STEP], "effects": ["interrupts"]}},
        {"shown": {"steps": [STEP], "effects": ["interrupts", "loses data"]}},
        {"asker": "mallory"},
        {"cluster": "rehearsal cd34"},
        {"digest": "e" * 64},
        {"judged": "7" * 64},
        {"policy": "7" * 64},
        {"expires_at": make_expiry(9000)},
    ],
    ids=["parameters", "steps", "effects", "asker", "cluster", "digest", "judged", "policy", "expiry"],
)
@pytest.mark.parametrize("approve", [True, False], ids=["approve", "deny"])
def test_a_plan_that_changed_since_it_was_shown_is_not_decided_on(authority, was, approve):
    seen = seal(render_text(make_plan_view(replace(PLAN, **was))))

    with pytest.raises(UsageError, match="is not what was shown"):
        decide(authority, seen, approve=approve)

    assert authority.ledger.plans.find(PLAN.plan_id).state == "held"
    assert [act["kind"] for act in authority.ledger.list_acts()] == ["plan_kept", "ledger_begun"]
    assert authority.ledger.recent() == []


def test_a_plan_that_is_as_it_was_shown_is_decided_on_once_with_what_was_seen(authority):
    seen = seal(render_text(make_plan_view(PLAN)))

    approved = decide(authority, seen)
    with pytest.raises(UsageError, match="is approved by jo"):
        decide(authority, seen)

    assert (approved.state, approved.seen) == ("approved", seen)
    assert [row.tool for row in authority.ledger.recent()] == ["approve_plan"]
    assert authority.ledger.verify().faults == []
