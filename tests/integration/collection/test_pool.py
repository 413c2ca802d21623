"""pve_pool through ansible-playbook against a simulated cluster."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.flow


def test_a_pool_is_made_filled_and_deleted_once(play, simulator):
    vmids = sorted(simulator.cluster.guests)[:2]
    options = {"pool": "new", "comment": "mine", "vmids": vmids, "move": True}

    check = play("pool", "--check", **options)
    assert "new" not in simulator.cluster.pools
    made = play("pool", **options, expect_plan=check.result["plan"]["digest"])
    assert made.rc == 0, made.stdout
    assert made.result["pools"][0]["after"] == check.result["pools"][0]["after"]
    assert not play("pool", **options).result["changed"]

    gone = play("pool", pool="new", state="absent")
    assert gone.rc == 0, gone.stdout
    assert "new" not in simulator.cluster.pools
    assert not play("pool", pool="new", state="absent").result["changed"]
