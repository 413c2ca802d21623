# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The disks of a machine that is restored, and what the tools that fill them print."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from pve_simulator.backup.archive import unpack_command
from pve_simulator.errors import failure
from pve_simulator.guests.qemu.disks import Disk, all_disks
from pve_simulator.requests.call import Call
from pve_simulator.state.guest import Config, Guest
from pve_simulator.state.storage import ArchivedGuest, Volume
from pve_simulator.storage.lookup import enabled_storage
from pve_simulator.storage.names import default_format, image_formats, path_of, split_volid
from pve_simulator.storage.uploads import TEMPORARY
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task

_CLUSTER = 65536
_CLOUDINIT_SIZE = 4 * 1024**2


@dataclass
class Restore:
    """One restore: the call, what overrides the archive's configuration, and the archive."""

    call: Call
    settings: Config
    archive: Volume
    guest: Guest
    made: list[str] = field(default_factory=list)

    @property
    def archived_guest(self) -> ArchivedGuest:
        """What the archive holds."""
        if self.archive.archived is None:
            raise failure(f"couldn't determine archive info from '{self.path}'")
        return self.archive.archived

    @property
    def path(self) -> str:
        """The archive's file."""
        storage = self.call.cluster.storages[self.archive.volid.partition(":")[0]]
        return path_of(storage, self.archive.volid.partition(":")[2])

    @property
    def on_server(self) -> bool:
        """Whether it comes from a Proxmox Backup Server."""
        return self.archive.format.startswith("pbs-")


def say_header(work: Restore, task: Task, text: str, disks: list[Disk]) -> None:
    """Log what vma prints of an archive; nothing of one on a Proxmox Backup Server."""
    if work.on_server:
        return
    temporary = f"{TEMPORARY}/vzdumptmp{task.upid.pid}"
    unpack = unpack_command(work.path)
    source = f"{unpack} | vma extract -v -r {temporary}.fifo -" if unpack else f"vma extract -v -r {temporary}.fifo"
    task.say(f"restore vma archive: {source} {'' if unpack else f'{work.path} '}{temporary}")
    task.say(f"CFG: size: {len(text.encode())} name: qemu-server.conf")
    for number, disk in enumerate(disks, start=1):
        task.say(f"DEV: dev_id={number} size: {disk.size or 0} devname: drive-{disk.key}")
    task.say(f"CTIME: {time.asctime(time.gmtime(work.archive.ctime))}")


def choose_target(call: Call, storage_id: str, form: str) -> tuple[str, str]:
    """Storage and format of a restored disk."""
    storage = enabled_storage(call.cluster, call.text("storage") or storage_id or "local", call.node)
    if "images" not in storage.content:
        raise failure(f"Content type 'images' is not available on storage '{storage.id}'")
    return storage.id, form if form in image_formats(storage) else default_format(storage)


def make_disks(work: Restore, task: Task, targets: list[tuple[Disk, str, str]]) -> Config:
    """New volumes for the disks; the configuration with them."""
    call = work.call
    volumes = Volumes(call.cluster, call.node, int(call.world.clock.time()), task.say)
    disks_made: list[tuple[Disk, Volume]] = []
    for disk, storage, form in targets:
        volume = volumes.allocate(storage, work.guest.vmid, disk.size or 0, form)
        work.made.append(volume.volid)
        task.say(f"new volume ID is '{volume.volid}'")
        disks_made.append((disk, volume))
    for disk, volume in disks_made:
        if work.on_server:
            _say_download(work, task, disk, volume, volumes.path(volume.volid))
        else:
            task.say(f"map 'drive-{disk.key}' to '{volumes.path(volume.volid)}' (write zeros = 0)")
    return {disk.key: disk.with_volume(volume.volid, volume.size).text() for disk, volume in disks_made}


def _say_download(work: Restore, task: Task, disk: Disk, volume: Volume, path: str) -> None:
    repository, snapshot = work.path.removeprefix("pbs://").split("/", 1)
    source = f"--repository {repository} {snapshot} drive-{disk.key}.img.fidx {path}"
    task.say(f"restore proxmox backup image: /usr/bin/pbs-restore {source} --verbose --format {volume.format}")
    task.say(f"connecting to repository '{repository}'")
    task.say(f"open block backend for target '{path}'")
    task.say(f"starting to restore snapshot '{snapshot}'")
    task.say("download and verify backup index")


def make_cloudinit(work: Restore, task: Task, disks: dict[str, Disk]) -> Config:
    """Make the cloud-init drives, which archives do not contain."""
    call, vmid = work.call, work.guest.vmid
    volumes = Volumes(call.cluster, call.node, int(call.world.clock.time()), task.say)
    config: Config = {}
    for key, disk in disks.items():
        if not disk.is_cloudinit or disk.storage is None:
            continue
        name, form = choose_target(call, disk.storage, "qcow2" if disk.file.endswith(".qcow2") else "raw")
        volume = volumes.allocate(
            name, vmid, _CLOUDINIT_SIZE, form, volumes.complete_name(name, f"vm-{vmid}-cloudinit", form)
        )
        work.made.append(volume.volid)
        task.say(f"new volume ID is '{volume.volid}'")
        config[key] = disk.with_volume(volume.volid).text()
    return config


def free_old_volumes(work: Restore) -> None:
    """Free the volumes of the overwritten machine before new ones are made."""
    call, guest = work.call, work.guest
    volumes = Volumes(call.cluster, call.node)
    for disk in all_disks(guest.config, unused=True, state=True):
        volume = volumes.find(disk.file) if split_volid(disk.file) else None
        if volume is not None and volume.vmid == guest.vmid and (not disk.is_cdrom or disk.is_cloudinit):
            volumes.free(volume.volid)


def say_transfer(task: Task, total: int) -> None:
    """Log what vma prints while it reads."""
    if not total:
        return
    for percent in range(1, 101):
        read = min(total, -(-total * percent // (100 * _CLUSTER)) * _CLUSTER)
        task.say(f"progress {percent}% (read {read} bytes, duration 0 sec)")
    task.say(f"total bytes read {total}, sparse bytes {total} (100%)")
