"""pve_backup through ansible-playbook against a simulated cluster.

What comes before and after the run in question is done by the modules alone, which is much quicker.
"""

from __future__ import annotations

import pytest
from scenarios.running import run_module

pytestmark = pytest.mark.flow


def test_a_backup_is_made_once_while_it_is_recent_and_deleted_by_name(play, simulator, connection_env):
    vmids = [guest.vmid for guest in simulator.cluster.guests.values() if not guest.template][:2]
    options = {"guests": {"vmids": vmids}, "storage": "local", "max_age": "1h"}

    check = play("backup", "--check", **options)
    assert all(entry["after"]["backups"] == ["new"] for entry in check.result["guests"])
    made = play("backup", **options, expect_plan=check.result["plan"]["digest"])
    assert made.rc == 0, made.stdout
    (volid,) = made.result["guests"][0]["after"]["backups"]
    assert str(vmids[0]) in volid
    assert not run_module("pve_backup", options, connection_env)["changed"]

    absent = {"storage": "local", "volid": volid, "state": "absent"}
    gone = play("backup", **absent)
    assert gone.rc == 0, gone.stdout
    assert gone.result["backups"][0]["after"] == {"exists": False}
    assert not run_module("pve_backup", absent, connection_env)["changed"]


def test_a_backup_of_a_former_guest_with_the_id_is_not_the_guests(simulator, connection_env):
    web = next(guest for guest in simulator.cluster.guests.values() if not guest.template and guest.type == "qemu")
    options = {"vmid": web.vmid, "storage": "local", "max_age": "1h"}
    run_module("pve_backup", options, connection_env)
    web.config["meta"] = f"creation-qemu=10.0.2,ctime={int(simulator.world.clock.time()) + 1}"

    made = run_module("pve_backup", options, connection_env)

    assert made["changed"], made


@pytest.mark.parametrize("options", [{}, {"new_name": "copy"}], ids=["as it was", "with another name"])
def test_a_copy_with_the_name_of_its_original_is_told_to_be_one(simulator, connection_env, options):
    web = next(guest for guest in simulator.cluster.guests.values() if not guest.template and guest.type == "qemu")
    (made,) = run_module("pve_backup", {"vmid": web.vmid, "storage": "local"}, connection_env)["guests"]
    volid = made["after"]["backups"][0]

    restored = run_module("pve_backup", {"state": "restored", "volid": volid, "vmid": 9100, **options}, connection_env)

    assert restored["guests"][0]["name"] == options.get("new_name", web.name), restored
    assert (f"{web.name}, which another has: {web.vmid}" in str(restored.get("warnings"))) is not bool(options)


def test_older_backups_can_be_kept_beyond_the_storages_retention(play, simulator, connection_env):
    web = next(guest for guest in simulator.cluster.guests.values() if not guest.template)
    storage = simulator.cluster.storages["local"]
    storage.config["prune-backups"] = "keep-last=1"
    (first,) = run_module("pve_backup", {"vmid": web.vmid, "storage": "local"}, connection_env)["guests"]

    kept = play("backup", vmid=web.vmid, storage="local", compress="gzip", keep_older=True)
    assert "max backup limit of 1" in kept.result["failure"]["message"]
    (volid,) = first["after"]["backups"]
    assert volid in storage.volumes_on(web.node)

    run_module("pve_backup", {"vmid": web.vmid, "storage": "local", "compress": "gzip"}, connection_env)
    assert volid not in storage.volumes_on(web.node)


def test_a_backup_that_fails_says_why_in_vzdumps_own_words(play, simulator):
    web = next(guest for guest in simulator.cluster.guests.values() if not guest.template)

    run = play("backup", vmid=web.vmid, storage="nosuch")

    assert run.rc != 0
    assert "nosuch" in run.result["failure"]["message"]


def test_a_backup_is_not_restored_over_a_guest_that_is_not_named(play, simulator, connection_env):
    web = next(guest for guest in simulator.cluster.guests.values() if not guest.template and guest.type == "qemu")
    (made,) = run_module("pve_backup", {"vmid": web.vmid, "storage": "local"}, connection_env)["guests"]
    options = {"state": "restored", "volid": made["after"]["backups"][0], "vmid": 9100}

    restored = play("backup", **options, new_name="copy", unique=True, start=True)
    assert restored.rc == 0, restored.stdout
    assert restored.result["guests"][0]["after"] == {"exists": True, "status": "running", "backup": options["volid"]}
    assert simulator.cluster.guests[9100].name == "copy"

    again = run_module("pve_backup", options, connection_env)
    assert (again["failed"], again["failure"]["code"]) == (True, "ambiguous")


def test_a_guest_restored_to_a_free_vmid_gets_the_name_that_is_given_unless_another_has_it(simulator, connection_env):
    web = next(guest for guest in simulator.cluster.guests.values() if not guest.template and guest.type == "qemu")
    (made,) = run_module("pve_backup", {"vmid": web.vmid, "storage": "local"}, connection_env)["guests"]
    options = {"state": "restored", "volid": made["after"]["backups"][0], "vmid": 9100}
    # Within the time in which the list still has the old name.
    assert run_module("pve_guest", {"vmid": web.vmid, "new_name": "taken"}, connection_env)["changed"]

    for names in ({"name": "taken"}, {"new_name": "taken"}, {"name": "copy", "new_name": "taken"}):
        refused = run_module("pve_backup", {**options, **names}, connection_env)
        assert refused["failure"]["code"] == "ambiguous"
        assert f"taken already: {web.vmid}" in refused["failure"]["message"]
    assert 9100 not in simulator.cluster.guests

    restored = run_module("pve_backup", {**options, "name": "copy"}, connection_env)

    assert restored["guests"][0]["name"] == "copy"
    assert simulator.cluster.guests[9100].name == "copy"


def test_backup_gaps_take_few_requests_and_a_node_down_is_a_warning(play, simulator, connection_env):
    qemu = [guest for guest in simulator.cluster.guests.values() if guest.type == "qemu" and not guest.template]
    covered = next(guest for guest in qemu if guest.node == "pve1")
    run_module("pve_backup", {"vmid": covered.vmid, "storage": "local"}, connection_env)
    job = {"id": "nightly", "schedule": "02:30", "vmids": [covered.vmid], "storage": "local", "enabled": False}
    assert run_module("pve_backup_job", job, connection_env)["changed"]
    before = len(simulator.requests)

    run = play("backup_info", max_age="1h")

    assert run.rc == 0, run.stdout
    shown = {guest["vmid"]: guest for guest in run.result["guests"]}
    assert [guest["scheduled"] for guest in shown.values()].count(True) == 1
    assert shown[covered.vmid]["latest"]["storage"] == "local"
    assert {gap["vmid"] for gap in run.result["gaps"]} == set(simulator.cluster.guests) - {covered.vmid}
    assert [one["vmids"] for one in run.result["jobs"]] == [[covered.vmid]]
    # Guests, storages, two nodes' local storage, the shared one, jobs and guests without a job.
    assert len(simulator.requests) - before == 7

    simulator.cluster.nodes["pve2"].online = False
    run = play("backup_info", vmid=covered.vmid, backups=True)
    assert run.rc == 0
    assert len(run.result["guests"][0]["backups"]) == 1
    assert any("pve2" in warning for warning in run.result["warnings"])
