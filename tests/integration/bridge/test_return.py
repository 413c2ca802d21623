"""A node gets back what the last drain moved off it, and nothing else."""

from __future__ import annotations

import pytest
from trust.lab import Lab

from pve_simulator import Simulator, build_cluster

pytestmark = [pytest.mark.flow, pytest.mark.thorough]


@pytest.fixture
def simulator():
    with Simulator(build_cluster(nodes=3, guests=9), port=0, task_seconds=0.0, resources_lag=0.0) as running:
        yield running


@pytest.fixture
def where(simulator):
    """`where("pve1")`: the ids of the guests on a node, without templates."""

    def find(node):
        return {vmid for vmid, one in simulator.cluster.guests.items() if one.node == node and not one.template}

    return find


DRAIN = {"drain": "pve1", "with_local_disks": True, "restart": True}
BACK = {"return_to": "pve1"}


def test_what_a_drain_moved_comes_back_by_one_plan_with_one_approval(lab, simulator, where, ledger):
    lab.ask_as_person("migrate_guest", {"vmid": min(where("pve2")), "target": "pve3", "with_local_disks": True})
    before = {node: where(node) for node in ("pve1", "pve2", "pve3")}
    nothing = lab.ask("return_node", BACK)
    drained = lab.ask_as_person("drain_node", DRAIN)
    empty = where("pve1")

    held = lab.ask("return_node", BACK)
    lab.approve(held)
    back = lab.ask("apply_plan", {"plan_id": held.plan.id})
    again = lab.ask("return_node", BACK)

    assert nothing.failure.code == "not_found"
    assert {guest["vmid"] for guest in drained.data["guests"]} == before["pve1"]
    assert (empty, held.status, back.status) == (set(), "held", "ok")
    # With the options of the drain, or else the guests with local disks could not move.
    assert {step["params"]["target"] for step in held.plan.steps} == {"pve1"}
    assert {node: where(node) for node in before} == before
    assert again.failure.code == "not_found"
    assert ledger.verify().faults == []


def test_what_became_something_else_is_left_and_said(lab, simulator, where):
    elsewhere, other, gone = sorted(where("pve1"))[:3]
    lab.ask_as_person("drain_node", DRAIN)
    guests = simulator.cluster.guests
    guests[elsewhere].node = "pve3" if guests[elsewhere].node == "pve2" else "pve2"
    guests[other].config["name" if guests[other].type == "qemu" else "hostname"] = "other"
    del guests[gone]

    back = lab.ask_as_person("return_node", BACK)

    assert not {elsewhere, other, gone} & where("pve1")
    assert (back.status, len(back.warnings)) == ("ok", 3)
    assert [str(vmid) in warning for vmid, warning in zip((elsewhere, other, gone), back.warnings, strict=True)] == (
        [True] * 3
    )


def test_a_drain_that_was_finished_by_another_comes_back_whole(lab, simulator, where):
    """The first one fails for the containers, which need restart."""
    whole = where("pve1")
    first = lab.ask_as_person("drain_node", {**DRAIN, "restart": False})
    left = where("pve1")
    second = lab.ask_as_person("drain_node", DRAIN)

    back = lab.ask_as_person("return_node", BACK)

    assert (first.status, second.status, back.status) == ("failed", "ok", "ok")
    assert left
    assert left < whole
    assert where("pve1") == whole


def test_what_was_drained_elsewhere_is_not_known_here(lab, where, tmp_path, warm):
    """A rehearsal copy shares the state directory with the cluster, and has the same guests."""
    with Simulator(build_cluster(nodes=3, guests=9), port=0, task_seconds=0.0) as simulator:
        copy = Lab(simulator, lab.state_dir, lab.executor)
        assert copy.ask_as_person("drain_node", DRAIN).status == "ok"
        copy.close()

    assert lab.ask_as_person("return_node", BACK).failure.code == "not_found"
    named = [{"vmid": vmid, "name": f"not-{vmid}", "node": "pve2"} for vmid in sorted(where("pve1"))]
    assert lab.ask_as_person("return_node", {**BACK, "moved": named}).changed is False
