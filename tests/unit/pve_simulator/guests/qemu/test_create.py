"""Making and destroying machines, and what happens to their disks in between."""

from __future__ import annotations

import pytest

from pve_simulator.state.replication import Replication, ReplicationJob

ISO = "local:iso/debian-13.1.0-amd64-netinst.iso"


def test_a_new_machine_has_what_every_machine_has(machines):
    machines.create(name="web", net0="virtio,bridge=vmbr0", ide2=f"{ISO},media=cdrom")

    config = machines.config(300)
    assert config["boot"] == "order=scsi0;ide2;net0"
    assert config["scsi0"] == "local-lvm:vm-300-disk-0,size=1G"
    assert config["meta"].startswith("creation-qemu=")
    assert config["smbios1"].startswith("uuid=")
    assert {"cores", "memory", "agent", "lock"}.isdisjoint(config)


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"vmid": 101}, "unable to create VM 101 - VM 101 already exists on node 'pve1'"),
        ({"vmid": 200}, "unable to create VM 200 - CT 200 already exists on node 'pve2'"),
        ({"vmid": 300, "pool": "nosuch"}, "Permission check failed (pool 'nosuch' does not exist)"),
        ({"vmid": 300, "scsi0": "nosuch:1"}, "storage 'nosuch' does not exist"),
        ({"vmid": 300, "scsi0": "local-lvm:abc"}, "unable to parse lvm volume name 'abc'"),
        ({"vmid": 300, "args": "-s"}, "only root can set 'args' config"),
        ({"vmid": 300, "serial0": "/dev/ttyS0"}, "only root can set 'serial0' config for real devices"),
        (
            {"vmid": 300, "scsi0": "/dev/sdz"},
            "Only root can pass arbitrary filesystem paths. at /usr/share/perl5/PVE/Storage.pm line 651.",
        ),
        (
            {"vmid": 300, "archive": "local:backup/vzdump-qemu-1-x.vma.zst", "scsi0": "local-lvm:1"},
            {"scsi0": "option conflicts with option 'archive'"},
        ),
    ],
)
def test_what_is_wrong_with_a_new_machine_is_said_at_once(machines, params, reason):
    assert machines.refused("POST", **params) == reason
    assert 300 not in machines.world.cluster.guests


def test_what_goes_wrong_while_making_a_machine_is_undone(machines):
    status, lines = machines.task("POST", vmid=300, scsi0="local-lvm:1", scsi1="local-lvm:vm-300-disk-9")

    assert status == "unable to create VM 300 - volume 'local-lvm:vm-300-disk-9' does not exist"
    assert "scsi0: successfully created disk 'local-lvm:vm-300-disk-0,size=1G'" in lines
    assert "local-lvm:vm-300-disk-0" not in machines.volumes()
    assert 300 not in machines.world.cluster.guests


def test_while_it_is_made_a_machine_is_there_and_locked(machines):
    machines.call("POST", vmid=300, scsi0="local-lvm:1")

    assert machines.config(300) == {"lock": "create"}
    assert machines.refused("POST", vmid=300) == "unable to create VM 300 - VM 300 already exists on node 'pve1'"


def test_a_machine_can_be_started_pooled_and_watched_over_from_the_beginning(machines):
    status, lines = machines.task("POST", vmid=300, start=1, pool="front", ha_managed=1)

    assert (status, lines) == ("OK", ["Add as HA resource", "Execute autostart", "TASK OK"])
    machines.api.run(machines.api.driver.clock.advance(5))
    assert machines.world.cluster.guests[300].running
    assert machines.world.cluster.pool_of(300) == "front"


