"""Changing machines: what applies at once, what waits, what is refused."""

from __future__ import annotations

import pytest

ISO = "local:iso/debian-13.1.0-amd64-netinst.iso"


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({}, "no options specified"),
        ({"digest": "0" * 40}, "no options specified"),
        ({"cores": 2, "digest": "0" * 40}, "checksum mismatch (file change by other user?)"),
        ({"delete": "nosuch"}, {"delete": "unknown option 'nosuch'"}),
        ({"revert": "nosuch"}, {"revert": "unknown option 'nosuch'"}),
        ({"delete": "cores", "cores": 2}, {"delete": "you can't use '-cores' and -delete cores' at the same time"}),
        ({"revert": "cores", "cores": 2}, {"delete": "you can't use '-cores' and -revert cores' at the same time"}),
        (
            {"delete": "cores", "revert": "cores"},
            {"revert": "you can't use '-delete cores' and '-revert cores' at the same time"},
        ),
        ({"balloon": 4096}, "balloon value too large (must be smaller than assigned memory)"),
        ({"boot": "order=scsi5"}, "invalid bootorder: device 'scsi5' does not exist'"),
        ({"args": "-s"}, "only root can set 'args' config"),
        ({"affinity": "0"}, "only root can set 'affinity' config"),
        ({"delete": "lock"}, "only root can set 'lock' config"),
        ({"serial0": "/dev/ttyS0"}, "only root can modify 'serial0' config for real devices"),
        ({"usb0": "host=1234:5678"}, "only root can set 'usb0' config for real devices"),
        ({"hostpci0": "0000:01:00.0"}, "only root can set 'hostpci0' config for non-mapped devices"),
        ({"skiplock": 1, "cores": 2}, {"skiplock": "Only root may use this option."}),
        ({"scsi1": "nosuch:8"}, "storage 'nosuch' does not exist"),
        ({"scsi1": "local:8"}, {"storage": "storage 'local' does not support vm images"}),
        ({"scsi1": "local-lvm:odd"}, "unable to parse lvm volume name 'odd'"),
        ({"scsi1": "local-lvm:vm-300-disk-7"}, "volume 'local-lvm:vm-300-disk-7' does not exist"),
        ({"ide2": ISO}, {"ide2": "explicit 'media=cdrom' is required for iso images"}),
        ({"sshkeys": "garbage%20key"}, "SSH public key validation error"),
    ],
)
def test_a_change_that_is_refused_leaves_the_machine_as_it_is(machines, params, reason):
    machines.create()
    before = machines.config(300)

    assert machines.refused("PUT", "/300/config", **params) == reason
    assert machines.config(300) == before
    assert machines.pending(300) == {}


def test_a_stopped_machine_takes_everything_at_once(machines):
    machines.create(cores=1)

    machines.put(300, cores=4, memory=2048, net0="virtio,bridge=vmbr0", ide2=f"{ISO},media=cdrom", tags="b;A")

    config = machines.config(300)
    assert (config["cores"], config["memory"], config["tags"]) == (4, "2048", "a;b")
    assert config["net0"].startswith("virtio=BC:24:11:")
    assert config["ide2"] == f"{ISO},media=cdrom,size=783M"
    assert config["boot"] == "order=scsi0;ide2"


@pytest.mark.parametrize(
    ("params", "waits"),
    [
        ({"name": "other", "description": "x", "tags": "a", "onboot": 1, "protection": 1}, set()),
        ({"cores": 2, "memory": 1024, "cpu": "host"}, {"cores", "memory", "cpu"}),
        ({"cpuunits": 50, "cpulimit": 1.5, "balloon": 256}, set()),
        ({"balloon": 0}, {"balloon"}),
        ({"agent": "1"}, {"agent"}),
        ({"net1": "virtio,bridge=vmbr0"}, set()),
        ({"scsi1": "local-lvm:1"}, set()),
        ({"virtio1": "local-lvm:1"}, set()),
        ({"sata1": "local-lvm:1"}, {"sata1"}),
        ({"ide2": "none,media=cdrom"}, {"ide2", "boot"}),
        ({"efidisk0": "local-lvm:1,efitype=4m"}, {"efidisk0"}),
        ({"ciuser": "me", "ipconfig0": "ip=dhcp"}, set()),
        ({"delete": "numa"}, {"numa"}),
        ({"usb0": "spice"}, set()),
        ({"hotplug": "disk"}, set()),
        ({"hotplug": "disk,memory"}, {"hotplug"}),
    ],
)
def test_a_running_machine_takes_what_can_be_plugged_in(machines, params, waits):
    machines.create(numa=1, ostype="l26")
    machines.start(300)

    machines.put(300, **params)

    assert set(machines.pending(300)) == waits


@pytest.mark.parametrize(
    ("before", "after", "waits"),
    [
        ("1", "1,fstrim_cloned_disks=1", False),
        ("1", "1,type=isa", True),
        ("0", "0,fstrim_cloned_disks=1", True),
        ("0,type=isa", "0,type=virtio", False),
    ],
)
def test_a_running_machine_takes_what_changes_no_device_of_its_agent(machines, before, after, waits):
    machines.create(agent=before)
    machines.start(300)

    machines.put(300, agent=after)

    assert set(machines.pending(300)) == ({"agent"} if waits else set())


@pytest.mark.parametrize(
    ("hotplug", "waits"),
    [("0", {"net1", "scsi1", "vcpus"}), ("network,cpu", {"scsi1"}), ("disk", {"net1", "vcpus"})],
)
def test_hotplug_says_what_may_be_plugged(machines, hotplug, waits):
    machines.create(hotplug=hotplug, cores=2, vcpus=1)
    machines.start(300)

    machines.put(300, net1="virtio,bridge=vmbr0", scsi1="local-lvm:1", vcpus=2)

    assert set(machines.pending(300)) == waits


