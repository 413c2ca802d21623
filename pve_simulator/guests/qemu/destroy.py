# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Destroying a machine, its volumes and what mentions it."""

from __future__ import annotations

from collections.abc import Iterator

from pve_simulator.errors import ApiError, failure
from pve_simulator.guests import power, register
from pve_simulator.guests.qemu.disks import Disk, all_disks
from pve_simulator.guests.qemu.drives import owner
from pve_simulator.requests.call import Call
from pve_simulator.state.guest import Guest
from pve_simulator.storage.lookup import guest_volumes
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world import quorum
from pve_simulator.world.tasks import Task


def check(call: Call, guest: Guest) -> bool:
    """Raise what keeps a machine from being destroyed; whether the HA manager has it."""
    if guest.config.get("protection") == "1":
        raise failure(f"can't remove VM {guest.vmid} - protection mode enabled")
    managed = register.is_ha_configured(call.cluster, guest)
    if managed and not call.flag("purge"):
        raise failure(f"unable to remove VM {guest.vmid} - used in HA resources and purge parameter not set.")
    if not call.flag("purge"):
        register.check_not_replicated(call.cluster, guest.vmid)
    if guest.running:
        raise failure(f"VM {guest.vmid} is running - destroy failed")
    return managed


async def run(call: Call, task: Task, guest: Guest) -> None:
    """The task; the guest's lock is held."""
    managed = check(call, guest)
    power.check_lock(guest, skiplock=call.flag("skiplock") or guest.lock == "suspended")
    volumes = Volumes(call.cluster, guest.node, int(call.world.clock.time()), task.say)
    if guest.template:
        _check_bases(volumes, guest)
    await task.work()
    for disk in dict.fromkeys(_owned_volumes(volumes, guest)):
        try:
            volumes.free(disk)
        except ApiError as error:
            task.say(f"Could not remove disk '{disk}', check manually: {error.message}")
    if call.flag("destroy-unreferenced-disks"):
        _free_all(volumes, guest)
    quorum.check_config_write(call.world, guest, task)
    register.remove(call.cluster, guest, purge=call.flag("purge"))
    if call.flag("purge"):
        task.say(f"purging VM {guest.vmid} from related configurations..")
        if managed:
            task.say(f"NOTE: removed VM {guest.vmid} from HA resource configuration.")


def _check_bases(volumes: Volumes, guest: Guest) -> None:
    for disk in all_disks(guest.config, unused=True):
        if disk.is_cdrom or disk.storage not in volumes.cluster.storages:
            continue
        if "base" in disk.file and volumes.clones_of(disk.file):
            raise failure(f"base volume '{disk.file}' is still in use by linked cloned")


def _owned_volumes(volumes: Volumes, guest: Guest) -> Iterator[str]:
    """Volumes that the configuration names, its pending part and the saved states of snapshots included."""
    disks: list[Disk] = all_disks(guest.config, unused=True, state=True)
    for snapshot in guest.snapshots.values():
        disks += [disk for disk in all_disks(snapshot.config, state=True) if disk.key == "vmstate"]
    disks += all_disks(guest.pending, unused=True, state=True)
    for disk in disks:
        if (not disk.is_cdrom or disk.is_cloudinit) and owner(volumes.cluster, disk.file) == guest.vmid:
            yield disk.file


def _free_all(volumes: Volumes, guest: Guest) -> None:
    for volume in guest_volumes(volumes.cluster, guest.node, guest.vmid):
        try:
            volumes.free(volume.volid)
        except ApiError as error:
            volumes.say(error.message)
