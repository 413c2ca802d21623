"""Results in MCP's own types."""

from __future__ import annotations

import pytest

from mcp_bridge.mcp.tools import make_call_result
from mcp_bridge.result import Plan, Result

WAYS = {"approve": "playvisor approvals approve p1", "open": "playvisor approvals open p1"}


@pytest.mark.parametrize(
    ("status", "error", "meta"),
    [
        ("held", False, {"playvisor/approval": {"plan_id": "p1", **WAYS}}),
        ("planned", False, None),
        ("ok", False, None),
        ("refused", True, None),
    ],
)
def test_only_a_held_plan_says_what_a_person_has_to_decide(status, error, meta):
    plan = Plan(digest="d" * 64, steps=[], id="p1")
    result = make_call_result(Result(run_id="r1", tool="stop_guest", status=status, summary="Done.", plan=plan))

    assert (result.is_error, result.meta) == (error, meta)
