"""What stands for a guest's own configuration in a plan."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.plan import Plan, Step, digest
from ansible_collections.playvisor.proxmox.plugins.module_utils._run.confirm import (
    compute_fingerprint,
    compute_identity,
)

CONFIG = {"name": "web-01", "memory": "512", "scsi0": "local-lvm:vm-101-disk-0,size=1G", "digest": "abc"}


@pytest.mark.parametrize("change", [{"lock": "backup"}, {"digest": "def"}, {"parent": "nightly"}])
def test_locks_digests_and_parents_do_not_change_a_fingerprint(change):
    assert compute_fingerprint({**CONFIG, **change}) == compute_fingerprint(CONFIG)


@pytest.mark.parametrize("change", [{"name": "web-02"}, {"memory": "1024"}, {"template": 1}, {"description": "other"}])
def test_any_other_change_changes_the_fingerprint(change):
    assert compute_fingerprint({**CONFIG, **change}) != compute_fingerprint(CONFIG)


def test_the_digest_of_a_plan_covers_the_guest_that_it_is_for():
    step = Step("POST", "/nodes/pve1/qemu/101/status/stop", "it runs")

    one, other = (Plan({"vmid": 101}, (step,), fingerprint=compute_fingerprint({"name": name})) for name in ("a", "b"))

    assert digest([one]) != digest([other])


WHOLE = {
    **CONFIG,
    "smbios1": "uuid=5d9a",
    "meta": "creation-qemu=9.2,ctime=1",
    "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0",
    "rootfs": "local-lvm:vm-101-disk-0,size=8G",
}


@pytest.mark.parametrize(
    "change",
    [
        {"memory": "1024"},
        {"description": "other"},
        {"net0": "virtio=BC:24:11:00:00:01,bridge=vmbr1,firewall=1"},
        {"rootfs": "local-lvm:vm-101-disk-0,size=9G"},
    ],
)
def test_what_a_guest_may_change_makes_it_no_other_guest(change):
    assert compute_identity({**WHOLE, **change}) == compute_identity(WHOLE)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "web-02"},
        {"smbios1": "uuid=0001"},
        {"vmgenid": "new"},
        {"meta": "creation-qemu=9.2,ctime=2"},
        {"template": 1},
        {"net0": "virtio=BC:24:11:00:00:02,bridge=vmbr0"},
        {"rootfs": "local-lvm:vm-101-disk-1,size=8G"},
    ],
)
def test_what_no_two_guests_have_makes_it_another_one(change):
    assert compute_identity({**WHOLE, **change}) != compute_identity(WHOLE)
