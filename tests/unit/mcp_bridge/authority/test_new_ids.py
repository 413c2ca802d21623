"""Which id a new guest gets, when several are planned at once."""

from __future__ import annotations

import pytest

from mcp_bridge.auth.caller import make_local_client, make_person
from mcp_bridge.authority.new_ids import Call, NewIds, find_own_ids, find_planned_ids
from mcp_bridge.ledger.records import KeptPlan

MODEL = make_local_client("model")
ARGUMENTS = {"vmid": 9000, "new_name": "web-1"}


def plan(vmids, arguments=None, *, caller=MODEL, cluster="lab", tool="clone_guest", plan_id="p1"):
    steps = [
        {"method": "POST", "path": "/nodes/pve1/qemu/9000/clone", "params": {"newid": vmid, "full": 0}}
        for vmid in vmids
    ]
    return KeptPlan(
        plan_id=plan_id,
        digest="d",
        tool=tool,
        arguments=arguments,
        shown={"steps": steps},
        asker=caller.identity,
        expires_at="2099",
        state="held",
        reason=None,
        asker_kind=caller.kind,
        cluster=cluster,
    )


CALL = Call("clone_guest", ARGUMENTS, MODEL)


@pytest.mark.parametrize(
    ("kept", "own", "reserved"),
    [
        pytest.param(plan([100], ARGUMENTS), (100,), set(), id="its own"),
        pytest.param(plan([100], {**ARGUMENTS, "check": True}), (100,), set(), id="its own, as a check"),
        pytest.param(plan([100], {**ARGUMENTS, "new_name": "web-2"}), (), {100}, id="of another call"),
        pytest.param(plan([100], ARGUMENTS, caller=make_person("x")), (), {100}, id="of somebody else"),
        pytest.param(plan([100], ARGUMENTS, tool="create_guest"), (), {100}, id="of another tool"),
        pytest.param(plan([100], {"new_name": "b"}, cluster="other"), (), set(), id="of another cluster"),
        pytest.param(plan([100], None), (100,), set(), id="its arguments were not kept"),
        pytest.param(plan([103, 101], ARGUMENTS), (103, 101), set(), id="its own, of several guests"),
        pytest.param(plan([103, 101], None, tool="restore_guest"), (), {101, 103}, id="of another call, several"),
        pytest.param(plan([], ARGUMENTS), (), set(), id="it makes none"),
    ],
)
def test_an_open_plan_keeps_its_id_for_its_own_call(kept, own, reserved):
    assert find_own_ids([kept], CALL) == own
    assert find_planned_ids([kept], CALL, "lab") == reserved


def test_whoever_applies_a_plan_gets_the_id_of_that_one():
    call = Call("clone_guest", ARGUMENTS, make_person("somebody"), plan_id="p2")
    plans = [plan([100], ARGUMENTS), plan([101], ARGUMENTS, plan_id="p2")]

    assert find_own_ids(plans, call) == (101,)
    assert find_planned_ids(plans, call, "lab") == {100}


def test_a_module_is_told_by_its_environment():
    assert NewIds().as_environment() == {}
    assert NewIds((105, 101), frozenset({103, 100})).as_environment() == {
        "PVE_OWN_VMID": "105,101",
        "PVE_RESERVED_VMIDS": "100,103",
    }
