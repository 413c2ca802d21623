"""What is said of an undo that takes several calls."""

from __future__ import annotations

from mcp_bridge.result import Failure, Plan, Result
from mcp_bridge.run.tools.undo import _name_every_approval

HELD = Failure(code="approval_required", message="It is held.", hint="`playvisor approvals approve aaaaaaaa` does.")


def make_held(plan_id):
    plan = Plan(id=plan_id, digest="d")
    return Result(run_id=plan_id, tool="migrate_guest", status="held", summary="Held.", plan=plan, failure=HELD)


def test_every_plan_that_waits_for_an_approval_is_named():
    done = Result(run_id="r", tool="migrate_guest", status="ok", summary="Moved.")
    several = _name_every_approval(HELD, [make_held("a" * 36), done, make_held("b" * 36)])

    assert "approve aaaaaaaa`, `playvisor approvals approve bbbbbbbb`" in several.hint
    assert "make the same call again" in several.hint
    assert _name_every_approval(HELD, [make_held("a" * 36), done]) is HELD
