# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guest's drives as it has them now, their true sizes, and requests that are sent only while they are as planned.

A drive with a pending change is two: Proxmox VE grows and moves the one that the guest has now, while the configuration
shows the other one, with its own size and volume, which takes its place at the next start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .._api.client import segment
from .._api.errors import DIGEST_CONFLICT, UNSUPPORTED, PveError
from .._module.plan import Step
from .disks import Disk, is_slot, must_move, read_disk, resolve_growth, wished_bytes

if TYPE_CHECKING:
    from .._api.client import Client
    from .guest import Guest


@dataclass(frozen=True)
class Drive:
    """What a slot holds I(now), and from the I(next) start on; they differ while a change is pending."""

    slot: str
    now: Disk | None
    next: Disk | None

    @property
    def has_pending(self) -> bool:
        return self.now != self.next

    def has_volume(self, volume: str) -> bool:
        """Whether the guest has this volume in the slot now."""
        return self.now is not None and self.now.volume == volume


@dataclass(frozen=True)
class DriveStep(Step):
    """A request that relies on what the steps before it have left in slots of the guest.

    I(drives): the volume that each slot holds now, None where its name is not known yet. I(nothing_pending): no change
    may be pending in them.
    """

    drives: dict[str, str | None] = field(default_factory=dict)
    nothing_pending: bool = False


def add_digest(client: Client, step: DriveStep) -> Step:
    """The step with the digest that the steps before it have left; the first one has its plan's.

    Raises C(digest_conflict) when a drive is not as the plan left it, and C(unsupported) when it has a pending change.
    """
    if "digest" in step.params:
        return step
    guest = step.path.rpartition("/")[0]
    entries = {entry["key"]: entry for entry in client.get(f"{guest}/pending")}
    for slot, volume in step.drives.items():
        entry = entries.get(slot, {})
        is_pending = "pending" in entry or int(entry.get("delete") or 0)
        if is_pending and step.nothing_pending:
            raise PveError(
                UNSUPPORTED,
                f"{slot} was changed, but the guest applies that only when it is restarted. The steps after it were "
                "not sent.",
                "Restart the guest, with pve_guest_state, and run again.",
            )
        disk = read_disk({slot: entry["value"]}, slot) if "value" in entry else None
        if disk is None or volume not in (None, disk.volume):
            raise PveError(
                DIGEST_CONFLICT,
                f"{slot} is no longer as this plan left it; the steps after it were not sent.",
                "Somebody else changed it meanwhile; run again to plan from what is there now.",
            )
    digest = entries.get("digest", {}).get("value")
    return replace(step, params={**step.params, "digest": digest}) if digest else step


def read_sizes(
    client: Client, guest: Guest, config: Mapping[str, Any], current: Mapping[str, Any], wishes: Iterable[Any]
) -> dict[str, int | None]:
    """The true sizes, in bytes, of the volumes that may have to grow; None for one that can't be read."""
    sizes: dict[str, int | None] = {}
    for volume in _list_volumes_to_grow(config, current, wishes):
        storage = volume.partition(":")[0]
        try:
            path = f"/nodes/{segment(guest.node)}/storage/{segment(storage)}/content/{segment(volume)}"
            sizes[volume] = int(client.get(path)["size"])
        except PveError as error:
            # A user who may grow a disk may lack the privilege to read its storage.
            if error.http_status is None:
                raise
            sizes[volume] = None
    return sizes


def read_snapshots_of_volumes(
    client: Client, guest: Guest, config: Mapping[str, Any], wishes: Iterable[Mapping[str, Any]]
) -> dict[str, str]:
    """By volume a snapshot that has it, where one is to be moved and its source deleted."""
    disks = [(read_disk(config, wish["slot"]), wish) for wish in wishes if wish.get("move") and wish["delete_source"]]
    if not any(disk is not None and must_move(disk, wish) for disk, wish in disks):
        return {}
    holders: dict[str, str] = {}
    for entry in client.get(f"{guest.path}/snapshot"):
        if entry["name"] == "current":
            continue
        kept = client.get(f"{guest.path}/config", snapshot=entry["name"])
        for slot in kept:
            disk = read_disk(kept, slot) if is_slot(guest.type, slot) else None
            if disk is not None:
                holders[disk.volume] = entry["name"]
    return holders