@pytest.mark.parametrize(
    ("drive", "volid", "size"),
    [
        ({"efidisk0": "shared:1,efitype=4m"}, "shared:300/vm-300-disk-0.raw", "528K"),
        ({"tpmstate0": "shared:1,version=v2.0"}, "shared:300/vm-300-disk-0.raw", "4M"),
        ({"ide2": "shared:cloudinit"}, "shared:300/vm-300-cloudinit.qcow2", None),
        ({"scsi0": "shared:0.5"}, "shared:300/vm-300-disk-0.raw", "512M"),
        ({"scsi0": "shared:0"}, "shared:300/vm-300-disk-0.raw", "0T"),
    ],
)
def test_special_disks_have_their_own_names_and_sizes(machines, drive, volid, size):
    assert machines.task("POST", vmid=300, **drive)[0] == "OK"

    text = machines.config(300)[next(iter(drive))]
    assert text.startswith(f"{volid},")
    assert (f"size={size}" in text) is (size is not None)


def test_a_disk_can_be_imported_from_another(machines):
    machines.create(400)

    lines = machines.task("POST", vmid=300, scsi0="shared:0,import-from=local-lvm:vm-400-disk-0,format=qcow2")[1]

    assert lines[0] == "create full clone of drive (local-lvm:vm-400-disk-0)"
    assert machines.config(300)["scsi0"] == "shared:300/vm-300-disk-0.qcow2,size=1G"


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"cores": "64"}, "MAX 16 vcpus allowed per VM on this node"),
        ({"net0": "virtio=BC:24:11:00:00:01,bridge=nosuch0"}, "bridge 'nosuch0' does not exist"),
        ({"kvm": "1"}, "KVM virtualisation configured, but not available. Either disable in VM configuration or"),
    ],
)
def test_a_machine_does_not_start_without_what_it_needs(machines, config, reason):
    machines.create()
    machines.world.cluster.guests[300].config |= config
    machines.world.cluster.nodes["pve1"].kvm = "kvm" not in config

    status = machines.task("POST", "/300/status/start")[0]

    assert status.startswith(reason)
    assert not machines.world.cluster.guests[300].running


def test_a_destroyed_machine_takes_its_volumes_and_rights_along(machines):
    machines.create(scsi1="shared:1", ide2="local-lvm:cloudinit", pool="front")
    machines.put(300, delete="scsi1")

    assert machines.task("DELETE", "/300", purge=1)[1][-2:] == [
        "purging VM 300 from related configurations..",
        "TASK OK",
    ]
    assert not [volid for storage in ("local-lvm", "shared") for volid in machines.volumes(storage) if "-300-" in volid]
    assert machines.world.cluster.pool_of(300) is None


def test_volumes_that_nothing_names_go_only_on_request(machines):
    machines.create()
    machines.world.cluster.guests[300].config.pop("scsi0")
    machines.task("DELETE", "/300")
    assert "local-lvm:vm-300-disk-0" in machines.volumes()

    machines.create(scsi0="local-lvm:1")
    machines.task("DELETE", "/300", destroy_unreferenced_disks=1)
    assert not [volid for volid in machines.volumes() if "-300-" in volid]


def test_a_machine_that_is_needed_is_not_destroyed(machines):
    machines.create()
    machines.start(300)
    assert machines.refused("DELETE", "/300") == "VM 300 is running - destroy failed"
    machines.world.cluster.part(Replication).jobs["300-0"] = ReplicationJob()
    reason = "There is a replication job '300-0' for guest '300' - Please remove that first."
    assert machines.refused("DELETE", "/300") == reason
    machines.put(300, protection=1)
    assert machines.refused("DELETE", "/300") == "can't remove VM 300 - protection mode enabled"


def test_a_disk_grows_but_never_shrinks(machines):
    machines.create(scsi0="shared:1")

    assert machines.task("PUT", "/300/resize", disk="scsi0", size="+1G") == ("OK", ["Image resized.", "TASK OK"])
    assert machines.config(300)["scsi0"] == "shared:300/vm-300-disk-0.raw,size=2G"
    assert machines.task("PUT", "/300/resize", disk="scsi0", size="1G")[0] == "shrinking disks is not supported"
    assert machines.task("PUT", "/300/resize", disk="scsi1", size="1G")[0] == "disk 'scsi1' does not exist"


