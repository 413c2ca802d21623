# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What qemu-img, lvm and the like print into task logs."""

from __future__ import annotations

from collections.abc import Callable

from pve_simulator.state.storage import Storage, Volume
from pve_simulator.storage.names import is_directory, parse_name, path_of

_EXTENT = 4 * 1024**2
Say = Callable[[str], None]


def say_created(say: Say, storage: Storage, volume: Volume) -> None:
    """Log the creation of an empty volume."""
    if is_directory(storage):
        path = path_of(storage, volume.volid.partition(":")[2])
        if volume.format != "subvol":
            say(f"Formatting '{path}', {_format_options(volume)}")
    elif storage.type in ("lvm", "lvmthin"):
        say(f'  Logical volume "{_get_name(storage, volume)}" created.')


def say_linked(say: Say, storage: Storage, source: Volume, volume: Volume) -> None:
    """Log the creation of a volume on top of a base volume."""
    name = _get_name(storage, volume)
    if is_directory(storage):
        source_name = source.volid.partition(":")[2]
        say(f"clone {source_name}: images, {name}, {volume.vmid} to {name} (base={volume.parent})")
        say(f"Formatting '{path_of(storage, volume.volid.partition(':')[2])}', {_linked_options(source, volume)}")
    elif storage.type == "lvmthin":
        say(f'  Logical volume "{name}" created.')
    elif storage.type == "rbd":
        base = _get_name(storage, source)
        say(f"clone {base}: {base} snapname __base__ to {name}")


def say_resized(say: Say, storage: Storage, volume: Volume, before: int) -> None:
    """Log the resize of a volume by the storage's own tool."""
    if is_directory(storage):
        say("Image resized.")
    elif storage.type in ("lvm", "lvmthin"):
        name = f"{storage.config.get('vgname', 'pve')}/{_get_name(storage, volume)}"
        say(f"  Size of logical volume {name} changed from {_lvm_size(before)} to {_lvm_size(volume.size)}.")
        say(f"  Logical volume {name} successfully resized.")


def say_removed(say: Say, storage: Storage, volume: Volume) -> None:
    """Log the removal of a volume."""
    if storage.type in ("lvm", "lvmthin"):
        say(f'  Logical volume "{_get_name(storage, volume)}" successfully removed.')
    elif storage.type == "rbd":
        say("Removing image: 100% complete...done.")


def _get_name(storage: Storage, volume: Volume) -> str:
    return parse_name(storage, volume.volid.partition(":")[2]).name


def _format_options(volume: Volume) -> str:
    if volume.format == "qcow2":
        return (
            "fmt=qcow2 cluster_size=65536 extended_l2=off preallocation=metadata compression_type=zlib"
            f" size={volume.size} lazy_refcounts=off refcount_bits=16"
        )
    if volume.format == "vmdk":
        return f"fmt=vmdk size={volume.size} compat6=off hwversion=undefined"
    return f"fmt={volume.format} size={volume.size} preallocation=off"


def _linked_options(source: Volume, volume: Volume) -> str:
    preallocation = "metadata" if source.format == "qcow2" else "off"
    return (
        f"fmt=qcow2 cluster_size=131072 extended_l2=on preallocation={preallocation} compression_type=zlib"
        f" size={volume.size} backing_file={volume.parent} backing_fmt={source.format}"
        " lazy_refcounts=off refcount_bits=16"
    )


def _lvm_size(size: int) -> str:
    extents = -(-size // _EXTENT)
    amount = extents * _EXTENT
    unit, name = next(
        (pair for pair in ((1024**4, "TiB"), (1024**3, "GiB")) if amount >= pair[0]),
        (1024**2, "MiB"),
    )
    return f"{amount / unit:.2f} {name} ({extents} extents)"
