"""Which tools are offered by which words."""

from __future__ import annotations

from mcp_bridge.catalogue.offer import make_offer


def test_plans_of_a_toolset_that_only_plans_can_be_applied():
    assert {"plan_fleet", "wait_run", "apply_plan"} <= {*make_offer(["fleet"]).names}
    assert "apply_plan" not in make_offer(["history"]).names


def test_nothing_is_applied_where_that_is_not_allowed():
    assert "apply_plan" not in make_offer(["fleet"], applies=False).names
    assert "apply_plan" not in make_offer(["fleet"], writes=False).names
    assert make_offer(tools=["plan_fleet"]).names == ("plan_fleet",)
