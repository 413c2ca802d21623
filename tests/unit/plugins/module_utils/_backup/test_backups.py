from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._backup import backups
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest

VM = Guest(101, "web-01", "pve1", "qemu", "running")
OLD = {"volid": "nas:backup/vzdump-qemu-101-2026_11_20-00_00_00.vma.zst", "vmid": 101, "ctime": 1}
YOUNG = {"volid": "pbs:backup/vm/101/2026-11-21T00:00:00Z", "vmid": "101", "ctime": 2, "subtype": "qemu"}
OTHERS = {"volid": "nas:backup/vzdump-qemu-102-2026_11_20-00_00_00.vma.zst", "vmid": 102, "ctime": 3}
FORMER = {"volid": "nas:backup/vzdump-lxc-101-2026_11_20-00_00_00.tar.zst", "vmid": 101, "ctime": 4}


def test_a_guests_backups_come_latest_first_without_those_of_former_guests():
    found = backups.select_backups([OLD, OTHERS, YOUNG, FORMER], VM)

    assert [entry["volid"] for entry in found] == [YOUNG["volid"], OLD["volid"]]


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (YOUNG, "qemu"),
        (OLD, "qemu"),
        (FORMER, "lxc"),
        ({"volid": "pbs:backup/ct/101/2026-11-21T00:00:00Z"}, "lxc"),
        ({"volid": "nas:backup/vzdump-qemu-101-x.vma", "subtype": "unknown"}, "qemu"),
        ({"volid": "nas:backup/my-own.tar"}, None),
    ],
)
def test_the_type_that_a_backup_holds_is_told_by_its_entry_or_its_name(entry, kind):
    assert backups.read_guest_type(entry) == kind


def test_retention_is_worded_as_the_api_words_it():
    retention = {**dict.fromkeys(backups.KEEP), "weekly": 4, "last": 3}

    assert backups.render_retention(retention) == "keep-last=3,keep-weekly=4"


@pytest.mark.parametrize(
    ("notes", "template"),
    [("plain", "plain"), ("two\nlines", "two\\nlines"), ("C:\\new", "C:\\\\new"), ("\\\nx", "\\\\\\nx")],
)
def test_notes_become_one_line_and_come_back(notes, template):
    assert backups.render_notes(notes) == template
    assert backups.parse_notes(template) == notes


def test_the_line_break_that_a_yaml_block_ends_with_is_no_part_of_the_notes():
    assert backups.render_notes("kept\n") == "kept"
