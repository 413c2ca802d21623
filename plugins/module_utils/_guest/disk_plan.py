# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan how the disks of an existing guest become as wished: add, change, move, grow, detach, delete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._api.errors import INVALID_PARAMETER, NOT_FOUND, UNSUPPORTED, PveError
from .._module.plan import Step
from .disks import Disk, is_slot, must_grow, must_move, read_disk, render_new_disk, update_disk, wished_bytes
from .drives import Drive, DriveStep, largest_size, pending_change_error, read_source
from .guest import Guest
from .pending import drive_needs_restart


@dataclass
class DiskChanges:
    """I(first_steps), then one change of the configuration (I(values), I(removed_slots)), and then I(steps).

    I(drives) are the volumes that slots of the values hold. I(lost_slots) are all slots that the guest loses.
    I(makes_volumes): new volumes are made, which takes some time.
    """

    first_steps: list[Step] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    drives: dict[str, str | None] = field(default_factory=dict)
    removed_slots: list[str] = field(default_factory=list)
    lost_slots: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    makes_volumes: bool = False


def plan_disk_changes(
    guest: Guest,
    config: Mapping[str, Any],
    wishes: Iterable[Mapping[str, Any]],
    *,
    running: bool,
    current: Mapping[str, Any] | None = None,
    sizes: Mapping[str, int | None] | None = None,
    snapshots: Mapping[str, str] | None = None,
) -> DiskChanges:
    """The changes that fulfil I(wishes); raises where one can't be met, or would lose data without being told to.

    I(current) is the configuration that the guest has now, where changes of I(config) are pending; I(sizes) are the
    true sizes in bytes of volumes that may have to grow, None where they can't be read; I(snapshots) are snapshots that
    have a volume, by volume.
    """
    sizes = {} if sizes is None else sizes
    draft = _Draft(guest, config, config if current is None else current, sizes, snapshots or {}, running)
    for wish in wishes:
        draft.add_wish(wish)
    return draft.finish()


