"""What was judged, told apart from what would be judged now."""

from __future__ import annotations

from dataclasses import replace

import pytest
from asking import AI, ask_about, guest

from mcp_bridge.authority.judged import Judged
from mcp_bridge.policy.engine import Decision, Rule

STEPS = [("POST", "/nodes/pve1/qemu/101/status/stop", {})]


def judge(rule="clients-ask", *, cluster="lab ab12", policy="p", ruling="hold", **facts):
    question = ask_about(STEPS, AI, replace(guest(101), **facts))
    return Judged(cluster, question, Decision(ruling, (Rule(rule, "forbid"),)), policy)


@pytest.mark.parametrize(
    ("now", "differences"),
    [
        (judge("another-rule"), ["rules"]),
        (judge(cluster="lab cd34"), ["cluster"]),
        (judge(policy="q"), ["policy"]),
        (judge(ruling="refuse"), ["ruling"]),
        (judge(tags=("protected",)), ["tags of 101"]),
        (judge(pool="prod"), ["pool of 101"]),
        (judge(protected=True), ["protected of 101"]),
        (judge(name="db-01"), ["name of 101"]),
        (judge(status="stopped"), ["effects"]),
        (judge(is_known=False), ["known of 101"]),
    ],
)
def test_what_differs_is_named_and_has_another_hash(now, differences):
    assert judge().list_differences(now) == differences
    assert judge().hash != now.hash


def test_a_guest_that_pauses_meanwhile_is_judged_as_before():
    assert judge().list_differences(judge(status="paused")) == []
    assert judge().hash == judge(status="paused").hash
