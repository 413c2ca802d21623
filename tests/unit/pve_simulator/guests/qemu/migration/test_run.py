"""Migrations of virtual machines, as calls."""

from __future__ import annotations

import pytest

from pve_simulator.state.ha import Ha, HaResource
from pve_simulator.state.replication import Replication, ReplicationJob
from pve_simulator.state.storage import Volume

ON_FILES, ON_THIN, ON_NAS = "pve1/qemu/100", "pve1/qemu/101", "pve1/qemu/102"


def _start(lab, path):
    assert lab.task("POST", f"{path}/status/start")[0] == "OK"


def test_a_stopped_guest_goes_with_copies_of_its_local_disks(lab):
    status, log = lab.migrate(ON_FILES)
    assert status == "OK"
    assert log[:3] == [
        "starting migration of VM 100 to node 'pve2' (10.0.0.2)",
        "found local disk 'files:100/vm-100-disk-0.qcow2' (attached)",
        "copying local disk images",
    ]
    assert log[3].startswith("Formatting '/srv/files/images/100/vm-100-disk-0.qcow2', fmt=qcow2")
    assert log[-2].startswith("migration finished successfully (duration 00:00:")
    assert lab.guest(100).node == "pve2"
    assert lab.volumes("files", "pve1") == set()
    assert lab.volumes("files", "pve2") == {"files:100/vm-100-disk-0.qcow2"}


def test_disks_on_shared_storage_stay_where_they_are(lab):
    status, log = lab.migrate(ON_NAS)
    assert (status, len(log)) == ("OK", 3)
    assert lab.guest(102).config["scsi0"] == "nas:102/vm-102-disk-0.raw,size=8G"


def test_a_running_guest_needs_online_and_for_local_disks_more(lab):
    _start(lab, ON_FILES)
    assert lab.refused("POST", f"{ON_FILES}/migrate", target="pve2") == "can't migrate running VM without --online"
    status, log = lab.migrate(ON_FILES, online=1)
    assert status == "migration aborted"
    reason = "can't live migrate attached local disks without with-local-disks option"
    assert f"can't migrate local disk 'files:100/vm-100-disk-0.qcow2': {reason}" in log
    assert log[-4:-2] == [
        "ERROR: Problem found while scanning volumes - can't migrate VM - check log",
        "aborting phase 1 - cleanup resources",
    ]
    assert (lab.guest(100).node, lab.guest(100).lock) == ("pve1", None)


def test_a_running_guest_goes_on_running_on_the_other_node(lab):
    _start(lab, ON_FILES)
    status, log = lab.migrate(ON_FILES, online=1, with_local_disks=1)
    assert status == "OK"
    assert "starting online/live migration on unix:/run/qemu-server/100.migrate" in log
    assert "migration downtime limit: 100 ms" in log
    guest = lab.guest(100)
    assert (guest.node, guest.running, guest.paused) == ("pve2", True, False)
    started = lab.driver.world.tasks.list_finished("pve2")[0].upid
    assert (started.type, started.user) == ("qmstart", "root@pam")


def test_a_paused_guest_stays_paused(lab):
    _start(lab, ON_NAS)
    lab.task("POST", f"{ON_NAS}/status/suspend")
    assert lab.migrate(ON_NAS, online=1)[0] == "OK"
    assert lab.guest(102).paused


def test_online_does_not_matter_for_a_stopped_guest(lab):
    assert lab.migrate(ON_FILES, online=1)[0] == "OK"


@pytest.mark.parametrize(
    ("wanted", "scsi0"),
    [
        ("nas", "nas:101/vm-101-disk-0.raw,size=8G"),
        ("thin:files", "files:101/vm-101-disk-0.raw,size=8G"),
        ("files:nas", "thin:vm-101-disk-0,size=8G"),
        ("1", "thin:vm-101-disk-0,size=8G"),
    ],
)
def test_volumes_go_to_mapped_storages(lab, wanted, scsi0):
    assert lab.migrate(ON_THIN, targetstorage=wanted)[0] == "OK"
    assert lab.guest(101).config["scsi0"] == scsi0


