# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes of containers: made with a file system on them, copied with rsync, and the log lines of that."""

from __future__ import annotations

from collections.abc import Callable
from uuid import NAMESPACE_URL, uuid5

from pve_simulator.errors import failure
from pve_simulator.guests.lxc.mountpoints import MountPoint
from pve_simulator.state.storage import Storage, Volume
from pve_simulator.storage.lookup import storage_of
from pve_simulator.storage.names import is_directory
from pve_simulator.storage.volumes import Volumes

Say = Callable[[str], None]
_MIB = 1024**2
_SMALL = 512 * _MIB
_COPIED = 2_030_032


def allocate(volumes: Volumes, storage_id: str, vmid: int, size: int) -> Volume:
    """A new volume (size in bytes) with a file system: raw, or a subvolume where the storage has those."""
    storage = storage_of(volumes.cluster, storage_id)
    if "rootdir" not in storage.content:
        raise failure(f"content type 'rootdir' is not available or configured on storage '{storage_id}'")
    volume = volumes.allocate(storage_id, vmid, size, _choose_format(storage, size), content="rootdir")
    if volume.format == "raw":
        say_mkfs(volumes.say, volume)
    return volume


def create_volume(volumes: Volumes, vmid: int, mount: MountPoint) -> MountPoint:
    """Make the volume that a mount point asks for; the mount point on it."""
    if mount.new_volume is None:
        return mount
    storage_id, size = mount.new_volume
    return mount.with_volume(allocate(volumes, storage_id, vmid, size).volid, size)


def copy(volumes: Volumes, mount: MountPoint, vmid: int, storage_id: str) -> MountPoint:
    """A full copy of a mount point's volume for a container, file by file."""
    source = volumes.require(mount.volume)
    target = allocate(volumes, storage_id, vmid, source.size)
    if source.used is not None and target.used is not None:
        target.used = max(target.used, source.used)
    _say_rsync(volumes.say)
    return mount.with_volume(target.volid, source.size)


def say_mkfs(say: Say, volume: Volume) -> None:
    """Log what mkfs.ext4 prints for a new file system."""
    block = 4096 if volume.size >= _SMALL else 1024
    blocks = volume.size // block
    per_group = block * 8
    groups = max(1, -(-blocks // per_group))
    inodes_wanted = volume.size // (16384 if volume.size >= _SMALL else 4096)
    inodes = groups * _round_up(-(-inodes_wanted // groups), block // 256)
    say(f"Creating filesystem with {blocks} {block // 1024}k blocks and {inodes} inodes")
    say(f"Filesystem UUID: {_make_uuid(volume)}")
    first = 0 if block == 4096 else 1
    backups = [str(first + group * per_group) for group in range(1, groups) if _holds_backup(group)]
    if backups:
        say("Superblock backups stored on blocks: ")
        say("\t" + ", ".join(backups))


def say_resized(say: Say, path: str, before: int, after: int, *, running: bool) -> None:
    """Log what e2fsck and resize2fs print for a file system that grew (sizes in bytes)."""
    blocks = after // 4096
    if not running:
        say("e2fsck 1.47.2 (1-Jan-2025)")
        for number, what in enumerate(
            (
                "Checking inodes, blocks, and sizes",
                "Checking directory structure",
                "Checking directory connectivity",
                "Checking reference counts",
                "Checking group summary information",
            ),
            start=1,
        ):
            say(f"Pass {number}: {what}")
        say(f"{path}: 77/{before // 16384} files (0.0% non-contiguous), 13559/{before // 4096} blocks")
    say("resize2fs 1.47.2 (1-Jan-2025)")
    if running:
        say(f"Filesystem at {path} is mounted on /tmp; on-line resizing required")
    else:
        say(f"Resizing the filesystem on {path} to {blocks} (4k) blocks.")
    say(f"The filesystem on {path} is now {blocks} (4k) blocks long.")
    say("")


def _choose_format(storage: Storage, size: int) -> str:
    if storage.type == "zfspool" or (is_directory(storage) and not size):
        return "subvol"
    return "raw"


def _say_rsync(say: Say) -> None:
    for line in (
        "",
        "Number of files: 68 (reg: 19, dir: 29, link: 20)",
        "Number of created files: 66 (reg: 19, dir: 27, link: 20)",
        "Number of deleted files: 0",
        "Number of regular files transferred: 19",
        f"Total file size: {_COPIED:,} bytes",
        f"Total transferred file size: {_COPIED - 189:,} bytes",
        f"Literal data: {_COPIED - 189:,} bytes",
        "Matched data: 0 bytes",
        "File list size: 0",
        "File list generation time: 0.001 seconds",
        "File list transfer time: 0.000 seconds",
        f"Total bytes sent: {_COPIED + 2980:,}",
        "Total bytes received: 560",
        "",
        f"sent {_COPIED + 2980:,} bytes  received 560 bytes  4,067,144.00 bytes/sec",
        f"total size is {_COPIED:,}  speedup is 1.00",
    ):
        say(line)


def _make_uuid(volume: Volume) -> str:
    return str(uuid5(NAMESPACE_URL, f"{volume.volid}/{volume.ctime}"))


def _holds_backup(group: int) -> bool:
    if group == 1:
        return True
    return any(_is_power(group, base) for base in (3, 5, 7))


def _is_power(number: int, base: int) -> bool:
    while number % base == 0:
        number //= base
    return number == 1


def _round_up(number: int, step: int) -> int:
    return -(-number // step) * step
