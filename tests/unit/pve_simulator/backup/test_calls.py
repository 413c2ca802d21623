"""Backups and restores through the API."""

from __future__ import annotations

import pytest

from pve_simulator.backup.archive import parse_config
from pve_simulator.clusters.seed import cluster_from_data, cluster_to_data
from pve_simulator.state.backup import BackupJobs
from pve_simulator.state.web import Web, WebFile

NODE = "/nodes/pve1"
START = 1795222000
CONTENT = f"{NODE}/storage/local/content"


def backups(api, vmid=None):
    return api.data(CONTENT, content="backup", **({"vmid": vmid} if vmid else {}))


def log_of(api, upid):
    return [line["t"] for line in api.data(f"{NODE}/tasks/{upid}/log", limit=0)]


def run(api, path, **params):
    """Start a task and wait; its exit status and log."""
    status, reason, body = api.post(path, **params)
    assert status == 200, (reason, body)
    return api.run(api.driver.finish(body["data"])), log_of(api, body["data"])


def guest(api, vmid):
    return api.driver.world.cluster.guests[vmid]


def test_a_running_machine_stays_up_and_unlocked_and_leaves_a_backup(api):
    status, log = run(api, f"{NODE}/vzdump", vmid=101, storage="local", compress="zstd", notes_template="{{guestname}}")

    assert status == "OK"
    assert {"INFO: backup mode: snapshot", "INFO: resuming VM again"} <= set(log)
    assert (guest(api, 101).running, guest(api, 101).lock) == (True, None)
    (entry,) = backups(api, 101)
    assert (entry["subtype"], entry["format"], entry["notes"]) == ("qemu", "vma.zst", "web-01")


@pytest.mark.parametrize("mode", ["stop", "suspend"])
def test_a_machine_that_was_stopped_or_halted_for_its_backup_runs_again(api, mode):
    status, log = run(api, f"{NODE}/vzdump", vmid=101, mode=mode)

    assert status == "OK"
    assert (guest(api, 101).running, guest(api, 101).paused) == (True, False)
    assert ("INFO: stopping virtual guest" in log) == (mode == "stop")


def test_one_guest_that_fails_does_not_keep_the_next_from_its_backup(api):
    status, log = run(api, f"{NODE}/vzdump", vmid="105,101")

    assert status == "job errors"
    assert "ERROR: Backup of VM 105 failed - VM is locked (backup)" in log
    assert [entry["vmid"] for entry in backups(api)] == [101]


def test_guests_of_other_nodes_are_no_task_of_this_one(api):
    assert api.post(f"{NODE}/vzdump", vmid=200)[2]["data"] == "OK"
    run(api, f"{NODE}/vzdump", all=1)
    assert {entry["vmid"] for entry in backups(api)} == {101, 102, 103, 106, 107}


def test_a_container_without_snapshots_is_halted_while_it_is_copied(api):
    status, reason, body = api.post("/nodes/pve2/vzdump", vmid=200)
    assert status == 200, reason
    exit_status = api.run(api.driver.finish(body["data"]))
    log = [line["t"] for line in api.data(f"/nodes/pve2/tasks/{body['data']}/log", limit=0)]

    assert exit_status == "OK"
    assert "INFO: mode failure - some volumes do not support snapshots" in log
    assert "INFO: backup mode: suspend" in log
    assert (guest(api, 200).running, guest(api, 200).paused) == (True, False)


def test_a_stopped_task_leaves_no_backup_no_lock_and_the_machine_running(api):
    upid = api.post(f"{NODE}/vzdump", vmid=101, mode="suspend")[2]["data"]
    assert guest(api, 101).lock == "backup"

    assert api.run(api.driver.call("DELETE", f"{NODE}/tasks/{upid}"))[0] == 200

    assert (guest(api, 101).running, guest(api, 101).paused, guest(api, 101).lock) == (True, False, None)
    assert backups(api) == []


def test_older_backups_are_pruned_when_the_new_one_is_there(api):
    for minute in (1, 2):
        run(api, f"{NODE}/vzdump", vmid=101)
        api.run(api.driver.clock.run_until(START + minute * 60))
    protected = backups(api)[0]["volid"]
    assert api.run(api.driver.call("PUT", f"{CONTENT}/{protected}", protected=1))[0] == 200

    log = run(api, f"{NODE}/vzdump", vmid=101, prune_backups="keep-last=1")[1]

    assert "INFO: pruned 1 backup(s) not covered by keep-retention policy" in log
    assert protected in [entry["volid"] for entry in backups(api)]
    assert len(backups(api)) == 2


def test_without_pruning_a_retention_is_a_limit(api):
    run(api, f"{NODE}/vzdump", vmid=101)

    status, log = run(api, f"{NODE}/vzdump", vmid=101, prune_backups="keep-last=1", remove=0)

    assert status == "job errors"
    assert any("There is a max backup limit of 1 enforced" in line for line in log)


def test_a_restored_machine_is_the_same_on_disks_of_its_own(api):
    run(api, f"{NODE}/vzdump", vmid=101)
    archive = backups(api)[0]["volid"]
    before = api.data(f"{NODE}/qemu/101/config")

    status, log = run(api, f"{NODE}/qemu", vmid=301, archive=archive, unique=1, memory=64, name="copy")

    after = api.data(f"{NODE}/qemu/301/config")
    assert status == "OK"
    assert log[-2:] == ["rescan volumes...", "TASK OK"]
    assert (after["name"], after["memory"], after["tags"]) == ("copy", "64", before["tags"])
    assert after["scsi0"].startswith("local:301/vm-301-disk-0")
    assert after["net0"] != before["net0"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"vmid": 102}, "unable to restore VM 102 - VM 102 already exists on node 'pve1'"),
        ({"vmid": 105, "force": 1}, "unable to restore VM 105 - VM is locked (backup)"),
        ({"vmid": 200, "force": 1}, "unable to restore VM 200 - CT 200 already exists on node 'pve2'"),
        (
            {"vmid": 301, "archive": "local:backup/vzdump-qemu-1-2026_01_01-00_00_00.vma"},
            "volume 'local:backup/vzdump-qemu-1-2026_01_01-00_00_00.vma' does not exist",
        ),
    ],
)
def test_restores_that_are_refused_at_once(api, params, message):
    run(api, f"{NODE}/vzdump", vmid=101)
    archive = backups(api)[0]["volid"]

    assert api.post(f"{NODE}/qemu", **{"archive": archive, **params})[:2] == (500, message)