def test_a_stopped_qcow2_file_cannot_become_a_thin_volume(lab):
    status, log = lab.migrate(ON_FILES, targetstorage="thin")
    assert status == "migration aborted"
    reason = "cannot migrate from storage type 'dir' to 'lvmthin'"
    what = "storage migration for 'files:100/vm-100-disk-0.qcow2' to storage 'thin' failed"
    assert f"ERROR: {what} - {reason}" in log


def test_a_running_guests_qcow2_file_becomes_a_thin_volume(lab):
    _start(lab, ON_FILES)
    assert lab.migrate(ON_FILES, online=1, with_local_disks=1, targetstorage="thin")[0] == "OK"
    assert lab.guest(100).config["scsi0"] == "thin:vm-100-disk-0,size=8G"


def test_a_name_that_is_taken_there_changes(lab):
    taken = Volume("files:100/vm-100-disk-0.qcow2", "images", "qcow2", 1024, vmid=100)
    lab.cluster.storages["files"].volumes_on("pve2")[taken.volid] = taken
    status, log = lab.migrate(ON_FILES)
    assert status == "OK"
    assert any(line.endswith("already exists - importing with a different name") for line in log)
    assert lab.guest(100).config["scsi0"] == "files:100/vm-100-disk-1.qcow2,size=8G"


def test_snapshots_in_qcow2_files_go_along_when_the_guest_is_stopped(lab):
    lab.task("POST", f"{ON_FILES}/snapshot", snapname="aa")
    assert lab.migrate(ON_FILES, targetstorage="nas")[0] == "OK"
    assert lab.guest(100).snapshots["aa"].config["scsi0"] == "nas:100/vm-100-disk-0.qcow2,size=8G"
    volume = lab.cluster.storages["nas"].volumes_on("pve2")["nas:100/vm-100-disk-0.qcow2"]
    assert list(volume.snapshots) == ["aa"]


def test_other_snapshots_and_running_guests_with_snapshots_stay(lab):
    lab.task("POST", f"{ON_THIN}/snapshot", snapname="aa")
    assert "can't migrate local disk 'thin:vm-101-disk-0': non-migratable snapshot exists" in lab.migrate(ON_THIN)[1]
    lab.task("POST", f"{ON_FILES}/snapshot", snapname="aa")
    _start(lab, ON_FILES)
    text = "online storage migration not possible if non-replicated snapshot exists"
    log = lab.migrate(ON_FILES, online=1, with_local_disks=1)[1]
    assert f"can't migrate local disk 'files:100/vm-100-disk-0.qcow2': {text}" in log


def test_a_local_cd_keeps_a_guest_where_it_is(lab):
    iso = Volume("files:iso/live.iso", "iso", "iso", 1024)
    lab.cluster.storages["files"].volumes_on("pve1")[iso.volid] = iso
    lab.guest(100).config["ide2"] = "files:iso/live.iso,media=cdrom"
    assert "can't migrate local disk 'files:iso/live.iso': local cdrom image" in lab.migrate(ON_FILES)[1]


def test_linked_clones_and_their_templates_stay(lab):
    lab.task("POST", f"{ON_FILES}/template")
    lab.task("POST", f"{ON_FILES}/clone", newid=200)
    base = "files:100/base-100-disk-0.qcow2"
    assert f"can't migrate local disk '{base}': referenced by linked clone(s)" in lab.migrate(ON_FILES)[1]
    assert any("as it's a clone of 'base-100-disk-0.qcow2'" in line for line in lab.migrate("pve1/qemu/200")[1])


def test_the_manager_migrates_what_it_manages(lab):
    lab.cluster.part(Ha).resources["vm:102"] = HaResource({"state": "stopped"}, "stopped")
    status, log = lab.migrate(ON_NAS)
    assert (status, log[0]) == ("OK", "Requesting HA migration for VM 102 to node pve2")
    assert lab.guest(102).node == "pve1"
    lab.wait(30)
    assert lab.guest(102).node == "pve2"


def test_replicated_guests_go_live_only_to_their_replicas(lab):
    job = lab.cluster.part(Replication).jobs["102-0"] = ReplicationJob({"target": "pve3"})
    _start(lab, ON_NAS)
    reason = "Cannot live-migrate replicated VM to node 'pve2' - not a replication target. Use 'force' to override."
    assert lab.refused("POST", f"{ON_NAS}/migrate", target="pve2", online=1) == reason
    job.config["target"] = "pve2"
    assert lab.migrate(ON_NAS, online=1)[0] == "OK"
    assert job.config["target"] == "pve1"


