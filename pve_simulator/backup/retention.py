# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which backups are kept (PVE::Storage::prune_mark_backup_group). Pure functions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from pve_simulator.schema import parse_property_string
from pve_simulator.state.storage import Volume
from pve_simulator.storage.content import backup_type, has_standard_name

Keep = Mapping[str, int]
# Older ones are kept for being the last of their hour, day, week, month, year; weeks as ISO 8601 counts them.
_PERIODS = (
    ("keep-hourly", "%H/%d/%m/%Y"),
    ("keep-daily", "%d/%m/%Y"),
    ("keep-weekly", "%V/%G"),
    ("keep-monthly", "%m/%Y"),
    ("keep-yearly", "%Y"),
)


def parse_keep(text: str) -> dict[str, int]:
    """The numbers of a `prune-backups` value."""
    return {key: int(value) for key, value in parse_property_string(text, "prune-backups").items()}


def keeps_all(keep: Keep) -> bool:
    """Whether nothing is ever to be removed."""
    return bool(keep.get("keep-all")) or not any(keep.values())


def mark_backups(backups: Iterable[Volume], keep: Keep) -> dict[str, str]:
    """By volume id: keep, remove, protected, or renamed for those that vzdump did not name."""
    marks: dict[str, str] = {}
    groups: dict[tuple[str, int], list[Volume]] = {}
    for volume in backups:
        if volume.protected:
            marks[volume.volid] = "protected"
        elif not has_standard_name(volume):
            marks[volume.volid] = "renamed"
        else:
            groups.setdefault((backup_type(volume), volume.vmid), []).append(volume)
    for group in groups.values():
        marks |= _mark_group(group, keep)
    return marks


def prune_list(backups: list[Volume], keep: Keep) -> list[dict[str, Any]]:
    """What pruning would do, as the API lists it."""
    marked = mark_backups(backups, keep)
    entries = []
    for volume in backups:
        entry: dict[str, Any] = {
            "volid": volume.volid,
            "ctime": volume.ctime,
            "type": backup_type(volume),
            "mark": marked[volume.volid],
        }
        entries.append({**entry, "vmid": volume.vmid} if volume.vmid else entry)
    return entries


def _mark_group(group: list[Volume], keep: Keep) -> dict[str, str]:
    if keeps_all(keep):
        return {volume.volid: "keep" for volume in group}
    newest = sorted(group, key=lambda volume: volume.ctime, reverse=True)
    marked: dict[str, str] = {}
    _mark_newest(newest, marked, keep.get("keep-last", 0), lambda volume: volume.volid)
    for option, period in _PERIODS:
        _mark_newest(newest, marked, keep.get(option, 0), partial(_moment, period))
    return {volume.volid: marked.get(volume.volid, "remove") for volume in group}


def _mark_newest(newest: list[Volume], marked: dict[str, str], count: int, name: Callable[[Volume], str]) -> None:
    if not count:
        return
    before = {name(volume) for volume in newest if marked.get(volume.volid) == "keep"}
    periods: set[str] = set()
    for volume in newest:
        period = name(volume)
        if volume.volid in marked or period in before:
            continue
        if period in periods:
            marked[volume.volid] = "remove"
            continue
        if len(periods) >= count:
            break
        periods.add(period)
        marked[volume.volid] = "keep"


def _moment(period: str, volume: Volume) -> str:
    return time.strftime(period, time.gmtime(volume.ctime))
