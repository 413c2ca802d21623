"""Which kept plans may be applied, and what is said of the others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcp_bridge.auth.caller import make_local_client, make_person
from mcp_bridge.ledger.records import KeptPlan, make_expiry
from mcp_bridge.run import Request
from mcp_bridge.run.call import _find_tool_refusal, _split_wait
from mcp_bridge.run.tools.plans import _find_obstacle

CLAUDE = make_local_client("claude")


def plan(state="ready"):
    return KeptPlan(
        "a" * 36,
        "d" * 64,
        "stop_guest",
        {},
        {},
        CLAUDE.identity,
        make_expiry(900),
        state,
        approver="jo",
        used_by="b" * 36,
    )


def asked(caller=CLAUDE, **more):
    return Request("apply_plan", {"plan_id": "a"}, "apply", caller, **more)


@pytest.mark.parametrize(
    ("kept", "request_", "code", "said"),
    [
        (plan(), asked(), None, ""),
        (plan("approved"), asked(), None, ""),
        (plan(), asked(make_local_client("cursor")), None, ""),
        (plan(), asked(replace(CLAUDE, identity="token:cursor")), "refused", "not this client's"),
        (plan(), asked(make_person("cli")), None, ""),
        (plan("held"), asked(), "approval_required", "nobody has approved it"),
        (plan("used"), asked(), "refused", "by run bbbbbbbb"),
        (plan("denied"), asked(), "refused", "denied by jo"),
        (plan("expired"), asked(), "refused", "out of date"),
    ],
)
def test_a_plan_is_applied_by_whoever_made_it_while_it_is_in_date(kept, request_, code, said):
    failure = _find_obstacle(kept, request_)

    assert (failure.code if failure else None) == code
    assert said in (failure.message if failure else "")


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (asked(), None),
        (asked(offered=("list_runs",)), "refused"),
        (Request("apply_plan", {"plan_id": "a"}, "check"), "refused"),
        (Request("apply_plan", {"plan_id": "a"}, "read"), "refused"),
        (Request("apply_plan", {}, "apply"), "invalid_parameter"),
        (Request("cancel_run", {"run_id": "a"}, "check"), "refused"),
        (Request("undo_run", {"run_id": "a"}, "check"), None),
        (Request("undo_run", {"run_id": "a"}, "read"), "refused"),
        (Request("wait_run", {"run_id": "a", "timeout": 5}, "read"), None),
        (Request("list_runs", {"limit": 51}, "read"), "invalid_parameter"),
        (Request("list_runs", {"client": "x"}, "read"), "invalid_parameter"),
        (Request("list_runs", {"outcome": "success"}, "read"), "invalid_parameter"),
        (Request("list_runs", {"outcome": "interrupted"}, "read"), None),
    ],
)
def test_what_may_not_be_called_or_not_like_this_is_refused(request_, code):
    failure = _find_tool_refusal(request_)

    assert (failure.code if failure else None) == code


@pytest.mark.parametrize(
    ("tool", "given", "kept", "waits"),
    [
        ("start_guest", {"vmid": 101}, {"vmid": 101}, True),
        ("start_guest", {"vmid": 101, "wait": False}, {"vmid": 101}, False),
        ("start_guest", {"wait": None}, {}, True),
        ("apply_plan", {"plan_id": "a", "wait": False}, {"plan_id": "a"}, False),
        # What is wrong, or an option of the tool itself, is left to the schema.
        ("start_guest", {"wait": "no"}, {"wait": "no"}, True),
        ("list_guests", {"wait": False}, {"wait": False}, True),
        ("get_task", {"upid": "U", "wait": False}, {"upid": "U", "wait": False}, True),
    ],
)
def test_wait_is_not_an_argument_of_the_run(tool, given, kept, waits):
    request, wait = _split_wait(Request(tool, given, "apply"))

    assert (request.arguments, wait) == (kept, waits)
