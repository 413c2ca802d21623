"""Snapshots of virtual machines, as calls."""

from __future__ import annotations

import pytest

QEMU = "pve1/qemu/100"


def _start(lab, vmid=100):
    assert lab.task("POST", f"pve1/qemu/{vmid}/status/start")[0] == "OK"


def _snapshot(lab, name, **params):
    status, log = lab.task("POST", f"{QEMU}/snapshot", snapname=name, **params)
    assert status == "OK", log
    return log


def _parents(lab):
    return {entry["name"]: entry.get("parent") for entry in lab.get(f"{QEMU}/snapshot")}


def test_the_list_of_a_guest_without_snapshots_holds_the_present_only(lab):
    assert lab.get(f"{QEMU}/snapshot") == [
        {"name": "current", "running": 0, "description": "You are here!", "digest": lab.guest(100).digest}
    ]


def test_snapshots_form_a_tree_that_rollback_branches_and_deletion_mends(lab):
    for name in ("aa", "bb", "cc"):
        _snapshot(lab, name)
    lab.task("POST", f"{QEMU}/snapshot/aa/rollback")
    _snapshot(lab, "dd")
    assert _parents(lab) == {"aa": None, "bb": "aa", "cc": "bb", "dd": "aa", "current": "dd"}
    lab.task("DELETE", f"{QEMU}/snapshot/bb")
    assert _parents(lab) == {"aa": None, "cc": "aa", "dd": "aa", "current": "dd"}
    lab.task("DELETE", f"{QEMU}/snapshot/aa")
    assert _parents(lab) == {"cc": None, "dd": None, "current": "dd"}


def test_rollback_restores_all_but_description_and_generation(lab):
    _snapshot(lab, "before", description="as it was")
    guest = lab.guest(100)
    guest.config |= {"cores": "4", "name": "renamed", "description": "of today"}
    assert lab.task("POST", f"{QEMU}/snapshot/before/rollback") == ("OK", ["TASK OK"])
    assert (guest.config["name"], guest.config["description"]) == ("vm100", "of today")
    assert "cores" not in guest.config
    assert guest.config["vmgenid"] != "22222222-2222-2222-2222-222222222222"


def test_rollback_gives_disks_their_size_back(lab):
    _snapshot(lab, "small")
    volume = lab.cluster.storages["files"].volumes_on("pve1")["files:100/vm-100-disk-0.qcow2"]
    volume.size *= 2
    lab.task("POST", f"{QEMU}/snapshot/small/rollback")
    assert volume.size == 8 * 1024**3


def test_a_disk_that_only_the_present_has_becomes_unused_by_rollback(lab):
    _snapshot(lab, "before")
    lab.guest(100).config["scsi1"] = "thin:vm-101-disk-0,size=8G"
    lab.task("POST", f"{QEMU}/snapshot/before/rollback")
    assert lab.guest(100).config["unused0"] == "thin:vm-101-disk-0"


def test_a_disk_that_only_a_snapshot_has_becomes_unused_by_its_deletion(lab):
    _snapshot(lab, "before")
    del lab.guest(100).config["scsi0"]
    lab.task("DELETE", f"{QEMU}/snapshot/before")
    assert lab.guest(100).config["unused0"] == "files:100/vm-100-disk-0.qcow2"


def test_ram_is_kept_in_a_volume_that_goes_with_its_snapshot(lab):
    _start(lab)
    log = _snapshot(lab, "live", vmstate=1)
    state = "files:100/vm-100-state-live.raw"
    assert log[0].endswith("vm-100-state-live.raw', fmt=raw size=2671771648 preallocation=off")
    config = lab.get(f"{QEMU}/snapshot/live/config")
    assert config["vmstate"] == state
    assert config["running-nets-host-mtu"] == "net0=1500"
    assert state in lab.volumes("files")
    lab.task("DELETE", f"{QEMU}/snapshot/live")
    assert state not in lab.volumes("files")


def test_ram_of_a_stopped_guest_is_silently_not_kept(lab):
    _snapshot(lab, "cold", vmstate=1)
    assert lab.get(f"{QEMU}/snapshot")[0]["vmstate"] == 0


