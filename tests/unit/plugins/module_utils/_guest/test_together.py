"""Options of a machine that don't go with the rest of its configuration are refused in the plan."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import INVALID_PARAMETER, PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.config import read_wish
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.plan import check_together

CONFIG = {"memory": "2048", "scsi0": "local:vm-101-disk-0,size=8G", "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0"}


def refuse(kind, config, changes, **options):
    """The fields of the refusal of a wish with these changes; none where it may be."""
    try:
        check_together(read_wish(kind, None, options), config, changes)
    except PveError as error:
        return error.fields if error.code == INVALID_PARAMETER else None
    return {}


@pytest.mark.parametrize(
    ("config", "changes", "is_refused"),
    [
        (CONFIG, {"balloon": 4096}, True),
        (CONFIG, {"balloon": 2048}, False),
        (CONFIG, {"balloon": 0}, False),
        ({**CONFIG, "balloon": 1024}, {"memory": 512}, True),
        ({**CONFIG, "balloon": 1024}, {"memory": 512, "balloon": 256}, False),
        ({**CONFIG, "balloon": 1024}, {"memory": 512, "balloon": None}, False),
        ({**CONFIG, "balloon": 4096}, {"cores": 2}, False),
        ({}, {"balloon": 1024}, True),
    ],
)
def test_the_balloon_is_at_most_the_memory(config, changes, is_refused):
    assert list(refuse("qemu", config, changes)) == (["balloon"] if is_refused else [])


@pytest.mark.parametrize(
    ("boot", "changes", "missing"),
    [
        ("order=scsi0;net0", {"boot": "order=scsi0;net0"}, ""),
        ("order=scsi9", {"boot": "order=scsi9"}, "scsi9"),
        (["scsi0", "net9", "ide2"], {"boot": "order=scsi0;net9;ide2"}, "net9, ide2"),
        ("order=scsi0;scsi1", {"boot": "order=scsi0;scsi1", "scsi1": "local:8"}, ""),
        ("order=scsi0;net0", {"net0": None}, "net0"),
        ("order=scsi0;net7", {}, ""),
        ("cdn", {"boot": "cdn"}, ""),
    ],
)
def test_a_guest_boots_from_devices_that_it_has(boot, changes, missing):
    fields = refuse("qemu", CONFIG, changes, boot=boot)

    assert list(fields) == (["boot"] if missing else [])
    assert (
        not missing
        or f"the guest has no {missing}; it can boot from net0, scsi0" in fields["boot"]
        or "net0" in changes
    )


def test_containers_have_neither():
    assert refuse("lxc", {"memory": 512}, {"memory": 256}) == {}
