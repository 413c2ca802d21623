# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Undoes what was done to guests as a whole: their power state, a snapshot, the node that they run on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Guest = Mapping[str, Any]

_WHEN = ("before", "after")
_PAUSING = {"paused": "suspend_guest", "hibernated": "hibernate_guest"}


def restore_power(_arguments: Mapping[str, Any], guest: Guest) -> Iterator[tuple[str, dict[str, Any]] | str]:
    """Restore the power state."""
    before, after = _get_before_and_after(guest, "state")
    if before == after:
        yield f"it was {before} before and is {before} again; what was lost by the reboot is lost."
    elif before == "running":
        yield "start_guest", {}
    elif before == "stopped":
        yield "stop_guest", {}
    elif after == "running" and before in _PAUSING:
        yield _PAUSING[before], {}
    else:
        yield f"it was {before} before, and what was in its memory is lost."


def remove_snapshot(arguments: Mapping[str, Any], guest: Guest) -> Iterator[tuple[str, dict[str, Any]] | str]:
    """Delete the snapshot that was made."""
    name = arguments.get("snapname")
    existed = [name in {one.get("name") for one in guest.get(when, {}).get("snapshots") or ()} for when in _WHEN]
    if existed == [False, True]:
        yield "delete_snapshot", {"snapname": name}
    else:
        yield f"snapshot {name} was there before; what was changed of it can't be taken back."


def move_back(arguments: Mapping[str, Any], guest: Guest) -> Iterator[tuple[str, dict[str, Any]] | str]:
    """Migrate the guest back to the node where it was."""
    before, after = _get_before_and_after(guest, "node")
    if not before or not after or before == after:
        yield "it is not known where it was before."
        return
    same_arguments = {name: arguments[name] for name in ("with_local_disks", "restart") if name in arguments}
    yield "migrate_guest", {**same_arguments, "target": before}


def move_disks_back(_arguments: Mapping[str, Any], guest: Guest) -> Iterator[tuple[str, dict[str, Any]] | str]:
    """Move the disks back to the storages where they were."""
    before, after = _get_before_and_after(guest, "disks")
    storages = {slot: (disk or {}).get("storage") for slot, disk in (before or {}).items()}
    moved = [
        slot for slot, disk in (after or {}).items() if storages.get(slot) not in (None, (disk or {}).get("storage"))
    ]
    if moved:
        yield "move_guest_disk", {"disks": [{"slot": slot, "storage": storages[slot]} for slot in moved]}
    else:
        yield "it is not known where its disks were before."


def _get_before_and_after(guest: Guest, key: str) -> tuple[Any, Any]:
    return guest.get("before", {}).get(key), guest.get("after", {}).get(key)