def test_a_running_machine_is_not_overwritten(api):
    run(api, f"{NODE}/vzdump", vmid=101)

    status = run(api, f"{NODE}/qemu", vmid=101, archive=backups(api)[0]["volid"], force=1)[0]

    assert status == "unable to restore VM 101 - vm is running"
    assert (guest(api, 101).running, guest(api, 101).lock) == (True, None)


def test_a_container_comes_back_with_its_mount_points(api):
    api.run(api.driver.finish(api.post("/nodes/pve2/vzdump", vmid=201, compress="zstd")[2]["data"]))
    archive = api.data("/nodes/pve2/storage/local/content", content="backup")[0]["volid"]

    status, reason, body = api.post("/nodes/pve2/lxc", vmid=301, ostemplate=archive, restore=1, storage="local")

    assert status == 200, reason
    assert api.run(api.driver.finish(body["data"])) == "OK"
    config = api.data("/nodes/pve2/lxc/301/config")
    assert config["hostname"] == "ct-02"
    assert config["rootfs"].startswith("local:301/vm-301-disk-0.raw")


def test_the_configuration_can_be_read_out_of_a_backup(api):
    run(api, f"{NODE}/vzdump", vmid=101)

    text = api.data(f"{NODE}/vzdump/extractconfig", volume=backups(api)[0]["volid"])

    assert "name: web-01\n" in text
    assert text.endswith("#qmdump#map:scsi0:drive-scsi0:local:qcow2:\n")


def test_a_protected_backup_cannot_be_deleted(api):
    run(api, f"{NODE}/vzdump", vmid=101, protected=1, storage="local")
    name = backups(api)[0]["volid"]

    upid = api.run(api.driver.call("DELETE", f"{CONTENT}/{name}"))[2]["data"]

    expected = f"cannot remove protected volume '{name.partition(':')[2]}' on 'local'"
    assert api.run(api.driver.finish(upid)) == expected


def test_a_backup_server_keeps_snapshots_under_its_own_names(api):
    assert api.post("/storage", storage="pbs1", type="pbs", server="10.0.0.5", datastore="main")[0] == 200

    assert run(api, f"{NODE}/vzdump", vmid=101, storage="pbs1")[0] == "OK"

    (entry,) = api.data(f"{NODE}/storage/pbs1/content")
    assert (entry["volid"][:22], entry["format"], entry["subtype"]) == ("pbs1:backup/vm/101/202", "pbs-vm", "qemu")
    assert run(api, f"{NODE}/qemu", vmid=301, archive=entry["volid"], storage="local")[0] == "OK"


def test_backups_jobs_and_known_urls_survive_a_dump(api):
    run(api, f"{NODE}/vzdump", vmid=101, storage="local", notes_template="kept")
    api.post("/cluster/backup", id="j1", vmid="101", schedule="daily")
    cluster = api.driver.world.cluster
    cluster.part(Web).files["http://x/a.iso"] = WebFile(10, checksums={"md5": "ab"})

    loaded = cluster_from_data(cluster_to_data(cluster))

    (volume,) = (volume for volume in loaded.storages["local"].volumes_on("pve1").values() if volume.archived)
    assert volume.notes == "kept"
    assert volume.archived is not None
    assert parse_config(volume.archived.config)["name"] == "web-01"
    assert loaded.part(BackupJobs).jobs == cluster.part(BackupJobs).jobs
    assert loaded.part(Web) == cluster.part(Web)


def test_a_stopped_machine_is_prelaunch_in_the_list_while_it_is_backed_up(api):
    del api.driver.world.cluster.guests[105].config["lock"]
    lag = api.driver.world.settings.resources_lag
    api.driver.world.settings.task_seconds = 60

    def status() -> str:
        return next(entry["status"] for entry in api.data("/cluster/resources", type="vm") if entry["vmid"] == 105)

    assert status() == "stopped"
    upid = api.post("/nodes/pve1/vzdump", vmid=105, storage="local")[2]["data"]
    api.run(api.driver.clock.advance(lag))
    assert status() == "prelaunch"

    assert api.run(api.driver.finish(upid)) == "OK"
    api.run(api.driver.clock.advance(lag))
    assert status() == "stopped"


def test_a_machine_that_is_being_restored_has_no_name_in_the_list_yet(api):
    assert api.task("/nodes/pve1/vzdump", vmid=101, storage="local") == "OK"
    archive = next(item["volid"] for item in api.data("/nodes/pve1/storage/local/content", content="backup"))
    lag = api.driver.world.settings.resources_lag
    api.driver.world.settings.task_seconds = 60

    def name() -> str:
        return next(entry["name"] for entry in api.data("/cluster/resources", type="vm") if entry["vmid"] == 700)

    upid = api.post("/nodes/pve1/qemu", vmid=700, archive=archive, name="back", storage="local")[2]["data"]
    api.run(api.driver.clock.advance(lag))
    assert name() == "VM 700"

    assert api.run(api.driver.finish(upid)) == "OK"
    api.run(api.driver.clock.advance(lag))
    assert name() == "back"
