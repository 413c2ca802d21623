"""What requests will have made of guests, as Proxmox VE makes it."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.effects import (
    VolumeNames,
    build_changed_config,
    build_cloned_config,
    build_moved_config,
    build_new_config,
    build_resized_config,
    build_template_config,
    list_sizes,
)

TYPES = {"lvm": "lvmthin", "dir": "dir", "zfs": "zfspool", "ceph": "rbd"}
TEMPLATE = {
    "name": "golden",
    "template": 1,
    "digest": "abc",
    "smbios1": "uuid=1",
    "cores": 2,
    "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=5",
    "ide2": "lvm:vm-9000-cloudinit,media=cdrom",
    "ide0": "none,media=cdrom",
    "scsi0": "lvm:base-9000-disk-1,size=8G",
    "efidisk0": "lvm:base-9000-disk-0,size=4M",
    "unused0": "lvm:vm-9000-disk-7",
}


@pytest.mark.parametrize(
    ("kind", "storage", "base", "named"),
    [
        ("qemu", "lvm", None, "lvm:vm-101-disk-0"),
        ("qemu", "dir", None, "dir:101/vm-101-disk-0.raw"),
        ("qemu", "zfs", None, "zfs:vm-101-disk-0"),
        ("lxc", "zfs", None, "zfs:subvol-101-disk-0"),
        ("lxc", "dir", None, "dir:101/vm-101-disk-0.raw"),
        ("qemu", "lvm", "base-9-disk-0", "lvm:vm-101-disk-0"),
        ("qemu", "ceph", "base-9-disk-0", "ceph:base-9-disk-0/vm-101-disk-0"),
        ("qemu", "dir", "9/base-9-disk-0.qcow2", "dir:9/base-9-disk-0.qcow2/101/vm-101-disk-0.qcow2"),
    ],
)
def test_volumes_have_the_names_that_they_will_have(kind, storage, base, named):
    assert VolumeNames(kind, 101, TYPES).make(storage, base=base) == named


def test_volumes_are_numbered_on_each_storage():
    names = VolumeNames("qemu", 101, TYPES)

    assert [names.make(storage) for storage in ("lvm", "zfs", "lvm")] == [
        "lvm:vm-101-disk-0",
        "zfs:vm-101-disk-0",
        "lvm:vm-101-disk-1",
    ]


def test_a_new_guest_has_what_its_request_has():
    params = {"vmid": 101, "name": "a", "pool": "prod", "scsi0": "lvm:8,ssd=1", "ide2": "lvm:cloudinit", "cores": 2}

    assert build_new_config("qemu", params, VolumeNames("qemu", 101, TYPES)) == {
        "name": "a",
        "scsi0": "lvm:vm-101-disk-0,ssd=1,size=8G",
        "ide2": "lvm:vm-101-cloudinit,media=cdrom",
        "cores": 2,
    }


def test_a_clone_has_volumes_of_its_own_and_no_addresses():
    names = VolumeNames("qemu", 101, TYPES)
    cloned = build_cloned_config("qemu", TEMPLATE, {"newid": 101, "full": 1, "name": "a"}, names, default_name="x")

    assert cloned == {
        "name": "a",
        "cores": 2,
        "net0": "virtio,bridge=vmbr0,tag=5",
        "ide2": "lvm:vm-101-cloudinit,media=cdrom",
        "ide0": "none,media=cdrom",
        "efidisk0": "lvm:vm-101-disk-0,size=4M",
        "scsi0": "lvm:vm-101-disk-1,size=8G",
    }


def test_a_full_clone_may_go_to_another_storage():
    names = VolumeNames("qemu", 101, TYPES)
    params = {"full": 1, "storage": "dir", "format": "qcow2", "description": "mine"}
    cloned = build_cloned_config("qemu", TEMPLATE, params, names, default_name="Copy-of-VM-golden")

    assert cloned["scsi0"] == "dir:101/vm-101-disk-1.qcow2,size=8G"
    assert (cloned["name"], cloned["description"]) == ("Copy-of-VM-golden", "mine")


def test_a_container_loses_its_address_too():
    config = {
        "hostname": "a",
        "rootfs": "lvm:vm-1-disk-0,size=4G",
        "net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01",
    }
    cloned = build_cloned_config("lxc", config, {"full": 1}, VolumeNames("lxc", 101, TYPES), default_name="b")

    assert cloned == {"hostname": "b", "rootfs": "lvm:vm-101-disk-0,size=4G", "net0": "name=eth0,bridge=vmbr0"}


def test_changes_take_away_and_add():
    config = {"cores": 2, "description": "old", "tags": "a", "digest": "abc"}
    params = {"delete": "description", "revert": "tags", "cores": 4, "digest": "abc"}

    assert build_changed_config("qemu", config, params, VolumeNames("qemu", 101, TYPES)) == {"cores": 4}


def test_drives_grow_move_and_become_those_of_a_template():
    config = {"scsi0": "lvm:vm-101-disk-0,size=8G,ssd=1", "ide2": "lvm:vm-101-cloudinit,media=cdrom"}

    assert build_resized_config(config, "scsi0", "32G")["scsi0"] == "lvm:vm-101-disk-0,size=32G,ssd=1"
    moved = build_moved_config(config, "scsi0", {"storage": "dir", "format": "qcow2"}, VolumeNames("qemu", 101, TYPES))
    assert moved["scsi0"] == "dir:101/vm-101-disk-0.qcow2,size=8G,ssd=1"
    made = build_template_config("qemu", config)
    assert made == {**config, "template": 1, "scsi0": "lvm:base-101-disk-0,size=8G,ssd=1"}
    assert list_sizes("qemu", made) == {"lvm:base-101-disk-0": 8 * 1024**3}
