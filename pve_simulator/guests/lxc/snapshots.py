# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots of containers: their volumes beside their configuration."""

from __future__ import annotations

from pve_simulator.errors import ApiError
from pve_simulator.guests import power, snapshots
from pve_simulator.guests.lxc.features import config_has_feature
from pve_simulator.guests.lxc.mountpoints import add_unused, volumes_of
from pve_simulator.state.guest import Guest
from pve_simulator.storage import snapshots as volume_snapshots
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task
from pve_simulator.world.world import World


async def take(world: World, task: Task, guest: Guest, name: str, description: str | None) -> None:
    """The task of POST snapshot."""
    async with world.locks.hold("lxc", guest.vmid, task=task):
        possible = config_has_feature(world.cluster, guest.config, "snapshot")
        snapshots.prepare(guest, name, world.clock.time(), description, possible=possible)
    try:
        await task.work()
        for volid in volumes_of(guest.config):
            volume_snapshots.take(_get_volumes(world, task, guest), volid, name)
    except BaseException:
        snapshots.finish_delete(guest, name)
        raise
    snapshots.commit(guest, name)


async def delete(world: World, task: Task, guest: Guest, name: str, *, force: bool) -> None:
    """The task of DELETE snapshot; with `force` what the volumes say does not count."""
    async with world.locks.hold("lxc", guest.vmid, task=task):
        snapshot = snapshots.begin_delete(guest, name)
    await task.work()
    for volid in volumes_of(snapshot.config):
        try:
            volume_snapshots.drop(_get_volumes(world, task, guest), volid, name)
        except ApiError as error:
            if not force:
                raise
            task.say(error.message)
    snapshots.finish_delete(guest, name)


async def roll_back(world: World, task: Task, guest: Guest, name: str) -> None:
    """The task of POST rollback; the container is stopped afterwards."""
    volumes = _get_volumes(world, task, guest)
    async with world.locks.hold("lxc", guest.vmid, task=task):
        volids = volumes_of(snapshots.require_snapshot(guest, name).config) if not guest.template else []
        for volid in volids:
            volume_snapshots.check_rollback(volumes, volid, name)
        snapshots.begin_rollback(guest, name)
        if guest.running:
            power.power_off(guest)
        snapshots.lock_rollback(guest)
    await task.work()
    for volid in volids:
        volume_snapshots.roll_back(volumes, volid, name)
    for volid in volumes_of(guest.config):
        if volid not in volids:
            add_unused(guest.config, volid)
    snapshots.finish_rollback(guest, name)


def _get_volumes(world: World, task: Task, guest: Guest) -> Volumes:
    return Volumes(world.cluster, guest.node, int(world.clock.time()), task.say)
