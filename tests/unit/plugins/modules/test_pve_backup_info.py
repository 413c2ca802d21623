from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest
from ansible_collections.playvisor.proxmox.plugins.modules.pve_backup_info import describe_backup, summarize

NOW = 1_000_000
VM = Guest(101, "web-01", "pve1", "qemu", "running")
CT = Guest(102, "db-01", "pve2", "lxc", "running")


def backup(volid, vmid, age, **more):
    return {"volid": volid, "vmid": vmid, "ctime": NOW - age, "storage": "nas", "node": "pve1", **more}


OLD = backup("nas:backup/vzdump-qemu-101-old.vma", 101, 7200, size=10)
YOUNG = backup("nas:backup/vzdump-qemu-101-young.vma", "101", 60, size=30)
FORMER = backup("nas:backup/vzdump-qemu-102-former.vma", 102, 5)


def test_guests_are_summed_up_by_their_latest_backup():
    web, db = summarize([VM, CT], [OLD, FORMER, YOUNG], [{"vmid": 102}], None, NOW)

    assert (web["count"], web["size"], web["latest"]["volid"], web["latest"]["age"]) == (2, 40, YOUNG["volid"], 60)
    assert [one["volid"] for one in web["backups"]] == [YOUNG["volid"], OLD["volid"]]
    assert (web["scheduled"], db["scheduled"]) == (True, False)
    assert (db["count"], db["latest"], db["recent"]) == (0, None, False)


@pytest.mark.parametrize(("max_age", "recent"), [(None, True), (3600, True), (60, True), (59, False)])
def test_a_backup_is_recent_up_to_the_age_that_is_asked_for(max_age, recent):
    (web,) = summarize([VM], [OLD, YOUNG], None, max_age, NOW)

    assert (web["recent"], web["scheduled"]) == (recent, None)


def test_a_backup_of_a_backup_server_is_described_with_its_verification():
    entry = backup(
        "pbs:backup/vm/101/x", 101, -5, verification={"state": "ok", "upid": "UPID:…"}, encrypted="1", protected=1
    )

    described = describe_backup(entry, NOW)

    assert (described["verification"], described["encrypted"], described["protected"]) == ("ok", True, True)
    assert (described["age"], described["size"]) == (0, None)


def test_a_plain_backup_is_described_too():
    described = describe_backup(OLD, NOW)

    assert (described["verification"], described["encrypted"], described["protected"]) == (None, False, False)
    assert (described["notes"], described["size"], described["node"]) == ("", 10, "pve1")
