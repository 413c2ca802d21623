# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Destroying a container, its volumes and what mentions it."""

from __future__ import annotations

from pve_simulator.errors import ApiError, failure
from pve_simulator.guests import power, register
from pve_simulator.guests.lxc.changes import free_if_owned
from pve_simulator.guests.lxc.mountpoints import volumes_of
from pve_simulator.requests.call import Call
from pve_simulator.state.guest import Guest
from pve_simulator.storage.lookup import guest_volumes
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world import quorum
from pve_simulator.world.tasks import Task


def check(call: Call, guest: Guest) -> bool:
    """Raise what keeps a container from being destroyed; whether the HA manager has it."""
    if guest.config.get("protection") == "1":
        raise failure(f"can't remove CT {guest.vmid} - protection mode enabled")
    power.check_lock(guest)
    managed = register.is_ha_configured(call.cluster, guest)
    if managed and not call.flag("purge"):
        raise failure(f"unable to remove CT {guest.vmid} - used in HA resources and purge parameter not set.")
    if not call.flag("purge"):
        register.check_not_replicated(call.cluster, guest.vmid)
    return managed


def check_stopped(call: Call, guest: Guest) -> None:
    """Raise for a running container, unless it is to be stopped by force."""
    if guest.running and not call.flag("force"):
        raise failure(f"unable to destroy CT {guest.vmid} - container is running")


async def run(call: Call, task: Task, guest: Guest) -> None:
    """The task."""
    managed = check(call, guest)
    check_stopped(call, guest)
    if guest.running:
        task.say(f"forced to stop CT {guest.vmid} before destroying!")
        power.power_off(guest)
    await task.work()
    volumes = Volumes(call.cluster, guest.node, int(call.world.clock.time()), task.say)
    mounted = volumes_of(guest.config, unused=True) + volumes_of(guest.pending)
    for volid in dict.fromkeys(mounted):
        free_if_owned(volumes, guest.vmid, volid)
    if call.flag("destroy-unreferenced-disks"):
        _free_all(call, task, volumes, guest)
    quorum.check_config_write(call.world, guest, task)
    register.remove(call.cluster, guest, purge=call.flag("purge"))
    if call.flag("purge"):
        task.say(f"purging CT {guest.vmid} from related configurations..")
        if managed:
            task.say(f"NOTE: removed CT {guest.vmid} from HA resource configuration.")


def _free_all(call: Call, task: Task, volumes: Volumes, guest: Guest) -> None:
    for volume in guest_volumes(call.cluster, guest.node, guest.vmid):
        try:
            volumes.free(volume.volid)
        except ApiError as error:
            task.say(error.message)