@pytest.mark.parametrize("delete", [0, 1])
def test_a_moved_disk_leaves_its_source_unless_it_is_to_be_deleted(machines, delete):
    machines.create()

    assert machines.task("POST", "/300/move_disk", disk="scsi0", storage="shared", delete=delete)[0] == "OK"

    assert machines.config(300)["scsi0"] == "shared:300/vm-300-disk-0.raw,size=1G"
    assert ("unused0" in machines.config(300)) is not bool(delete)
    assert ("local-lvm:vm-300-disk-0" in machines.volumes()) is not bool(delete)


def test_a_running_machine_keeps_its_tpm_where_it_is(machines):
    machines.create(tpmstate0="local-lvm:1,version=v2.0")
    machines.start(300)

    status, _log = machines.task("POST", "/300/move_disk", disk="tpmstate0", storage="shared")

    assert status == "storage migration failed: cannot move TPM state while VM is running"
    assert machines.config(300)["tpmstate0"].startswith("local-lvm:")


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"disk": "scsi0", "storage": "local-lvm"}, "you can't move to the same storage with same format"),
        ({"disk": "scsi5", "storage": "shared"}, "disk 'scsi5' does not exist"),
        ({"disk": "ide2", "storage": "shared"}, "you can't move a cdrom"),
        ({"disk": "scsi0", "storage": "nosuch"}, "storage 'nosuch' does not exist"),
        ({"disk": "scsi0", "storage": "local"}, {"storage": "storage 'local' does not support vm images"}),
        (
            {"disk": "scsi0", "storage": "local-lvm", "format": "raw"},
            "you can't move to the same storage with same format",
        ),
        ({"disk": "scsi0", "target_vmid": 999}, "could not find target VM 999"),
        ({"disk": "scsi0", "target_vmid": 300}, {"target-vmid": "must be different than source VMID to reassign disk"}),
        ({"disk": "scsi5", "target_vmid": 400}, "Disk 'scsi5' for VM '300' does not exist"),
        ({"disk": "scsi0", "target_vmid": 400}, "Target disk key 'scsi0' is already in use for VM '400'"),
    ],
)
def test_a_disk_that_cannot_move_stays(machines, params, reason):
    machines.create(ide2="none,media=cdrom")
    machines.create(400)

    assert machines.refused("POST", "/300/move_disk", **params) == reason


def test_a_templates_cloud_init_drive_is_no_base_where_it_is_moved(machines):
    machines.create(ide2="local-lvm:cloudinit")
    machines.task("POST", "/300/template")

    assert machines.task("POST", "/300/move_disk", disk="ide2", storage="shared")[0] == "OK"
    assert machines.task("POST", "/300/move_disk", disk="scsi0", storage="shared")[0] == "OK"

    assert machines.config(300)["ide2"].startswith("shared:300/vm-300-cloudinit.")
    assert machines.config(300)["scsi0"].startswith("shared:300/base-300-disk-")


def test_an_unused_volume_can_be_moved_too(machines):
    machines.create()
    machines.put(300, delete="scsi0")

    machines.task("POST", "/300/move_disk", disk="unused0", storage="shared", delete=1)

    assert machines.config(300)["unused0"] == "shared:300/vm-300-disk-0.raw"


def test_pending_options_bring_the_old_volume_back_at_the_next_stop(machines):
    machines.create()
    machines.start(300)
    machines.put(300, scsi0="local-lvm:vm-300-disk-0,iothread=1,size=1G")

    assert machines.task("PUT", "/300/resize", disk="scsi0", size="2G")[0] == "OK"
    assert machines.task("POST", "/300/move_disk", disk="scsi0", storage="shared", delete=1)[0] == "OK"

    moved = "shared:300/vm-300-disk-0.raw"
    assert machines.get("/300/config", current=1)["scsi0"] == f"{moved},size=2G"
    assert machines.get("/300/config")["scsi0"] == "local-lvm:vm-300-disk-0,iothread=1,size=1G"
    machines.stop(300)
    assert machines.config(300)["scsi0"] == "local-lvm:vm-300-disk-0,iothread=1,size=1G"
    assert machines.config(300)["unused0"] == moved
    assert machines.task("POST", "/300/status/start")[0] == "volume 'local-lvm:vm-300-disk-0' does not exist"


