# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Allocating, resizing, copying, linking, renaming and freeing volumes on a node's storages.

Functions change the state at once: call them when the work is done. `say` gets the lines that the real tools
print into the task log. Sizes are bytes, `now` is seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pve_simulator.errors import failure
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.storage import Storage, Volume
from pve_simulator.storage import output
from pve_simulator.storage.lookup import enabled_storage, find_volume, parse_volid, require_volume, storage_of
from pve_simulator.storage.names import (
    default_format,
    image_formats,
    is_directory,
    is_thin,
    next_name,
    path_of,
    volume_id,
    with_suffix,
)

Say = Callable[[str], None]
_CLUSTER_TABLE = 512 * 1024**2
_BLOCK = 4096


def _silent(line: str) -> None:
    """For callers without a task log."""


@dataclass
class Volumes:
    """The volumes that one node works on; `now` dates new ones."""

    cluster: Cluster
    node: str
    now: int = 0
    say: Say = _silent

    def allocate(
        self,
        storage_id: str,
        vmid: int,
        size: int,
        form: str | None = None,
        name: str | None = None,
        *,
        content: str = "images",
    ) -> Volume:
        """Make a volume for a guest, by default under its next free disk name.

        `name` is complete, with its suffix. `content` is `rootdir` for containers. Raises for unusable storages,
        formats that they do not have, names that exist, and too little space.
        """
        storage = enabled_storage(self.cluster, storage_id, self.node)
        form = form or default_format(storage)
        if form not in image_formats(storage):
            raise failure(f"unsupported format '{form}'")
        name = name or self.next_name(storage, vmid, form)
        volume = Volume(
            volume_id(storage, vmid, name),
            content,
            form,
            size,
            used=_initial_use(storage, size, form),
            vmid=vmid,
            ctime=self.now,
        )
        self._add(storage, volume)
        output.say_created(self.say, storage, volume)
        return volume

    def copy(self, volid: str, storage_id: str, vmid: int, form: str | None = None, name: str | None = None) -> Volume:
        """A full copy of a volume; with the source's format where the target storage has it."""
        source = self.require(volid)
        storage = enabled_storage(self.cluster, storage_id, self.node)
        if form is None:
            form = source.format if source.format in image_formats(storage) else default_format(storage)
        copied = self.allocate(storage_id, vmid, source.size, form, name, content=source.content)
        if source.used is not None and copied.used is not None:
            copied.used = max(copied.used, source.used)
        return copied

    def clone_linked(self, volid: str, vmid: int, snapshot: str | None = None) -> Volume:
        """A volume that starts from a base volume, or on thin LVM and RBD a snapshot, and keeps only what differs."""
        source = self.require(volid)
        storage, parsed = parse_volid(self.cluster, volid)
        if not parsed.is_base and (snapshot is None or storage.type not in ("lvmthin", "rbd")):
            raise failure("clone_image only works on base images")
        form = "qcow2" if is_directory(storage) else source.format
        name = self.next_name(storage, vmid, form)
        if is_directory(storage):
            volid = f"{storage.id}:{source.vmid}/{parsed.name}/{vmid}/{name}"
            parent: str | None = f"../{source.vmid}/{parsed.name}"
        elif storage.type == "lvmthin":
            volid, parent = f"{storage.id}:{name}", None
        elif snapshot is not None:
            volid, parent = f"{storage.id}:{name}", f"{parsed.name}@{snapshot}"
        else:
            volid, parent = f"{storage.id}:{parsed.name}/{name}", f"{parsed.name}@__base__"
        volume = replace(
            source,
            volid=volid,
            format=form,
            vmid=vmid,
            parent=parent,
            used=_initial_use(storage, source.size, form),
            ctime=self.now,
            protected=False,
            notes=None,
            snapshots={},
        )
        self._add(storage, volume)
        output.say_linked(self.say, storage, source, volume)
        return volume

    def resize(self, volid: str, size: int, *, online: bool = False) -> None:
        """Give a volume another size; `online` leaves the line to QEMU, which prints none."""
        volume = self.require(volid)
        storage, parsed = parse_volid(self.cluster, volid)
        if parsed.is_base and is_directory(storage):
            path = path_of(storage, volid.partition(":")[2])
            if not online:
                self.say(f"qemu-img: Could not open '{path}': Could not open '{path}': Operation not permitted")
            preallocation = "'--preallocation=metadata' " if volume.format == "qcow2" else ""
            command = f"/usr/bin/qemu-img resize {preallocation}-f {volume.format} {path} {size}"
            raise failure(f"command '{command}' failed: exit code 1")
        before, volume.size = volume.size, size
        if volume.used is not None and not is_thin(storage):
            volume.used = size
        if not online:
            output.say_resized(self.say, storage, volume, before)

    def rename(self, volid: str, vmid: int, name: str | None = None) -> Volume:
        """Give a volume to another guest, or another name; a linked one keeps its base."""
        volume = self.require(volid)
        storage, parsed = parse_volid(self.cluster, volid)
        name = name or self.next_name(storage, vmid, volume.format)
        base = f"{parsed.base}/" if parsed.base else ""
        if is_directory(storage):
            base = f"{parsed.base_vmid}/{base}" if base else ""
            new_id = f"{storage.id}:{base}{vmid}/{name}"
        else:
            new_id = f"{storage.id}:{base}{name}"
        volumes = storage.volumes_on(self.node)
        if new_id in volumes:
            raise failure(f"target volume '{name}' already exists")
        del volumes[volid]
        renamed = replace(volume, volid=new_id, vmid=vmid)
        volumes[new_id] = renamed
        return renamed

    def make_base(self, volid: str) -> Volume:
        """Turn a volume into a base volume for linked clones; a base stays what it is."""
        volume = self.require(volid)
        storage, parsed = parse_volid(self.cluster, volid)
        if parsed.is_base:
            return volume
        if parsed.base is not None and not is_directory(storage):
            raise failure("create_base not possible with cloned image")
        name = parsed.name.replace("subvol-", "basevol-", 1) if "subvol-" in parsed.name else parsed.name
        if is_directory(storage) or not parsed.name.startswith("subvol-"):
            name = f"base-{parsed.name.partition('-')[2]}"
        return self.rename(volid, volume.vmid, name)

    def free(self, volid: str, *, missing_ok: bool = True) -> None:
        """Remove a volume; raises when it is the base of others (`… is still in use by linked cloned`)."""
        storage, parsed = parse_volid(self.cluster, volid)
        volumes = storage.volumes_on(self.node)
        volume = volumes.get(volid)
        if volume is None:
            if missing_ok:
                return
            raise failure(f"volume '{volid}' does not exist")
        if parsed.is_base and self.clones_of(volid):
            raise failure(f"base volume '{volid}' is still in use by linked cloned")
        if volume.protected:
            raise failure(f"cannot remove protected volume '{volid.partition(':')[2]}' on '{storage.id}'")
        del volumes[volid]
        output.say_removed(self.say, storage, volume)

    def clones_of(self, volid: str) -> list[Volume]:
        """The volumes that were linked to a base volume."""
        storage, parsed = parse_volid(self.cluster, volid)
        folder = f"{parsed.vmid}/" if is_directory(storage) else ""
        prefix = f"{storage.id}:{folder}{parsed.name}/"
        return [volume for volume in storage.volumes_on(self.node).values() if volume.volid.startswith(prefix)]

    def require(self, volid: str) -> Volume:
        """A volume that must be there."""
        return require_volume(self.cluster, self.node, volid)

    def find(self, volid: str) -> Volume | None:
        """A volume, or None."""
        return find_volume(self.cluster, self.node, volid)

    def path(self, volid: str) -> str:
        """Where the node finds a volume."""
        storage_id, name = volid.split(":", 1)
        return path_of(storage_of(self.cluster, storage_id), name)

    def next_name(self, storage: Storage, vmid: int, form: str) -> str:
        """The next free disk name of a guest."""
        taken = [volume.volid for volume in storage.volumes_on(self.node).values() if volume.vmid == vmid]
        return next_name(storage, taken, vmid, form)

    def complete_name(self, storage_id: str, name: str, form: str) -> str:
        """A name such as `vm-101-cloudinit` with the suffix that the storage wants."""
        return with_suffix(storage_of(self.cluster, storage_id), name, form)

    def _add(self, storage: Storage, volume: Volume) -> None:
        volumes = storage.volumes_on(self.node)
        if volume.volid in volumes:
            path = path_of(storage, volume.volid.partition(":")[2])
            kind = "disk image" if is_directory(storage) else "volume"
            raise failure(f"{kind} '{path}' already exists")
        free = storage.total - storage.used_on(self.node)
        if not is_thin(storage) and volume.size > free:
            raise failure(f"not enough free space ({free} < {volume.size})")
        volumes[volume.volid] = volume


def _initial_use(storage: Storage, size: int, form: str) -> int:
    if not is_thin(storage):
        return size
    if form == "qcow2":
        # The header, and the tables that preallocation=metadata writes: one for each 512 MiB.
        return 49 * _BLOCK + 65536 * -(-size // _CLUSTER_TABLE)
    return _BLOCK if is_directory(storage) and size else 0
