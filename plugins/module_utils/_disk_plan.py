# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The changes that bring the disks of an existing guest to what is wished: add, change, move, grow, detach, delete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ._disks import Disk, changed_value, grows, moves, new_value, read_disk
from ._errors import INVALID_PARAMETER, UNSUPPORTED, PveError
from ._guests import Guest
from ._plan import Step


@dataclass
class DiskChanges:
    """I(values) to set and slots to be I(removed) with the configuration, and the I(steps) after it.

    I(leaving) are all slots that the guest loses, I(making) is whether volumes are made, which takes its time.
    """

    values: dict[str, str] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    leaving: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    making: bool = False


def disk_changes(
    guest: Guest, config: Mapping[str, Any], wishes: Iterable[Mapping[str, Any]], *, running: bool
) -> DiskChanges:
    """What is to be done; raises where a wish can't be met, or would cost data that nobody gave up."""
    changes, deleted = DiskChanges(), []
    later: list[Step] = []
    for wish in wishes:
        disk = read_disk(config, wish["slot"])
        if wish["state"] != "present":
            if disk is not None:
                changes.removed.append(disk.slot)
            if disk is not None and wish["state"] == "absent" and _has_own_volume(disk):
                deleted.append(disk)
        elif disk is None:
            _new(guest.type, wish, changes, later, guest)
        else:
            _present(guest, disk, wish, changes, later, running=running)
    changes.leaving = sorted(changes.removed)
    _delete_volumes(guest, config, changes, deleted, running=running)
    changes.steps += later
    return changes


def _new(kind: str, wish: Mapping[str, Any], changes: DiskChanges, later: list[Step], guest: Guest) -> None:
    changes.values[wish["slot"]] = new_value(kind, wish)
    changes.making = changes.making or bool(wish.get("storage"))
    if wish.get("import_from") and wish.get("size"):
        later.append(_grow(guest, wish, "the size of what it is imported from"))


def _present(
    guest: Guest, disk: Disk, wish: Mapping[str, Any], changes: DiskChanges, later: list[Step], *, running: bool
) -> None:
    _require_same_kind(disk, wish)
    value = changed_value(disk, wish)
    if value is not None:
        changes.values[disk.slot] = value
    if moves(disk, wish):
        later.append(_move(guest, disk, wish, running=running))
    if grows(disk, wish):
        later.append(_grow(guest, wish, disk.properties.get("size", "an unknown size")))


def _require_same_kind(disk: Disk, wish: Mapping[str, Any]) -> None:
    problem = None
    if wish.get("cdrom") and (disk.cloudinit or not disk.cdrom):
        problem = "is no CD-ROM drive"
    elif disk.cdrom and [name for name in ("storage", "size", "format", "volume") if wish.get(name)]:
        problem = "is a CD-ROM drive"
    elif disk.slot == "rootfs" and wish.get("volume") not in (None, disk.volume):
        problem = "can't be replaced"
    if problem:
        raise PveError(
            INVALID_PARAMETER,
            f"{disk.slot} holds {disk.volume} and {problem}.",
            "Choose a free slot, or detach this one first.",
        )


def _move(guest: Guest, disk: Disk, wish: Mapping[str, Any], *, running: bool) -> Step:
    storage = wish.get("storage") or disk.storage
    there = f"{disk.storage} as {disk.format}" if wish.get("format") else str(disk.storage)
    if not wish["move"]:
        asked = f"{storage} as {wish['format']}" if wish.get("format") else str(storage)
        raise PveError(
            INVALID_PARAMETER,
            f"{disk.slot} of guest {guest.label} is on {there}, not on {asked}.",
            "Set move: true in its entry to move it, or correct storage and format.",
        )
    if guest.type == "lxc" and running:
        raise PveError(
            UNSUPPORTED,
            f"Container {guest.label} is running, and volumes of a running container can't be moved.",
            "Stop it first, with pve_guest_state.",
        )
    options = {"disk" if guest.type == "qemu" else "volume": disk.slot, "storage": storage}
    if wish.get("format"):
        options["format"] = wish["format"]
    if wish["delete_source"]:
        options["delete"] = 1
    action = "move_disk" if guest.type == "qemu" else "move_volume"
    return Step("POST", f"{guest.path}/{action}", f"{disk.slot} is on {there}", options)


def _grow(guest: Guest, wish: Mapping[str, Any], size: str) -> Step:
    why = f"{wish['slot']} has {size}"
    return Step("PUT", f"{guest.path}/resize", why, {"disk": wish["slot"], "size": f"{wish['size']}G"})


def _has_own_volume(disk: Disk) -> bool:
    return disk.storage is not None and not disk.cdrom and not disk.slot.startswith("unused")


def _delete_volumes(
    guest: Guest, config: Mapping[str, Any], changes: DiskChanges, deleted: list[Disk], *, running: bool
) -> None:
    if not deleted:
        return
    slots = sorted(disk.slot for disk in deleted)
    why = f"{', '.join(slots)}: the volume is to be deleted too"
    if guest.type == "qemu":
        changes.removed = [slot for slot in changes.removed if slot not in slots]
        options = {"delete": ",".join(slots), "force": 1}
        changes.steps.append(Step("PUT", f"{guest.path}/config", why, options, task=False))
        return
    if running:
        raise PveError(
            UNSUPPORTED,
            f"Container {guest.label} is running, and lets go of {', '.join(slots)} only when it is stopped.",
            "Stop it first, with pve_guest_state, or use state: detached.",
        )
    unused = _future_unused(config, changes.removed)
    options = {"delete": ",".join(unused[slot] for slot in slots)}
    changes.steps.append(Step("PUT", f"{guest.path}/config", why, options, task=False))


def _future_unused(config: Mapping[str, Any], removed: list[str]) -> dict[str, str]:
    """The C(unusedN) that each volume becomes: Proxmox VE goes through them by name and takes the first free number."""
    taken, found = {key for key in config if key.startswith("unused")}, {}
    noted = {str(config[key]): key for key in taken}
    for slot in sorted(removed):
        disk = read_disk(config, slot)
        if disk is None or not _has_own_volume(disk):
            continue
        key = noted.get(disk.volume) or next(f"unused{n}" for n in range(1000) if f"unused{n}" not in taken)
        taken.add(key)
        found[slot] = key
    return found
