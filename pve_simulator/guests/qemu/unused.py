# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes that a machine no longer uses: kept as `unusedN`, or removed."""

from __future__ import annotations

from collections.abc import Mapping

from pve_simulator.errors import failure
from pve_simulator.guests.qemu.drives import Drive, drives_of, is_cdrom, is_cloudinit, owner
from pve_simulator.requests.auth import Subject
from pve_simulator.state.guest import Config, Guest
from pve_simulator.state.qemu import QemuState
from pve_simulator.storage.volumes import Volumes

_MAX_UNUSED = 256


def add_unused(config: Config, volid: str) -> str | None:
    """Note a volume as unused under the first free key; None when it is noted already."""
    if volid in (value for key, value in config.items() if key.startswith("unused")):
        return None
    key = next((f"unused{number}" for number in range(_MAX_UNUSED) if f"unused{number}" not in config), None)
    if key is None:
        raise failure("Too many unused volumes - please delete them first.")
    config[key] = volid
    return key


def keep_as_unused(volumes: Volumes, guest: Guest, drive: Drive) -> None:
    """Keep the volume of a drive that goes as unused; a cloud-init volume is removed."""
    volid = drive["file"]
    if is_cloudinit(drive):
        volumes.free(volid)
        if "qemu" in guest.parts:
            guest.part(QemuState).cloudinit.clear()
            guest.part(QemuState).cloudinit_added.clear()
    elif not is_cdrom(drive) and owner(volumes.cluster, volid) == guest.vmid:
        add_unused(guest.config, volid)


def drop_used(guest: Guest) -> None:
    """Forget as unused what a drive uses again, as every write of the configuration does."""
    used = volumes_in(guest.config) | volumes_in(guest.pending)
    for key in [key for key, value in guest.config.items() if key.startswith("unused") and value in used]:
        del guest.config[key]


def is_in_snapshot(guest: Guest, volid: str) -> bool:
    """Whether a snapshot holds on to a volume."""
    return any(volid in volumes_in(snapshot.config) for snapshot in guest.snapshots.values())


def deallocate(volumes: Volumes, guest: Guest, key: str, drive: Drive, subject: Subject | None) -> None:
    """Remove the volume of a drive when the guest owns it and nothing else uses it; raises when something does.

    `subject` is who has to be allowed to.
    """
    volid = drive["file"]
    if is_cdrom(drive, cloudinit=False) or owner(volumes.cluster, volid) != guest.vmid:
        return
    if subject is not None:
        subject.require(f"/storage/{volid.partition(':')[0]}", "Datastore.AllocateSpace")
    others = {name: text for name, text in guest.config.items() if name != key}
    if is_in_snapshot(guest, volid) or volid in volumes_in(others):
        raise failure(f"unable to delete '{volid}' - volume is still in use (snapshot?)")
    volumes.free(volid)


def volumes_in(config: Mapping[str, str]) -> set[str]:
    """What the drives of a configuration are on, unused volumes aside."""
    return {pair[1]["file"] for pair in drives_of(config)}
