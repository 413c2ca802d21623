"""Which backups a retention keeps."""

from __future__ import annotations

import time
from calendar import timegm

import pytest

from pve_simulator.backup.retention import mark_backups, parse_keep, prune_list
from pve_simulator.state.storage import Volume


def backup(moment: str, *, vmid: int = 100, kind: str = "qemu", protected: bool = False) -> Volume:
    parsed = time.strptime(moment, "%Y-%m-%d %H:%M")
    stamp = time.strftime("%Y_%m_%d-%H_%M_%S", parsed)
    suffix = "vma.zst" if kind == "qemu" else "tar.zst"
    volid = f"local:backup/vzdump-{kind}-{vmid}-{stamp}.{suffix}"
    return Volume(volid, "backup", suffix, 1, vmid=vmid, ctime=timegm(parsed), protected=protected)


WEEK = [f"2026-11-{day:02} {hour}:00" for day in range(16, 23) for hour in ("03", "15")]


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        ("keep-all=1", WEEK),
        ("keep-last=0", WEEK),
        ("keep-last=1", ["2026-11-22 15:00"]),
        ("keep-last=2", ["2026-11-22 03:00", "2026-11-22 15:00"]),
        ("keep-daily=3", ["2026-11-20 15:00", "2026-11-21 15:00", "2026-11-22 15:00"]),
        ("keep-weekly=2", ["2026-11-22 15:00"]),
        ("keep-monthly=5", ["2026-11-22 15:00"]),
        ("keep-last=1,keep-daily=1", ["2026-11-21 15:00", "2026-11-22 15:00"]),
        ("keep-hourly=2,keep-yearly=1", ["2026-11-22 03:00", "2026-11-22 15:00"]),
    ],
)
def test_a_retention_keeps_the_newest_of_each_period(keep, kept):
    backups = [backup(moment) for moment in WEEK]

    marked = mark_backups(backups, parse_keep(keep))

    assert [moment for moment, volume in zip(WEEK, backups, strict=True) if marked[volume.volid] == "keep"] == kept


def test_guests_are_judged_apart():
    backups = [backup("2026-11-20 01:00", vmid=100), backup("2026-11-20 02:00", vmid=101)]

    assert set(mark_backups(backups, {"keep-last": 1}).values()) == {"keep"}


def test_protected_and_renamed_backups_do_not_count_and_stay():
    protected = backup("2026-11-22 04:00", protected=True)
    renamed = Volume("local:backup/vzdump-qemu-100-mine.vma", "backup", "vma", 1, vmid=100, ctime=protected.ctime)
    old, new = backup("2026-11-20 01:00"), backup("2026-11-21 01:00")

    marked = mark_backups([protected, renamed, old, new], {"keep-last": 1})

    assert [marked[volume.volid] for volume in (protected, renamed, old, new)] == [
        "protected",
        "renamed",
        "remove",
        "keep",
    ]


def test_the_preview_lists_type_guest_and_time():
    volume = backup("2026-11-21 01:00", vmid=200, kind="lxc")

    assert prune_list([volume], {"keep-last": 1}) == [
        {"volid": volume.volid, "ctime": volume.ctime, "type": "lxc", "mark": "keep", "vmid": 200}
    ]
