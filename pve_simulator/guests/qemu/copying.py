# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copying a machine's disks to new volumes (`clone_disk`): full or linked, of a stopped or a running guest."""

from __future__ import annotations

from dataclasses import dataclass, field

from pve_simulator.guests.qemu.disks import Disk
from pve_simulator.guests.qemu.freeze import try_freeze
from pve_simulator.requests.rendering import render_bytes
from pve_simulator.state.guest import Guest
from pve_simulator.state.storage import Volume
from pve_simulator.storage.lookup import storage_of
from pve_simulator.storage.names import default_format, image_formats
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task

_CLOUDINIT_SIZE = 4 * 1024**2
_TPM_SIZE = 4 * 1024**2


@dataclass
class DiskCopier:
    """Copies disks of one guest for another (or itself); `made` are the new volumes so far.

    Work on a running guest goes through mirror jobs, which all end together with the last disk.
    """

    task: Task
    volumes: Volumes
    source: Guest
    vmid: int
    storage: str | None = None
    form: str | None = None
    snapshot: str | None = None
    made: list[Volume] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)

    async def link(self, disk: Disk) -> Disk:
        """A disk that starts from a base volume or a snapshot."""
        self.task.say(f"create linked clone of drive {disk.key} ({disk.file})")
        volume = self.volumes.clone_linked(disk.file, self.vmid, self.snapshot)
        self.made.append(volume)
        return disk.with_volume(volume.volid, volume.size)

    async def copy(self, disk: Disk, *, share: float, last: bool) -> Disk:
        """A full copy, which takes a share of the task's time; `last` ends all mirror jobs."""
        self.task.say(f"create full clone of drive {disk.key} ({disk.file})")
        volume = self._allocate(disk)
        self.made.append(volume)
        self.task.say(f"allocated target volume '{volume.volid}'")
        mirrored = self.source.running and self.snapshot is None
        if disk.is_cloudinit:
            mirrored = last and bool(self.jobs)
        elif mirrored:
            self._mirror(disk, volume.size)
        elif disk.key != "efidisk0":
            self._transfer(volume.size)
        await self.task.work(share)
        if mirrored and last:
            await self._end_mirrors()
        return disk.with_volume(volume.volid, volume.size)

    def _allocate(self, disk: Disk) -> Volume:
        storage = storage_of(self.volumes.cluster, self.storage or str(disk.storage))
        form, name, size = self._choose_format(disk), None, None
        if disk.is_cloudinit:
            name, size = self.volumes.complete_name(storage.id, f"vm-{self.vmid}-cloudinit", form), _CLOUDINIT_SIZE
        elif disk.key == "tpmstate0":
            form, size = "raw", _TPM_SIZE
        source = self.volumes.find(disk.file)
        if size is None:
            size = self._get_size(disk)
        volume = self.volumes.allocate(storage.id, self.vmid, size, form, name)
        if source is not None and source.used is not None and volume.used is not None and not disk.is_cloudinit:
            volume.used = max(volume.used, source.used)
        return volume

    def _choose_format(self, disk: Disk) -> str:
        storage = storage_of(self.volumes.cluster, self.storage or str(disk.storage))
        source = self.volumes.find(disk.file)
        requested = self.form or (source.format if source else None)
        return requested if requested in image_formats(storage) else default_format(storage)

    def _get_size(self, disk: Disk) -> int:
        source = self.volumes.require(disk.file)
        return source.snapshots.get(self.snapshot, source.size) if self.snapshot else source.size

    def _transfer(self, size: int) -> None:
        total = render_bytes(size, 1)
        self.task.say(f"transferred 0.0 B of {total} (0.00%)")
        self.task.say(f"transferred {total} of {total} (100.00%)")

    def _mirror(self, disk: Disk, size: int) -> None:
        total = render_bytes(size, 1)
        job = f"mirror-{disk.key}"
        self.jobs.append(job)
        self.task.say(f"drive mirror is starting for drive-{disk.key}")
        self.task.say(f"{job}: transferred {total} of {total} (100.00%) in 0s")
        self.task.say(f"{job}: transferred {total} of {total} (100.00%) in 1s, ready")
        self.task.say("all 'mirror' jobs are ready")

    async def _end_mirrors(self) -> None:
        frozen = await try_freeze(self.task, self.source)
        self.task.say("freeze filesystem" if frozen else "suspend vm")
        for job in self.jobs:
            self.task.say(f"{job}: Cancelling block job")
        for job in self.jobs:
            self.task.say(f"{job}: Done.")
        self.task.say("unfreeze filesystem" if frozen else "resume vm")
        self.jobs.clear()
