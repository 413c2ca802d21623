# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a storage holds, as its content list and a volume's own page show it. Pure functions."""

from __future__ import annotations

import re
from typing import Any

from pve_simulator.state.cluster import Cluster
from pve_simulator.state.storage import Storage, Volume
from pve_simulator.storage.names import is_directory, parse_name, path_of

_SECTOR = 512
_BLOCK = 4096
_IMAGES = frozenset({"images", "rootdir"})
# Without an owner: not in the list of one guest's volumes.
_UNOWNED = frozenset({"iso", "vztmpl", "import"})
_BACKUP_SERVER = re.compile(r":backup/(vm|ct)/\d+/[^/]+$")
_STANDARD_BACKUP = re.compile(r"vzdump-(lxc|openvz|qemu)-(\d+)-\d{4}_\d\d_\d\d-\d\d_\d\d_\d\d\.(.+)$")


def list_volumes(
    cluster: Cluster, storage: Storage, node: str, *, content: str | None = None, vmid: int | None = None
) -> list[tuple[Volume, dict[str, Any]]]:
    """Volumes with their list entries, by name; of one content type, of one guest."""
    entries = []
    for volume in sorted(storage.volumes_on(node).values(), key=lambda volume: volume.volid.lower()):
        kind = content_of(cluster, volume)
        if kind not in storage.content or (content is not None and kind != content):
            continue
        if vmid is not None and (kind in _UNOWNED or volume.vmid != vmid):
            continue
        entries.append((volume, _entry(storage, volume, kind)))
    return entries


def content_of(cluster: Cluster, volume: Volume) -> str:
    """The content type; that of an image depends on the type of the guest that owns it now."""
    if volume.content not in _IMAGES:
        return volume.content
    owner = cluster.guests.get(volume.vmid)
    return "rootdir" if owner is not None and owner.type == "lxc" else "images"


def build_volume_page(storage: Storage, volume: Volume) -> dict[str, Any]:
    """Path, size and use of one volume, as `qemu-img info` and `stat` tell it."""
    page: dict[str, Any] = {"path": path_of(storage, volume.volid.partition(":")[2])}
    if volume.content in _IMAGES:
        return {**page, "size": volume.size, "used": _get_used(volume), "format": volume.format}
    form = volume.format if volume.format in ("qcow2", "vmdk") else "raw"
    page |= {"size": _round(volume.size, _SECTOR), "used": _round(volume.size, _BLOCK), "format": form}
    if volume.content == "backup":
        page |= {"notes": volume.notes or "", "protected": int(volume.protected)}
    return page


def file_format(content: str, filename: str) -> str:
    """The `format` of a file that somebody put on a storage."""
    name = filename.lower()
    if content == "iso":
        return "iso"
    if content == "snippets":
        return "snippet"
    if content == "vztmpl":
        return "tar" if name.endswith(".tar") else f"t{name.rpartition('.')[2]}"
    if content == "backup":
        match = re.search(r"\.((?:tar|vma)(?:\.(?:gz|lzo|zst|bz2))?|tgz)$", filename)
        return match[1] if match else "unknown"
    return name.rpartition(".")[2]


def backup_type(volume: Volume) -> str:
    """`qemu`, `lxc` or `unknown`, by the name of a backup."""
    on_server = _BACKUP_SERVER.search(volume.volid)
    if on_server:
        return "qemu" if on_server[1] == "vm" else "lxc"
    match = _STANDARD_BACKUP.search(volume.volid)
    return match[1] if match else "unknown"


def has_standard_name(volume: Volume) -> bool:
    """Whether a backup is called as vzdump calls it; others are never pruned."""
    return (_STANDARD_BACKUP.search(volume.volid) or _BACKUP_SERVER.search(volume.volid)) is not None


def _entry(storage: Storage, volume: Volume, kind: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "volid": volume.volid,
        "content": kind,
        "format": volume.format,
        "size": volume.size,
        "ctime": volume.ctime,
    }
    if kind in _IMAGES:
        entry |= {"vmid": volume.vmid}
        if is_directory(storage):
            entry |= {"used": _get_used(volume), "parent": volume.parent}
        elif parse_name(storage, volume.volid.partition(":")[2]).base or volume.parent:
            entry["parent"] = volume.parent
    elif kind == "backup":
        entry["subtype"] = backup_type(volume)
        if volume.vmid:
            entry["vmid"] = volume.vmid
        if volume.notes:
            entry["notes"] = volume.notes.split("\n", 1)[0]
        if volume.protected:
            entry["protected"] = 1
    return entry


def _get_used(volume: Volume) -> int:
    return volume.size if volume.used is None else volume.used


def _round(size: int, unit: int) -> int:
    return -(-size // unit) * unit
