# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots inside volumes: taking, removing, going back.

Functions change the state at once: call them when the work is done. A volume that never heard of a snapshot is
taken as it is, so that seeds need not repeat in their volumes what they say in their guests.
"""

from __future__ import annotations

from pve_simulator.errors import failure
from pve_simulator.storage.lookup import parse_volid
from pve_simulator.storage.volumes import Volumes

# Storages that can only go back to the last snapshot.
_LAST_ONLY = frozenset({"zfspool", "zfs"})


def take(volumes: Volumes, volid: str, name: str) -> None:
    """Take a snapshot of a volume; the size that it has now is kept with it."""
    volume = volumes.require(volid)
    volume.snapshots[name] = volume.size
    if _is_thin_lvm(volumes, volid):
        volumes.say(f'  Logical volume "{_snapshot_lv(volid, name)}" created.')


def drop(volumes: Volumes, volid: str, name: str) -> None:
    """Remove a volume's snapshot."""
    known = volumes.require(volid).snapshots.pop(name, None)
    if known is not None and _is_thin_lvm(volumes, volid):
        volumes.say(f'  Logical volume "{_snapshot_lv(volid, name)}" successfully removed.')


def check_rollback(volumes: Volumes, volid: str, name: str) -> None:
    """Raise what keeps a volume from going back to a snapshot: a newer one, on ZFS."""
    volume = volumes.require(volid)
    storage = parse_volid(volumes.cluster, volid)[0]
    if storage.type in _LAST_ONLY and name in volume.snapshots and list(volume.snapshots)[-1] != name:
        raise failure(f"can't rollback, '{name}' is not most recent snapshot on '{volid}'")


def roll_back(volumes: Volumes, volid: str, name: str) -> None:
    """Restore a volume from a snapshot, its size included; newer snapshots stay."""
    volume = volumes.require(volid)
    volume.size = volume.snapshots.get(name, volume.size)
    if _is_thin_lvm(volumes, volid):
        lv = volid.partition(":")[2]
        volumes.say(f'  Logical volume "{lv}" successfully removed.')
        volumes.say(f'  Logical volume "{lv}" created.')


def _is_thin_lvm(volumes: Volumes, volid: str) -> bool:
    return parse_volid(volumes.cluster, volid)[0].type == "lvmthin"


def _snapshot_lv(volid: str, name: str) -> str:
    return f"snap_{volid.partition(':')[2]}_{name}"