def read_source(wish: Mapping[str, Any], sizes: Mapping[str, int | None]) -> Disk:
    """What a new disk is made from, or the volume that it is to be, with its size where that is known."""
    disk = Disk(wish["slot"], wish.get("volume") or wish["import_from"], {})
    size = sizes.get(disk.volume) if wish.get("size") else None
    return disk if size is None else disk.with_size(size)


def resolve_growths(
    client: Client, guest: Guest, config: Mapping[str, Any], current: Mapping[str, Any], wishes: Iterable[Any]
) -> list[dict[str, Any]]:
    """The wishes with the sizes that disks grow to, by their true sizes, instead of by how much they grow."""

    def resolve(wish: Mapping[str, Any], sizes: Mapping[str, int | None]) -> dict[str, Any]:
        known = [read_disk(config, wish["slot"]), read_disk(current, wish["slot"])]
        disk = known[0]
        return resolve_growth(disk, largest_size(disk, known, sizes.get(disk.volume)) if disk else None, wish)

    wishes = list(wishes)
    if not any(wish.get("grow_by") for wish in wishes):
        return wishes
    sizes = read_sizes(client, guest, config, current, [resolve(wish, {}) for wish in wishes])
    return [resolve(wish, sizes) for wish in wishes]


def _list_volumes_to_grow(config: Mapping[str, Any], current: Mapping[str, Any], wishes: Iterable[Any]) -> list[str]:
    """The volumes, or what they are made from, that are smaller than wished, as far as the configuration shows."""
    volumes = []
    for wish in wishes:
        wished, slot = wished_bytes(wish), wish["slot"]
        known = [read_disk(config, slot), read_disk(current, slot)]
        source = wish.get("volume") or (None if any(known) else wish.get("import_from"))
        disk = Disk(slot, source, {}) if source else known[0]
        if wished and disk and disk.has_own_volume and (largest_size(disk, known) or 0) < wished:
            volumes.append(disk.volume)
    return volumes


def largest_size(disk: Disk, other_disks: Sequence[Disk | None], *further_sizes: int | None) -> int | None:
    """The largest of the known sizes, in bytes, of a disk's volume; None where none is known."""
    known = [other.size_bytes for other in (disk, *other_disks) if other is not None and other.volume == disk.volume]
    return max((size for size in (*known, *further_sizes) if size is not None), default=None)


def pending_change_error(guest: Guest, drive: Drive, wished: Disk | None, what: str) -> PveError:
    """Why a drive can't be I(what), such as moved, while a change of it is pending, or would be."""
    slot, now, then = drive.slot, _describe(drive.now), _describe(drive.next)
    if drive.has_pending:
        hint = (
            f"Restart the guest, so that the change takes effect, or give {slot} the options that it has now. Then run "
            "again."
        )
        if drive.now is not None and (drive.next is None or drive.next.volume != drive.now.volume):
            hint = (
                f"To keep {drive.now.volume}, give it as volume of {slot} in a task of its own; or restart the guest, "
                "so that the change takes effect. Then run again."
            )
        if drive.now is None:
            hint = "Restart the guest, so that it gets the drive."
            if guest.type == "qemu":
                hint += " Or take the change back with state: detached, which leaves the volume as unused."
        return PveError(
            UNSUPPORTED,
            f"{slot} of guest {guest.label} has a change that waits for a restart: it is {now}, and will be {then}. It "
            f"can't be {what} before that.",
            hint,
        )
    if wished is not None and not drive.has_volume(wished.volume):
        return PveError(
            UNSUPPORTED,
            f"{slot} of guest {guest.label} gets its volume only when the guest is restarted, and can't be {what} "
            "before that.",
            "Leave size out, restart the guest, and grow it then; or stop the guest first.",
        )
    return PveError(
        UNSUPPORTED,
        f"{slot} of guest {guest.label} can't be {what} while a change of it waits for a restart, as this one "
        f"would: it is {now}, and would be {_describe(wished)}.",
        "Move it first and change its options in a second task, or stop the guest first.",
    )


def _describe(disk: Disk | None) -> str:
    return disk.render() if disk is not None else "none"