def test_a_running_guest_is_stopped_by_rollback_and_runs_again_from_its_ram(lab):
    _start(lab)
    _snapshot(lab, "disks")
    _snapshot(lab, "all", vmstate=1)
    status, log = lab.task("POST", f"{QEMU}/snapshot/all/rollback")
    assert (status, log) == ("OK", ["netdev net0: using 'host_mtu=1500' for migration compat", "TASK OK"])
    assert lab.guest(100).running
    lab.wait(31)
    lab.task("POST", f"{QEMU}/snapshot/disks/rollback")
    assert not lab.guest(100).running


def test_the_lock_is_held_for_half_a_minute_after_a_rollback_with_memory(lab):
    _start(lab)
    _snapshot(lab, "all", vmstate=1)
    lab.task("POST", f"{QEMU}/snapshot/all/rollback")
    status, log = lab.task("POST", f"{QEMU}/snapshot/all/rollback")
    assert status == "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout"
    assert log[0] == "trying to acquire lock..."
    lab.wait(30)
    assert lab.task("POST", f"{QEMU}/snapshot/all/rollback")[0] == "OK"


def test_start_after_rollback_is_a_task_of_its_own(lab):
    _snapshot(lab, "cold")
    lab.task("POST", f"{QEMU}/snapshot/cold/rollback", start=1)
    lab.wait(5)
    assert lab.guest(100).running
    assert [task.upid.type for task in lab.driver.world.tasks.list_finished("pve1")][:2] == ["qmstart", "qmrollback"]


def test_a_guest_is_locked_while_its_snapshot_is_taken(lab):
    upid = lab.start_task("POST", f"{QEMU}/snapshot", snapname="aa")
    assert lab.get("pve1/qemu/100/status/current")["lock"] == "snapshot"
    assert lab.finish(upid)[0] == "OK"
    assert "lock" not in lab.guest(100).config


def test_a_stopped_snapshot_task_leaves_nothing_behind(lab):
    upid = lab.start_task("POST", f"{QEMU}/snapshot", snapname="aa")
    lab.call("DELETE", f"pve1/tasks/{upid}")
    assert lab.finish(upid)[0] == "received interrupt"
    assert lab.guest(100).snapshots == {}
    assert lab.guest(100).lock is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("current", "unable to use snapshot name 'current' (reserved name)"),
        ("pending", "unable to use snapshot name 'pending' (reserved name)"),
        ("PENDING", "unable to use snapshot name 'pending' (reserved name)"),
    ],
)
def test_some_names_are_reserved(lab, name, reason):
    assert lab.refused("POST", f"{QEMU}/snapshot", snapname=name) == reason


def test_what_is_wrong_with_a_snapshot_is_said_in_the_task(lab):
    _snapshot(lab, "aa")
    assert lab.task("POST", f"{QEMU}/snapshot", snapname="aa")[0] == "snapshot name 'aa' already used"
    assert lab.task("DELETE", f"{QEMU}/snapshot/no")[0] == "snapshot 'no' does not exist"
    assert lab.task("POST", f"{QEMU}/snapshot/no/rollback")[0] == "snapshot 'no' does not exist"
    raw = lab.task("POST", "pve1/qemu/102/snapshot", snapname="aa")
    assert raw[0] == "snapshot feature is not available"


def test_ram_with_devices_that_cannot_be_saved_is_refused_at_once(lab):
    lab.guest(100).config["virtiofs0"] = "share"
    reason = "Cannot live-migrate, snapshot (with RAM), or hibernate a VM with: virtiofs"
    assert lab.refused("POST", f"{QEMU}/snapshot", snapname="aa", vmstate=1) == reason


def test_descriptions_change_and_disappear(lab):
    _snapshot(lab, "aa", description="old")
    lab.call("PUT", f"{QEMU}/snapshot/aa/config", description="new")
    assert lab.get(f"{QEMU}/snapshot/aa/config")["description"] == "new"
    lab.call("PUT", f"{QEMU}/snapshot/aa/config", description="")
    assert "description" not in lab.get(f"{QEMU}/snapshot/aa/config")


def test_thin_lvm_says_what_it_does(lab):
    log = lab.task("POST", "pve1/qemu/101/snapshot", snapname="aa")[1]
    assert log == [
        "snapshotting 'drive-scsi0' (thin:vm-101-disk-0)",
        '  Logical volume "snap_vm-101-disk-0_aa" created.',
        "TASK OK",
    ]