def test_an_interrupted_migration_leaves_the_guest_where_it_was(lab):
    upid = lab.start_task("POST", f"{ON_FILES}/migrate", target="pve2")
    assert lab.get("pve1/qemu/100/status/current")["lock"] == "migrate"
    lab.call("DELETE", f"pve1/tasks/{upid}")
    assert lab.finish(upid)[0] == "received interrupt"
    assert (lab.guest(100).node, lab.guest(100).lock) == ("pve1", None)
    assert lab.volumes("files", "pve2") == set()


def test_a_guest_runs_on_here_when_the_target_of_its_migration_dies(lab):
    _start(lab, ON_FILES)
    upid = lab.start_task("POST", f"{ON_FILES}/migrate", target="pve2", online=1, with_local_disks=1)
    lab.wait(1.2)
    lab.cluster.nodes["pve2"].online = False
    status, log = lab.finish(upid)
    assert status == "migration problems"
    assert "aborting phase 2 - cleanup resources" in lab.messages(log)
    assert (lab.guest(100).node, lab.guest(100).running, lab.guest(100).lock) == ("pve1", True, None)


def test_a_guest_that_cannot_start_over_there_goes_on_here(lab):
    _start(lab, ON_NAS)
    lab.cluster.nodes["pve2"].cpus = 1
    lab.guest(102).config["cores"] = "2"
    status, log = lab.migrate(ON_NAS, online=1)
    assert status == "migration problems"
    assert "[pve2] MAX 1 vcpus allowed per VM on this node" in log
    assert "ERROR: online migrate failure - remote command failed with exit code 255" in log
    assert (lab.guest(102).node, lab.guest(102).running) == ("pve1", True)


def test_hibernation_keeps_the_ram_where_the_disks_are(lab):
    _start(lab, ON_THIN)
    assert lab.task("POST", f"{ON_THIN}/status/suspend", todisk=1)[0] == "OK"
    guest = lab.guest(101)
    assert (guest.lock, guest.running) == ("suspended", False)
    assert guest.config["vmstate"] in lab.volumes("thin")
    assert lab.refused("POST", f"{ON_THIN}/migrate", target="pve2") == "VM is locked (suspended)"
    _start(lab, ON_THIN)
    assert lab.volumes("thin") == {"thin:vm-101-disk-0"}


def test_a_node_that_dies_while_a_guest_leaves_it_leaves_the_lock(lab):
    upid = lab.start_task("POST", f"{ON_FILES}/migrate", target="pve2")
    lab.crash("pve1")
    assert lab.finish(upid)[0] == "unexpected status"
    assert (lab.guest(100).node, lab.guest(100).lock) == ("pve1", "migrate")


def test_snapshots_are_not_touched_while_a_guest_moves(lab):
    lab.task("POST", f"{ON_FILES}/snapshot", snapname="aa")
    lab.driver.world.migration_locks.seize(100)
    assert lab.task("DELETE", f"{ON_FILES}/snapshot/aa")[0] == (
        "Failed to obtain guest migration lock - replication running?"
    )
    timeout = "can't lock file '/var/lock/pve-manager/pve-migrate-100' - got timeout"
    assert lab.task("POST", f"{ON_FILES}/snapshot/aa/rollback")[0] == timeout
    assert lab.migrate(ON_FILES)[0] == timeout
    assert lab.task("DELETE", f"{ON_FILES}/snapshot/aa", force=1)[0] == "OK"


def test_a_migrated_machine_is_postmigrate_until_the_next_broadcast(lab):
    lab.task("POST", "pve1/qemu/102/status/start")
    lag = lab.driver.world.settings.resources_lag

    assert lab.migrate("pve1/qemu/102", online=1)[0] == "OK"

    def find_entry() -> tuple[str, str]:
        found = next(entry for entry in lab.resources() if entry["vmid"] == 102)
        return found["node"], found["status"]

    assert find_entry() == ("pve2", "postmigrate")
    assert lab.get("pve2/qemu/102/status/current")["status"] == "running"
    lab.wait(lag)
    assert find_entry() == ("pve2", "running")