def test_a_restart_ends_with_the_stop_when_a_volume_is_gone(machines):
    machines.create()
    machines.start(300)
    machines.put(300, scsi0="local-lvm:vm-300-disk-0,iothread=1,size=1G")
    machines.task("POST", "/300/move_disk", disk="scsi0", storage="shared", delete=1)

    assert machines.task("POST", "/300/status/reboot")[0] == "volume 'local-lvm:vm-300-disk-0' does not exist"
    assert machines.get("/300/status/current")["status"] == "stopped"


def test_a_pending_size_replaces_the_true_one_after_a_restart(machines):
    machines.create()
    machines.start(300)
    machines.put(300, scsi0="local-lvm:vm-300-disk-0,iothread=1,size=1G")
    machines.task("PUT", "/300/resize", disk="scsi0", size="2G")

    machines.stop(300)
    machines.start(300)

    assert machines.config(300)["scsi0"] == "local-lvm:vm-300-disk-0,iothread=1,size=1G"
    # To the size that it has, growing changes nothing.
    assert machines.task("PUT", "/300/resize", disk="scsi0", size="2G")[0] == "OK"
    assert machines.config(300)["scsi0"] == "local-lvm:vm-300-disk-0,iothread=1,size=1G"
    machines.put(300, scsi0="local-lvm:vm-300-disk-0,iothread=1,size=2G")
    assert machines.get("/300/config", current=1)["scsi0"] == "local-lvm:vm-300-disk-0,iothread=1,size=2G"


def test_a_drive_whose_options_wait_leaves_nothing_behind_when_it_is_deleted(machines):
    machines.create(scsi1="local-lvm:1")
    machines.start(300)
    machines.put(300, scsi1="local-lvm:vm-300-disk-1,iothread=1,size=1G")

    machines.put(300, delete="scsi1", force=1)

    assert [key for key in machines.config(300) if key.startswith(("scsi1", "unused"))] == []


def test_a_disk_given_to_another_machine_is_renamed(machines):
    machines.create()
    machines.create(400)

    lines = machines.task("POST", "/300/move_disk", disk="scsi0", target_vmid=400, target_disk="virtio3")[1]

    assert lines == [
        "reassign disk 'scsi0' from VM '300' as 'virtio3' to VM '400'",
        "removing disk 'scsi0' from boot order config",
        "removing disk 'scsi0' from VM '300' config",
        "update VM 400: -virtio3 local-lvm:vm-400-disk-1,size=1G",
        "TASK OK",
    ]
    assert machines.config(400)["virtio3"] == "local-lvm:vm-400-disk-1,size=1G"
    assert machines.config(300)["boot"] == " "


@pytest.mark.parametrize(
    ("command", "answer"),
    [("info status", "VM status: running\r\n"), ("system_reset", ""), ("info block", "")],
)
def test_the_monitor_answers_for_a_running_machine(machines, command, answer):
    machines.create()
    assert machines.call("POST", "/300/monitor", command=command)[2]["data"] == "ERROR: VM 300 not running\n"
    machines.start(300)
    assert machines.call("POST", "/300/monitor", command=command)[2]["data"] == answer


def test_the_monitor_knows_its_commands(machines):
    machines.create()

    reason = "command 'frobnicate' non-existent or not assigned a required permission yet, limiting to root user"
    assert machines.refused("POST", "/300/monitor", command="frobnicate now") == reason


def test_a_console_has_a_ticket_that_begins_with_its_password(machines):
    machines.create()
    answer = machines.call("POST", "/300/vncproxy")[2]["data"]

    assert answer["ticket"].startswith(f"{answer['password']}:PVEVNC:")
    found = machines.get("/300/vncwebsocket", port=answer["port"], vncticket=answer["ticket"])
    assert found == {"port": answer["port"]}
    reason = "permission denied - invalid PVEVNC ticket"
    assert machines.refused("GET", "/300/vncwebsocket", port=5900, vncticket="x") == reason