def test_a_plain_reading_shows_what_waits_and_the_current_one_what_runs(machines):
    machines.create(cores=1)
    machines.start(300)

    machines.put(300, cores=4, delete="scsihw")

    assert machines.config(300)["cores"] == 4
    assert "scsihw" not in machines.config(300)
    assert machines.config(300, current=1)["cores"] == 1
    machines.put(300, revert="cores,scsihw")
    assert machines.pending(300) == {}
    machines.put(300, cores=2)
    machines.stop(300)
    assert machines.config(300, current=1)["cores"] == 2


def test_a_detached_disk_is_kept_as_unused_and_removed_from_the_boot_order(machines):
    machines.create(net0="virtio,bridge=vmbr0")

    machines.put(300, delete="scsi0")
    config = machines.config(300)
    assert (config["unused0"], config["boot"]) == ("local-lvm:vm-300-disk-0", "order=net0")

    machines.put(300, scsi3="local-lvm:vm-300-disk-0")
    assert machines.config(300)["scsi3"] == "local-lvm:vm-300-disk-0,size=1G"
    assert "unused0" not in machines.config(300)

    machines.put(300, delete="scsi3")
    machines.call("PUT", "/300/unlink", idlist="unused0")
    assert machines.volumes().isdisjoint({"local-lvm:vm-300-disk-0"})


def test_deleting_by_force_removes_the_volume(machines):
    machines.create(scsi1="local-lvm:1")

    machines.put(300, delete="scsi1", force=1)

    assert "local-lvm:vm-300-disk-1" not in machines.volumes()
    assert "unused0" not in machines.config(300)


def test_a_disk_that_the_guest_holds_on_to_goes_when_it_stops(machines):
    machines.create(scsi1="local-lvm:1")
    machines.start(300, system=False)

    problem = "hotplug problem - error on hot-unplugging device 'virtioscsi1' - still busy in guest?\n"
    assert machines.refused("PUT", "/300/config", delete="scsi1") == {"scsi1": problem}
    assert set(machines.pending(300)) == {"scsi1"}
    machines.stop(300)
    assert machines.config(300)["unused0"] == "local-lvm:vm-300-disk-1"


def test_a_disk_to_boot_from_is_not_unplugged(machines):
    machines.create()
    machines.start(300)

    problem = "hotplug problem - can't unplug bootdisk 'scsi0'\n"
    assert machines.refused("PUT", "/300/config", delete="scsi0") == {"scsi0": problem}


def test_a_machine_that_becomes_a_windows_keeps_its_version(machines):
    machines.create()

    machines.put(300, ostype="win11")

    assert machines.config(300)["machine"] == "pc-i440fx-10.0+pve1"


def test_a_change_in_a_task_waits_for_the_lock_there(machines):
    machines.create()
    machines.world.locks.seize(300)

    status, lines = machines.task("POST", "/300/config", cores=2)

    assert status == "can't lock file '/var/lock/qemu-server/lock-300.conf' - got timeout"
    assert lines[0] == "trying to acquire lock..."


def test_a_disk_in_a_snapshot_cannot_be_removed(machines):
    machines.create()
    machines.task("POST", "/300/snapshot", snapname="before")
    machines.put(300, delete="scsi0")

    reason = "unable to delete 'local-lvm:vm-300-disk-0' - volume is still in use (snapshot?)"
    assert machines.refused("PUT", "/300/config", delete="unused0") == reason


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("scsi0", "can't remove drive 'scsi0' - protection mode enabled"),
        ("unused0", "can't remove unused disk 'local-lvm:vm-300-disk-1' - protection mode enabled"),
    ],
)
def test_protection_keeps_disks(machines, key, reason):
    machines.create(scsi1="local-lvm:1")
    machines.put(300, delete="scsi1")
    machines.put(300, protection=1)

    assert machines.refused("PUT", "/300/config", delete=key) == reason


def test_a_locked_machine_is_not_changed(machines):
    machines.create()
    machines.world.cluster.guests[300].config["lock"] = "backup"

    assert machines.refused("PUT", "/300/config", cores=2) == "VM is locked (backup)"
    assert machines.refused("POST", "/300/config", cores=2) == "VM is locked (backup)"


def test_a_change_in_a_task_says_what_it_does(machines):
    machines.create()

    assert machines.task("POST", "/300/config", scsi1="local-lvm:2", cipassword="secret") == (
        "OK",
        [
            "update VM 300: -cipassword <hidden> -scsi1 local-lvm:2",
            '  Logical volume "vm-300-disk-1" created.',
            "scsi1: successfully created disk 'local-lvm:vm-300-disk-1,size=2G'",
            "TASK OK",
        ],
    )


def test_a_change_with_a_delay_answers_null_or_the_error(machines):
    machines.create()

    assert machines.call("POST", "/300/config", cores=2, background__delay=5)[::2] == (200, {"data": None})
    reason = "failed to update VM 300: volume 'local-lvm:vm-300-disk-9' does not exist"
    assert machines.refused("POST", "/300/config", scsi1="local-lvm:vm-300-disk-9", background__delay=5) == reason


def test_a_failed_hotplug_ends_the_task_on_one_line(machines):
    machines.create(net1="virtio,bridge=vmbr0")
    machines.start(300, system=False)

    status = machines.task("POST", "/300/config", delete="net1")[0]

    assert status == (
        "400 Parameter verification failed. net1: hotplug problem -"
        " error on hot-unplugging device 'net1' - still busy in guest?"
    )
