"""What stands for a guest's own configuration in a plan."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.plan import Plan, Step, digest
from ansible_collections.playvisor.proxmox.plugins.module_utils._run.confirm import compute_fingerprint

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
