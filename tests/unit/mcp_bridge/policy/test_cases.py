"""Cases for policies, and the words in which they are wrong."""

from __future__ import annotations

import pytest
from asking import decide

from mcp_bridge.errors import UsageError
from mcp_bridge.policy.cases import read_cases

ELICITED = {"kind": "elicitation", "by": "jo"}
APPROVED = {"kind": "operator", "by": "jo"}
SMALL = [{"vmid": 101, "config": {"memory": 32}}]


@pytest.mark.parametrize(
    ("entry", "ruling"),
    [
        ({"tool": "start_guest"}, "allow"),
        ({"tool": "stop_guest"}, "hold"),
        ({"tool": "stop_guest", "targets": [{"vmid": 101, "status": "stopped"}]}, "allow"),
        ({"tool": "start_guest", "targets": [{"vmid": 101, "known": False}]}, "hold"),
        ({"tool": "start_guest", "effects": ["loses data"]}, "hold"),
        (
            {"tool": "start_guest", "effects": ["gives access"], "approval": {"kind": "elicitation", "by": "jo"}},
            "refuse",
        ),
        ({"tool": "start_guest", "effects": ["gives access"], "approval": {"kind": "operator", "by": "jo"}}, "allow"),
        ({"tool": "backup_guest", "options": {"mode": "stop"}}, "hold"),
        ({"tool": "backup_guest", "options": {"mode": "stop"}, "asker": {"kind": "person"}}, "allow"),
        ({"tool": "start_guest", "recent_targets": 21}, "hold"),
        (
            {"tool": "resize_guest", "options": {"memory": 64}, "targets": [{"vmid": 1, "config": {"memory": 32}}]},
            "allow",
        ),
        (
            {"tool": "start_guest", "steps": [{"method": "DELETE", "path": "/nodes/pve1/qemu/101", "params": {}}]},
            "hold",
        ),
    ],
)
def test_a_case_is_decided_by_what_it_says(entry, ruling):
    (case,) = read_cases([{**entry, "expect": ruling}])

    assert decide(case.question, case.approval)[0] == ruling


def test_a_case_has_an_asker_and_approvers():
    (case,) = read_cases(
        [
            {
                "tool": "stop_guest",
                "expect": "hold",
                "asker": {"identity": "token:ci", "roles": ["ops"], "label": "bot", "proof": "token"},
                "approval": {"kind": "operator", "by": "kim", "also_by": ["lee"], "groups": ["dba"]},
            }
        ]
    )
    caller, approval = case.question.caller, case.approval

    assert (caller.identity, caller.kind, caller.roles, caller.label) == ("token:ci", "client", ("ops",), "bot")
    assert (approval.approvers, approval.groups) == ({"kim", "lee"}, ("dba",))


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ({"tool": "start_guest"}, "expect"),
        ({"tool": "start_guest", "expect": "maybe"}, "maybe"),
        ({"tool": "start_gest", "expect": "hold"}, "start_gest"),
        ({"tool": "start_guest", "expect": "hold", "effects": ["stops"]}, "stops"),
        ({"tool": "start_guest", "expect": "hold", "efects": ["changes"]}, "efects"),
        ({"tool": "start_guest", "expect": "hold", "targets": [{"vmid": 1, "colour": "red"}]}, "colour"),
        ({"tool": "start_guest", "expect": "hold", "approval": {"kind": "operator", "who": "jo"}}, "who"),
        ("start_guest", "not valid"),
    ],
)
def test_a_case_that_is_not_valid_is_named(entry, named):
    with pytest.raises(UsageError, match=named) as raised:
        read_cases([entry])

    assert "Case 1" in raised.value.message
