# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which local volumes a migration has to copy, and which keep the guest where it is."""

from __future__ import annotations

from dataclasses import dataclass

from pve_simulator.errors import ApiError, failure
from pve_simulator.guests.migration import check_migratable
from pve_simulator.guests.qemu.migration.job import Migration
from pve_simulator.guests.qemu.references import Reference, find_references
from pve_simulator.storage.lookup import enabled_storage, parse_volid, storage_of


@dataclass(frozen=True, slots=True)
class LocalVolume:
    """A volume that goes along; `online` ones while the guest writes to them."""

    volid: str
    target: str
    online: bool
    drive: str | None


def scan_volumes(job: Migration) -> list[LocalVolume]:
    """The local volumes by name, which are logged; raises when one of them cannot be migrated."""
    kinds: dict[str, str] = {}
    errors: dict[str, str] = {}
    others: list[str] = []
    targets: dict[str, str] = {}
    references = find_references(job.guest)
    for volid, reference in references.items():
        try:
            if volid == "cdrom" and reference.cdrom:
                others.append(_is_no_drive(reference))
            elif volid != "none":
                _examine(job, reference, kinds, targets)
        except ApiError as error:
            errors[volid] = error.message
    for volid in sorted(kinds):
        if kinds[volid] == "attached" and job.guest.running and not job.options.with_local_disks:
            errors[volid] = "can't live migrate attached local disks without with-local-disks option"
        job.journal.say(_describe_disk(volid, kinds[volid]))
    for volid in sorted(errors):
        job.journal.say(f"can't migrate local disk '{volid}': {errors[volid]}")
    for text in others:
        job.journal.say(text)
    if errors or others:
        raise failure("Problem found while scanning volumes - can't migrate VM - check log")
    try:
        for volid in kinds:
            check_migratable(storage_of(job.cluster, volid.partition(":")[0]), volid)
    except ApiError as error:
        raise failure(f"Problem found while scanning volumes - {error.message}") from error
    return [
        LocalVolume(volid, targets[volid], job.guest.running and kinds[volid] == "attached", references[volid].drive)
        for volid in sorted(kinds)
    ]


def _examine(job: Migration, reference: Reference, kinds: dict[str, str], targets: dict[str, str]) -> None:
    """Note a volume when it is local; raises what keeps it from being migrated."""
    volid = reference.volid
    if volid.startswith("/"):
        if not reference.shared:
            kinds[volid] = "config"
            raise failure("local file/device")
        return
    storage, parsed = parse_volid(job.cluster, volid)
    target = job.target_storage(storage.id, volid, parsed.content)
    if enabled_storage(job.cluster, storage.id, job.guest.node).is_shared:
        return
    kinds[volid], targets[volid] = _describe_kind(reference), target
    if reference.cdrom:
        if not reference.cloudinit:
            raise failure("local cdrom image")
        kinds[volid] = "generated"
        return
    if parsed.vmid != job.guest.vmid:
        raise failure(f"owned by other VM (owner = VM {parsed.vmid})")
    volumes = job.volumes_on(job.guest.node)
    volume = volumes.require(volid)
    if reference.vmstate:
        return
    if reference.snapshots:
        if job.guest.running:
            raise failure("online storage migration not possible if non-replicated snapshot exists")
        kept_inside = volume.format == "qcow2" and storage.config.get("snapshot-as-volume-chain", "0") == "0"
        if not (storage.type == "zfspool" or (storage.type == "btrfs" and volume.format == "raw") or kept_inside):
            raise failure("non-migratable snapshot exists")
    if parsed.is_base and volumes.clones_of(volid):
        raise failure("referenced by linked clone(s)")


def _describe_kind(reference: Reference) -> str:
    if reference.tpmstate:
        return "generated"
    if reference.attached:
        return "attached"
    if reference.unused:
        return "unused"
    return "snapshot" if reference.snapshots else "pending"


def _describe_disk(volid: str, kind: str) -> str:
    if kind == "generated":
        return f"found generated disk '{volid}' (in current VM config)"
    notes = {
        "attached": " (attached)",
        "unused": " (unused)",
        "snapshot": " (referenced by snapshot(s))",
        "pending": " (pending change)",
    }
    return f"found local disk '{volid}'{notes.get(kind, '')}"


def _is_no_drive(reference: Reference) -> str:
    text = "can't migrate local cdrom drive"
    if reference.snapshots and not reference.attached:
        text += f" (referenced in snapshot - {', '.join(sorted(reference.snapshots))})"
    return text
