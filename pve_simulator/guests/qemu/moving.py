# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moving a machine's disk to another storage or format."""

from __future__ import annotations

from pve_simulator.errors import ApiError, failure, invalid
from pve_simulator.guests import power
from pve_simulator.guests.qemu.copying import DiskCopier
from pve_simulator.guests.qemu.disks import Disk
from pve_simulator.guests.qemu.drives import is_cdrom, parse_drive
from pve_simulator.guests.qemu.unused import add_unused, is_in_snapshot
from pve_simulator.requests.call import Call
from pve_simulator.state.guest import Guest
from pve_simulator.storage.lookup import enabled_storage, parse_volid
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task


def check_move(call: Call, guest: Guest) -> Disk:
    """The disk to move; raises what keeps it where it is."""
    key, storage, form = call.need("disk"), call.need("storage"), call.text("format")
    power.check_lock(guest)
    digest = call.text("digest")
    if digest and digest != guest.digest:
        raise failure("detected modified configuration - file changed by other user? Try again.")
    if key not in guest.config:
        raise failure(f"disk '{key}' does not exist")
    drive = parse_drive(key, guest.config[key])
    if is_cdrom(drive, cloudinit=False):
        raise failure("you can't move a cdrom")
    old_storage, old = parse_volid(call.cluster, drive["file"])
    if old_storage.id == storage and form in (None, old.format):
        raise failure("you can't move to the same storage with same format")
    if "images" not in enabled_storage(call.cluster, storage, guest.node).content:
        raise invalid({"storage": f"storage '{storage}' does not support vm images"})
    if is_in_snapshot(guest, drive["file"]) and call.flag("delete"):
        raise failure("you can't move a disk with snapshots and delete the source")
    return Disk(key, drive)


async def move(call: Call, task: Task, guest: Guest) -> None:
    """The task, with the guest's lock held."""
    disk = check_move(call, guest)
    storage = call.need("storage")
    volumes = Volumes(call.cluster, guest.node, int(call.world.clock.time()), task.say)
    message = f"move disk VM {guest.vmid}: move --disk {disk.key} --storage {storage}"
    call.world.write_log(guest.node, call.subject.userid, message)
    task.say(f"copying volume '{disk.file}' from current storage '{disk.storage}' to target storage '{storage}'")
    if is_in_snapshot(guest, disk.file):
        task.say("moving disk with snapshots, snapshots will not be moved!")
    copier = DiskCopier(task, volumes, guest, guest.vmid, storage, call.text("format"))
    try:
        if guest.running and disk.key == "tpmstate0":
            raise failure("cannot move TPM state while VM is running")
        moved = await copier.copy(disk, share=1.0, last=False)
        if copier.jobs:
            _complete(task, copier.jobs)
        if guest.template and not disk.is_cdrom:
            moved = moved.with_volume(volumes.make_base(moved.file).volid)
    except BaseException as error:
        for volume in copier.made:
            volumes.free(volume.volid)
        if isinstance(error, ApiError):
            raise failure(f"storage migration failed: {error.message}") from error
        raise
    guest.config[disk.key] = moved.text()
    if call.flag("delete"):
        task.say(f"removing source volume '{disk.file}' after successful copy")
        volumes.free(disk.file)
        return
    key = add_unused(guest.config, disk.file)
    task.say(f"adding source volume '{disk.file}' as '{key}' to config")


def _complete(task: Task, jobs: list[str]) -> None:
    """The end of mirror jobs: the machine goes on with the new disk."""
    for job in jobs:
        task.say(f"{job}: Completing block job...")
        task.say(f"{job}: Completed successfully.")
