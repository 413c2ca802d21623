from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.ancestry import has_same_origin, is_linked
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest

META = "creation-qemu=10.0.13,ctime=1760000000"


def guest(vmid, template=False, **config):
    return Guest(vmid, f"guest-{vmid}", "pve1", "qemu", "stopped", template=template, config=config)


@pytest.mark.parametrize(
    ("disk", "linked"),
    [
        ("local-zfs:base-900-disk-0/vm-101-disk-0,size=4G", True),
        ("local-zfs:base-900-disk-1/base-101-disk-0,size=4G", True),
        ("local:900/base-900-disk-0.qcow2/101/vm-101-disk-0.qcow2,size=4G", True),
        ("local-zfs:basevol-900-disk-0/subvol-101-disk-0,size=4G", True),
        ("local-zfs:base-9001-disk-0/vm-101-disk-0", False),
        ("local-zfs:base-90-disk-0/vm-101-disk-0", False),
        ("local:900/base-900-disk-0.qcow2,size=4G", False),
        ("local-lvm:vm-101-disk-0,size=4G", False),
    ],
)
def test_a_disk_shows_whose_linked_clone_a_guest_is(disk, linked):
    assert is_linked(guest(900, template=True), guest(101, name="web", scsi1=disk)) == linked


@pytest.mark.parametrize(
    ("source", "clone", "same"),
    [
        (guest(900, template=True, meta=META), guest(101, meta=META), True),
        (guest(900, template=True, meta=META), guest(101, meta=META.replace("17", "18")), False),
        (guest(900, template=True, meta=META), guest(101), False),
        (guest(900, template=True), guest(101), False),
        (guest(900, meta=META), guest(101, meta=META), False),
    ],
    ids=["same", "other", "none of the clone", "none at all", "no template"],
)
def test_clones_of_a_template_have_its_origin(source, clone, same):
    assert has_same_origin(source, clone) == same