class _Draft:
    def __init__(
        self,
        guest: Guest,
        config: Mapping[str, Any],
        current: Mapping[str, Any],
        sizes: Mapping[str, int | None],
        snapshots: Mapping[str, str],
        running: bool,
    ) -> None:
        self._guest, self._config, self._current = guest, config, current
        self._sizes, self._snapshots, self._running = sizes, snapshots, running
        self._changes = DiskChanges()
        self._later_steps: list[Step] = []
        self._deleted: list[Disk] = []
        # By volume, the slot that is to hold it.
        self._slot_of_volume: dict[str, str] = {}

    def add_wish(self, wish: Mapping[str, Any]) -> None:
        slot = wish["slot"]
        if self._is_met(read_disk(self._config, slot), wish):
            return
        self._require_free(slot, wish.get("volume"))
        drive = Drive(slot, read_disk(self._current, slot), read_disk(self._config, slot))
        if wish["state"] != "present":
            self._remove_disk(drive, wish)
        elif drive.now is None and drive.next is None:
            self._add_disk(drive, wish)
        else:
            self._change_disk(drive, wish)

    def _is_met(self, disk: Disk | None, wish: Mapping[str, Any]) -> bool:
        """Whether the configuration has all that is wished, so that what the guest has now makes no difference."""
        if disk is None or wish["state"] != "present" or wish.get("volume"):
            return False
        is_alike = update_disk(disk, wish) == disk and not must_move(disk, wish)
        return is_alike and wished_bytes(wish) in (None, disk.size_bytes) and disk.is_cdrom == bool(wish.get("cdrom"))

    def _require_free(self, slot: str, volume: str | None) -> None:
        """Raise C(invalid_parameter) for a volume in another slot: both would write to it at the same time."""
        if volume is None:
            return
        holders = [
            other_slot
            for config in (self._current, self._config)
            for other_slot in config
            if other_slot != slot and is_slot(self._guest.type, other_slot) and not other_slot.startswith("unused")
            if (disk := read_disk(config, other_slot)) is not None and disk.volume == volume
        ]
        holders += [self._slot_of_volume[volume]] if volume in self._slot_of_volume else []
        if holders:
            holder = holders[0]
            raise PveError(
                INVALID_PARAMETER,
                f"{slot} of guest {self._guest.label} can't hold {volume}, which is in {holder}.",
                f"Detach {holder} first, in a task of its own; a running guest may let go of it only when restarted.",
            )
        self._slot_of_volume[volume] = slot

    def finish(self) -> DiskChanges:
        changes = self._changes
        changes.lost_slots = sorted(changes.removed_slots)
        if self._deleted:
            self._delete_volumes()
        changes.steps += self._later_steps
        return changes

    def _add_disk(self, drive: Drive, wish: Mapping[str, Any]) -> None:
        if wish.get("move") and not any(wish.get(name) for name in ("size", "volume", "import_from", "cdrom")):
            raise PveError(
                NOT_FOUND,
                f"Guest {self._guest.label} has no disk {drive.slot} to move.",
                "Look at its configuration to see which disks it has.",
            )
        self._changes.values[drive.slot] = render_new_disk(self._guest.type, wish)
        self._changes.makes_volumes = self._changes.makes_volumes or bool(wish.get("storage"))
        if not (wish.get("import_from") or wish.get("volume")):
            return
        disk = read_source(wish, self._sizes)
        if not must_grow(disk, wish):
            return
        if self._must_wait(drive, disk):
            raise pending_change_error(self._guest, drive, disk, "grown")
        size = "the size of what it is imported from" if wish.get("import_from") else disk.properties.get("size")
        self._later_steps.append(self._build_resize(wish, size, {drive.slot: wish.get("volume")}, nothing_pending=True))

    def _change_disk(self, drive: Drive, wish: Mapping[str, Any]) -> None:
        disk = drive.next or self._find_disk_to_keep(drive, wish)
        _require_same_kind(disk, wish)
        changed = update_disk(disk, wish)
        wished = self._with_true_size(changed, drive, wish)
        move = self._build_move(disk, wish, wished) if must_move(disk, wish) else None
        growing = must_grow(wished, wish)
        if changed == drive.next and not (move or growing or (wish.get("size") and wished != changed)):
            return
        if move or (growing and self._running and not drive.has_volume(wished.volume)):
            if self._must_wait(drive, wished):
                raise pending_change_error(self._guest, drive, wished, "moved" if move else "grown")
        elif growing and drive.has_volume(wished.volume) and (self._running or self._has_unreadable_size(wished)):
            self._grow_first(drive, wished, wish)
            return
        if wished != drive.now or drive.has_pending:
            self._set_value(drive, wished)
        if move:
            self._later_steps.append(move)
        if growing:
            volume = None if move else wished.volume
            self._later_steps.append(
                self._build_resize(wish, wished.properties.get("size"), {drive.slot: volume}, nothing_pending=True)
            )

    def _grow_first(self, drive: Drive, wished: Disk, wish: Mapping[str, Any]) -> None:
        """Grow the disk that the guest has, and then write the new size into the configuration as well.

        In the other order, a pending change would keep the old size.
        """
        size = wished_bytes(wish)
        if size is None or drive.now is None:
            raise ValueError(f"{drive.slot} does not grow")
        self._changes.first_steps.append(
            self._build_resize(wish, wished.properties.get("size"), {drive.slot: wished.volume})
        )
        grown = wished.with_size(size)
        # Growing to the size that it has leaves the configuration as it was.
        if grown != drive.now.with_size(size) or drive.has_pending or self._has_unreadable_size(wished):
            self._set_value(drive, grown)

    def _set_value(self, drive: Drive, wished: Disk) -> None:
        self._changes.values[drive.slot] = wished.render()
        if drive.now is not None:
            self._changes.drives[drive.slot] = drive.now.volume

    def _find_disk_to_keep(self, drive: Drive, wish: Mapping[str, Any]) -> Disk:
        """The disk that a pending change would detach, and that is to stay."""
        if drive.now is not None and (
            drive.has_volume(wish.get("volume") or "")
            or (wish.get("cdrom") and drive.now.is_cdrom and not drive.now.is_cloudinit)
        ):
            return drive.now
        raise pending_change_error(self._guest, drive, None, "changed")

    def _with_true_size(self, disk: Disk, drive: Drive, wish: Mapping[str, Any]) -> Disk:
        """The disk with the largest of the known sizes of its volume."""
        true_size = self._sizes.get(disk.volume) if wish.get("size") else None
        size = largest_size(disk, (drive.now, drive.next), true_size)
        return disk if size in (None, disk.size_bytes) else disk.with_size(size)

    def _has_unreadable_size(self, disk: Disk) -> bool:
        return disk.volume in self._sizes and self._sizes[disk.volume] is None

    def _must_wait(self, drive: Drive, wished: Disk) -> bool:
        # A volume that is pending already was not plugged in when it was configured.
        kept_waiting = drive.has_pending and not drive.has_volume(wished.volume)
        return self._running and (
            kept_waiting or drive_needs_restart(self._guest.type, self._current, drive.now, wished)
        )

    def _build_move(self, disk: Disk, wish: Mapping[str, Any], wished: Disk) -> Step:
        guest, storage = self._guest, wish.get("storage") or disk.storage
        current_place = f"{disk.storage} as {disk.format}" if wish.get("format") else str(disk.storage)
        if not wish["move"]:
            wished_place = f"{storage} as {wish['format']}" if wish.get("format") else str(storage)
            raise PveError(
                INVALID_PARAMETER,
                f"{disk.slot} of guest {guest.label} is on {current_place}, not on {wished_place}.",
                "Set move: true in its entry to move it, or correct storage and format.",
            )
        if guest.type == "lxc" and self._running:
            raise PveError(
                UNSUPPORTED,
                f"Container {guest.label} is running, and volumes of a running container can't be moved.",
                "Stop it first, with pve_guest_state.",
            )
        if disk.slot == "tpmstate0" and self._running:
            raise PveError(
                UNSUPPORTED,
                f"Guest {guest.label} is running, and the TPM state of a running machine can't be moved.",
                "Stop it first, with pve_guest_state.",
            )
        options = {"disk" if guest.type == "qemu" else "volume": disk.slot, "storage": storage}
        if wish.get("format"):
            options["format"] = wish["format"]
        snapshot = self._snapshots.get(wished.volume)
        if wish["delete_source"] and snapshot is not None:
            raise PveError(
                UNSUPPORTED,
                f"{disk.slot} of guest {guest.label} is in snapshot {snapshot}, and can't be moved with its source "
                "deleted.",
                "Leave delete_source out, or delete the guest's snapshots first.",
            )
        if wish["delete_source"]:
            options["delete"] = 1
        action = "move_disk" if guest.type == "qemu" else "move_volume"
        why = f"{disk.slot} is on {current_place}"
        return DriveStep(
            "POST", f"{guest.path}/{action}", why, options, drives={disk.slot: wished.volume}, nothing_pending=True
        )

    def _build_resize(
        self, wish: Mapping[str, Any], size: str | None, drives: dict[str, str | None], *, nothing_pending: bool = False
    ) -> Step:
        why = f"{wish['slot']} has {size or 'an unknown size'}"
        options = {"disk": wish["slot"], "size": f"{wish['size']}G"}
        return DriveStep(
            "PUT", f"{self._guest.path}/resize", why, options, drives=drives, nothing_pending=nothing_pending
        )

    def _remove_disk(self, drive: Drive, wish: Mapping[str, Any]) -> None:
        if drive.next is None:
            return
        deleting = wish["state"] == "absent" and drive.next.has_own_volume
        if drive.has_pending and not self._can_let_go(drive, deleting=deleting):
            raise pending_change_error(self._guest, drive, None, "deleted" if deleting else "detached")
        self._changes.removed_slots.append(drive.slot)
        if deleting:
            self._deleted.append(drive.next)

    def _can_let_go(self, drive: Drive, *, deleting: bool) -> bool:
        """Whether the pending change can go with the drive: it leaves no other volume behind, or only one."""
        if self._guest.type == "lxc" or drive.next is None:
            return False
        return drive.has_volume(drive.next.volume) or (drive.now is None and not deleting)

    def _delete_volumes(self) -> None:
        guest, changes = self._guest, self._changes
        volumes: dict[str, str | None] = {disk.slot: disk.volume for disk in self._deleted}
        slots = sorted(volumes)
        why = f"{', '.join(slots)}: the volume is to be deleted too"
        if guest.type == "qemu":
            changes.removed_slots = [slot for slot in changes.removed_slots if slot not in slots]
            options = {"delete": ",".join(slots), "force": 1}
        elif self._running:
            raise PveError(
                UNSUPPORTED,
                f"Container {guest.label} is running, and lets go of {', '.join(slots)} only when it is stopped.",
                "Stop it first, with pve_guest_state, or use state: detached.",
            )
        else:
            unused = _predict_unused_slots(self._config, changes.removed_slots)
            volumes = {unused[slot]: volumes[slot] for slot in slots}
            options = {"delete": ",".join(volumes)}
        changes.steps.append(DriveStep("PUT", f"{guest.path}/config", why, options, task=False, drives=volumes))


