# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the disks of a guest allow: snapshots, copies, and clones for other nodes.

Proxmox VE is asked only where the type of a storage doesn't say it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._api.errors import UNSUPPORTED, PveError
from .._guest.disks import Disk, is_slot, read_disk
from .._guest.power import STOPPED, read_power

if TYPE_CHECKING:
    from .._api.client import Client
    from .._guest.guest import Guest
    from .existing import Existing

# Types of storages whose volumes have snapshots, all of them.
_WITH_SNAPSHOTS = frozenset({"lvmthin", "rbd", "zfspool"})
# Types of storages whose volumes can be copied, unless it is a snapshot that is to be copied.
_WITH_COPIES = _WITH_SNAPSHOTS | {"btrfs", "cephfs", "cifs", "dir", "lvm", "nfs"}

# What of a machine's local volumes is copied otherwise, or not at all.
_NO_DISKS = ("cdrom", "is_vmstate", "shared")


def find_snapshot_problem(client: Client, existing: Existing, guest: Guest) -> PveError | None:
    """Why no snapshot can be taken of a guest whose configuration was read."""
    doubtful = [
        disk
        for disk in _list_disks(guest)
        if not disk.is_cdrom and disk.format != "qcow2" and _find_type(existing, disk) not in _WITH_SNAPSHOTS
    ]
    if not doubtful or _has_feature(client, guest, "snapshot"):
        return None
    return PveError(
        UNSUPPORTED,
        f"No snapshot can be taken of guest {guest.label}: {_describe_disks(doubtful)}.",
        "Back it up instead, or use disks that have snapshots: on LVM-thin, ZFS or Ceph, or as qcow2.",
    )


def find_fixed_volumes(
    existing: Existing, guest: Guest, local_disks: Sequence[Mapping[str, Any]], *, running: bool
) -> list[str]:
    """The local volumes of a guest that can't be copied to another node, since a snapshot has them.

    I(local_disks) are those of a machine in the answer to C(GET .../migrate). A container has its configuration.
    """
    if guest.type == "lxc":
        # What a snapshot lacks is newer than all of them: the root is in each.
        root = read_disk(guest.config or {}, "rootfs")
        volumes = [root.volume] if root is not None and (guest.config or {}).get("parent") else []
    else:
        volumes = [
            str(disk["volid"])
            for disk in local_disks
            if disk.get("referenced_in_snapshot") and not any(int(disk.get(name) or 0) for name in _NO_DISKS)
        ]
    types = {volume: _find_type(existing, Disk("", volume, {})) for volume in volumes}
    local = [volume for volume in volumes if _is_local(existing, volume.partition(":")[0])]
    # Snapshots within an image are copied with it while the guest is stopped, those of ZFS always may be.
    fixed = (_WITH_COPIES if guest.type == "qemu" and running else _WITH_SNAPSHOTS) - {"zfspool"}
    return [volume for volume in local if types[volume] in fixed]


def require_clonable(
    client: Client,
    existing: Existing,
    source: Guest,
    *,
    full: bool,
    nodes: Collection[str] = (),
    storage: str | None = None,
    wished_format: str | None = None,
    snapname: str | None = None,
) -> None:
    """Raise C(unsupported) for a clone that Proxmox VE would refuse to make of a guest whose configuration was read.

    I(nodes) are those that clones are for, if not for that of the guest.
    """
    disks = _list_disks(source)
    target = min(set(nodes) - {source.node}, default=None)
    if target is not None:
        local = [disk for disk in disks if snapname is None and _is_local(existing, disk.storage)]
        if local:
            named = ", ".join(f"{disk.slot} ({disk.storage})" for disk in local)
            raise PveError(
                UNSUPPORTED,
                f"Guest {source.label} can't be cloned to node {target}: not on shared storage: {named}.",
                f"Clone it on {source.node} and migrate the clone, or move what is named to shared storage first.",
            )
        if full and _is_local(existing, storage):
            raise PveError(
                UNSUPPORTED,
                f"Storage {storage} is not shared, and a clone for another node needs storage that is.",
                f"Clone it on {source.node} and migrate the clone, or use shared storage.",
            )
    if not full:
        return
    for disk in disks if storage is None else ():
        problem = None if disk.is_cdrom else existing.find_format_problem(disk.storage, wished_format)
        if problem is not None:
            raise problem
    if source.type == "lxc" and snapname is None and read_power(client, source) != STOPPED:
        raise PveError(
            UNSUPPORTED,
            f"Container {source.label} is running, and only a snapshot of it can be cloned then.",
            "Take a snapshot and give it as snapname, or stop the container first.",
        )
    doubtful = [
        disk
        for disk in disks
        if not disk.is_cdrom and (snapname or (_find_type(existing, disk) or "path") not in _WITH_COPIES)
    ]
    if doubtful and not _has_feature(client, source, "copy", snapname):
        what = f"snapshot {snapname} of guest {source.label}" if snapname else f"guest {source.label}"
        raise PveError(
            UNSUPPORTED,
            f"No full clone can be made of {what}: {_describe_disks(doubtful)}.",
            "Clone the guest itself rather than a snapshot, or move its disks to storage that can be copied.",
        )


def _has_feature(client: Client, guest: Guest, feature: str, snapname: str | None = None) -> bool:
    """Whether a guest has a feature, by Proxmox VE itself; also if it doesn't say so."""
    query = {"feature": feature, **({"snapname": snapname} if snapname else {})}
    try:
        return bool(int(client.get(f"{guest.path}/feature", **query)["hasFeature"]))
    except PveError:
        return True


def _list_disks(guest: Guest) -> list[Disk]:
    """The drives and mount points of a guest that hold something."""
    config = guest.config or {}
    slots = [key for key in config if is_slot(guest.type, key) and not key.startswith("unused")]
    disks = [disk for disk in (read_disk(config, slot) for slot in slots) if disk is not None]
    return [disk for disk in disks if disk.volume not in ("none", "cdrom")]


def _find_type(existing: Existing, disk: Disk) -> str | None:
    """The type of a disk's storage, None where it can't be seen, or the disk is on none."""
    entries = existing.list_storage(disk.storage) if disk.storage else []
    return str(entries[0].get("plugintype")) if entries else None


def _is_local(existing: Existing, storage: str | None) -> bool:
    entries = existing.list_storage(storage) if storage else []
    return bool(entries) and not int(entries[0].get("shared") or 0)


def _describe_disks(disks: Sequence[Disk]) -> str:
    return ", ".join(
        f"{disk.slot} is {f'on {disk.storage} as {disk.format}' if disk.storage else f'a mount of {disk.volume}'}"
        for disk in disks
    )
