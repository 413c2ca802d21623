"""pve_snapshot and pve_clone through ansible-playbook against a simulated cluster.

What comes before and after the runs in question is done by the modules alone, which is much quicker.
"""

from __future__ import annotations

import pytest
from scenarios.running import run_module

pytestmark = pytest.mark.flow


def writes(simulator):
    return [(method, path) for method, path, _status in simulator.requests if method != "GET"]


def planned(run):
    return [(step["method"], step["path"]) for step in run.result["plan"]["steps"]]


def guest(simulator, kind="qemu", template=False):
    return next(g for g in simulator.cluster.guests.values() if g.type == kind and g.template == template)


@pytest.mark.parametrize("kind", ["qemu", "lxc"])
def test_a_snapshot_is_taken_once_rolled_back_to_and_deleted_once(play, simulator, connection_env, kind):
    one = guest(simulator, kind)
    options = {"vmid": one.vmid, "snapname": "before", "description": "first"}

    check = play("snapshot", "--check", **options)
    assert writes(simulator) == []
    taken = play("snapshot", **options, expect_plan=check.result["plan"]["digest"])
    assert taken.rc == 0, taken.stdout
    assert writes(simulator) == planned(check)
    assert taken.result["guests"][0]["after"] == check.result["guests"][0]["after"]

    assert not run_module("pve_snapshot", options, connection_env)["changed"]
    options["description"] = "second"
    assert run_module("pve_snapshot", options, connection_env)["changed"]
    assert not run_module("pve_snapshot", options, connection_env)["changed"]

    options = {"vmid": one.vmid, "snapname": "before", "state": "rolled_back"}
    (rolled,) = run_module("pve_snapshot", options, connection_env)["guests"]
    assert rolled["after"]["current"] == "before"

    options["state"] = "absent"
    deleted = play("snapshot", **options)
    assert deleted.rc == 0, deleted.stdout
    assert deleted.result["guests"][0]["after"] == {"current": None, "snapshots": []}
    assert not run_module("pve_snapshot", options, connection_env)["changed"]


def test_retention_prunes_only_what_it_names(play, simulator, connection_env):
    one = guest(simulator)
    for name in ("precious", "auto-1", "auto-2"):
        assert run_module("pve_snapshot", {"vmid": one.vmid, "snapname": name}, connection_env)["changed"]

    pruned = play("snapshot", vmid=one.vmid, snapname="auto-3", retention={"names": "auto-*", "keep": 1})

    assert pruned.rc == 0, pruned.stdout
    left = [snapshot["name"] for snapshot in pruned.result["guests"][0]["after"]["snapshots"]]
    assert left == ["auto-3", "precious"]


def test_a_template_is_cloned_once(play, simulator, connection_env):
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

    again = run_module("pve_clone", options, connection_env)
    assert not again["changed"]
    assert again["guests"][0]["vmid"] == clone["vmid"]


def test_a_full_clone_of_a_guest_gets_the_id_that_is_asked_for(play, simulator, connection_env):
    source = guest(simulator)

    made = play("clone", name=source.name, newid=4711, new_name="copy")

    assert made.rc == 0, made.stdout
    assert simulator.cluster.guests[4711].name == "copy"
    taken = run_module("pve_clone", {"name": source.name, "newid": source.vmid}, connection_env)
    assert taken["failure"]["code"] == "ambiguous"


def test_several_clones_are_made_set_up_and_started_by_one_plan(simulator, connection_env):
    template = guest(simulator, template=True)
    addresses = [f"192.0.2.{number}/24" for number in (21, 22, 23)]
    options = {
        "vmid": template.vmid,
        "new_names": ["set-1", "set-2", "set-3"],
        "targets": [template.node],
        "tags": ["web"],
        "cloudinit": {"user": "admin", "ipconfig": [{"ip": addresses, "gw": "192.0.2.1"}]},
        "start": True,
    }

    check = run_module("pve_clone", options, connection_env, check=True)
    made = run_module("pve_clone", {**options, "expect_plan": check["plan"]["digest"]}, connection_env)

    assert writes(simulator) == [(step["method"], step["path"]) for step in check["plan"]["steps"]]
    assert made["guests"] == [{**entry, "upids": made["guests"][n]["upids"]} for n, entry in enumerate(check["guests"])]
    clones = [simulator.cluster.guests[entry["vmid"]] for entry in made["guests"]]
    assert [(clone.name, clone.running, clone.config["tags"]) for clone in clones] == [
        (name, True, "web") for name in options["new_names"]
    ]
    assert [clone.config["ipconfig0"] for clone in clones] == [f"ip={one},gw=192.0.2.1" for one in addresses]
    assert not run_module("pve_clone", options, connection_env)["changed"]


def test_what_a_run_has_left_that_ended_early_is_completed_by_the_next(simulator, connection_env):
    template = guest(simulator, template=True)
    made = run_module("pve_clone", {"vmid": template.vmid, "new_names": ["part-1"]}, connection_env)

    wish = {"vmid": template.vmid, "new_names": ["part-1", "part-2"], "tags": ["web"]}
    done = run_module("pve_clone", wish, connection_env)

    assert [entry["after"]["exists"] for entry in made["guests"]] == [True]
    assert [(entry["before"]["exists"], entry["after"]["tags"]) for entry in done["guests"]] == [
        (True, ["web"]),
        (False, ["web"]),
    ]