def _require_same_kind(disk: Disk, wish: Mapping[str, Any]) -> None:
    problem = None
    if wish.get("cdrom") and (disk.is_cloudinit or not disk.is_cdrom):
        problem = "is no CD-ROM drive"
    elif disk.is_cdrom and [name for name in ("storage", "size", "format", "volume") if wish.get(name)]:
        problem = "is a CD-ROM drive"
    elif disk.slot == "rootfs" and wish.get("volume") not in (None, disk.volume):
        problem = "can't be replaced"
    if problem:
        raise PveError(
            INVALID_PARAMETER,
            f"{disk.slot} holds {disk.volume} and {problem}.",
            "Choose a free slot, or detach this one first.",
        )


def _predict_unused_slots(config: Mapping[str, Any], removed: list[str]) -> dict[str, str]:
    """The C(unusedN) that each removed slot's volume becomes.

    Proxmox VE goes through the slots by name and takes the first free number for each.
    """
    taken, unused = {key for key in config if key.startswith("unused")}, {}
    known = {str(config[key]): key for key in taken}
    for slot in sorted(removed):
        disk = read_disk(config, slot)
        if disk is None or not disk.has_own_volume:
            continue
        key = known.get(disk.volume) or next(f"unused{n}" for n in range(1000) if f"unused{n}" not in taken)
        taken.add(key)
        unused[slot] = key
    return unused
