"""pve_snapshot and pve_clone through ansible-playbook against a simulated cluster."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.flow


def writes(simulator):
    return [(method, path) for method, path, _status in simulator.requests if method != "GET"]


def planned(run):
    return [(step["method"], step["path"]) for step in run.result["plan"]["steps"]]


def guest(simulator, kind="qemu", template=False):
    return next(g for g in simulator.cluster.guests.values() if g.type == kind and g.template == template)


@pytest.mark.parametrize("kind", ["qemu", "lxc"])
def test_a_snapshot_is_taken_once_rolled_back_to_and_deleted_once(play, simulator, kind):
    one = guest(simulator, kind)
    options = {"vmid": one.vmid, "snapname": "before", "description": "first"}

    check = play("snapshot", "--check", **options)
    assert writes(simulator) == []
    taken = play("snapshot", **options, expect_plan=check.result["plan"]["digest"])
    assert taken.rc == 0, taken.stdout
    assert writes(simulator) == planned(check)
    assert taken.result["guests"][0]["after"] == check.result["guests"][0]["after"]

    assert not play("snapshot", **options).result["changed"]
    described = play("snapshot", vmid=one.vmid, snapname="before", description="second")
    assert described.result["changed"], described.stdout
    assert not play("snapshot", vmid=one.vmid, snapname="before", description="second").result["changed"]

    rolled = play("snapshot", vmid=one.vmid, snapname="before", state="rolled_back")
    assert rolled.rc == 0, rolled.stdout
    assert rolled.result["guests"][0]["after"]["current"] == "before"

    deleted = play("snapshot", vmid=one.vmid, snapname="before", state="absent")
    assert deleted.rc == 0, deleted.stdout
    assert deleted.result["guests"][0]["after"] == {"current": None, "snapshots": []}
    assert not play("snapshot", vmid=one.vmid, snapname="before", state="absent").result["changed"]


def test_retention_prunes_only_what_it_names(play, simulator):
    one = guest(simulator)
    for name in ("precious", "auto-1", "auto-2"):
        assert play("snapshot", vmid=one.vmid, snapname=name).rc == 0

    pruned = play("snapshot", vmid=one.vmid, snapname="auto-3", retention={"names": "auto-*", "keep": 1})

    assert pruned.rc == 0, pruned.stdout
    left = [snapshot["name"] for snapshot in pruned.result["guests"][0]["after"]["snapshots"]]
    assert left == ["auto-3", "precious"]


def test_a_template_is_cloned_once(play, simulator):
    template = guest(simulator, template=True)
    options = {"vmid": template.vmid, "new_name": "web-99"}

    check = play("clone", "--check", **options)
    assert writes(simulator) == []
    made = play("clone", **options, expect_plan=check.result["plan"]["digest"])
    assert made.rc == 0, made.stdout
    assert writes(simulator) == planned(check)
    (clone,) = made.result["guests"]
    assert simulator.cluster.guests[clone["vmid"]].name == "web-99"
    assert clone["vmid"] != template.vmid

    again = play("clone", **options)
    assert not again.result["changed"]
    assert again.result["guests"][0]["vmid"] == clone["vmid"]


def test_a_full_clone_of_a_guest_gets_the_id_that_is_asked_for(play, simulator):
    source = guest(simulator)

    made = play("clone", name=source.name, newid=4711, new_name="copy")

    assert made.rc == 0, made.stdout
    assert simulator.cluster.guests[4711].name == "copy"
    assert play("clone", name=source.name, newid=source.vmid).result["failure"]["code"] == "ambiguous"
