# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots of virtual machines: the work of the tasks, on volumes and RAM."""

from __future__ import annotations

from contextlib import suppress

from pve_simulator.errors import ApiError
from pve_simulator.guests import power, snapshots
from pve_simulator.guests.qemu import ram
from pve_simulator.guests.qemu.disks import disks_of
from pve_simulator.guests.qemu.features import all_have_feature
from pve_simulator.guests.qemu.freeze import try_freeze
from pve_simulator.guests.qemu.identity import new_uuid
from pve_simulator.guests.qemu.unused import add_unused, drop_used
from pve_simulator.guests.views import uptime
from pve_simulator.requests.call import Call, find_guest
from pve_simulator.requests.rendering import render_bytes, render_duration
from pve_simulator.state.guest import Config, Guest, Snapshot
from pve_simulator.state.storage import Volume
from pve_simulator.storage import snapshots as inside
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task
from pve_simulator.world.world import World

# After a running guest was replaced by its saved RAM, the cleanup of the old process waits for the new one to end.
_CLEANUP_SECONDS = 30.0
_STATE_HEADER = 291


async def create(call: Call, task: Task, name: str, description: str | None, *, with_ram: bool) -> None:
    """Take a snapshot; with RAM only of a running guest."""
    hold = call.world.locks.hold
    volumes = _get_volumes(call, task)
    async with hold("qemu", call.vmid, task=task):
        guest = _get_guest(call)
        possible = all_have_feature(call.cluster, guest.config, "snapshot")
        snapshot = snapshots.prepare(guest, name, call.world.clock.time(), description, possible=possible)
        try:
            state = _allocate_ram(volumes, guest, snapshot, name) if with_ram and guest.running else None
        except ApiError:
            _remove_snapshot(guest, name)
            raise
    try:
        await _take(call.world, task, volumes, guest, name, state)
    except BaseException:
        if task.running:
            task.say("snapshot create failed: starting cleanup")
        if not task.has_crashed:
            _undo(volumes, guest, name)
        raise
    async with hold("qemu", call.vmid, task=task):
        snapshots.commit(guest, name)


async def delete(call: Call, task: Task, name: str, *, force: bool) -> None:
    """Remove a snapshot; volumes that only it still used become unused."""
    hold = call.world.locks.hold
    volumes = _get_volumes(call, task)
    async with hold("qemu", call.vmid, task=task):
        guest = _get_guest(call)
        snapshot = snapshots.begin_delete(guest, name)
    await task.work()
    state = snapshot.config.get("vmstate")
    if state is not None:
        volumes.free(state)
        del snapshot.config["vmstate"]
    disks = disks_of(snapshot.config)
    for disk in disks:
        try:
            inside.drop(volumes, disk.file, name)
        except ApiError as error:
            if not force:
                raise
            task.say(error.message)
    async with hold("qemu", call.vmid, task=task):
        snapshots.finish_delete(guest, name)
        for disk in disks:
            add_unused(guest.config, disk.file)
        drop_used(guest)


async def rollback(call: Call, task: Task, name: str) -> None:
    """Roll back to a snapshot; a running guest is stopped, and one saved with its RAM runs afterwards."""
    hold = call.world.locks.hold
    volumes = _get_volumes(call, task)
    async with hold("qemu", call.vmid, task=task):
        guest = _get_guest(call)
        disks = disks_of(snapshots.require_snapshot(guest, name).config) if name in guest.snapshots else []
        for disk in disks:
            inside.check_rollback(volumes, disk.file, name)
        snapshot = snapshots.begin_rollback(guest, name)
        was_running = guest.running
        if was_running:
            power.power_off(guest, call.world)
        snapshots.lock_rollback(guest)
    for disk in disks:
        inside.roll_back(volumes, disk.file, name)
    await task.work()
    async with hold("qemu", call.vmid, task=task):
        _restore_config(guest, name)
        if "vmstate" in snapshot.config:
            for line in ram.restore_lines(snapshot.config):
                task.say(line)
            power.power_on(call.world, guest)
            if was_running:
                call.world.run_in_background(_clean_up(call.world, guest.vmid))


async def _take(world: World, task: Task, volumes: Volumes, guest: Guest, name: str, state: Volume | None) -> None:
    if state is not None:
        task.say(f"saving VM state and RAM using storage '{state.volid.partition(':')[0]}'")
        task.say(f"{render_bytes(_STATE_HEADER)} in 0s")
        began = world.clock.time()
        await task.work(0.5)
        written = render_bytes(ram.write_state(volumes, state, guest, uptime(world, guest)))
        task.say(f"completed saving the VM state in {render_duration(world.clock.time() - began)}, saved {written}")
    elif guest.running:
        await try_freeze(task, guest)
    for disk in disks_of(guest.snapshots[name].config):
        task.say(f"snapshotting 'drive-{disk.key}' ({disk.file})")
        inside.take(volumes, disk.file, name)
        if guest.running and volumes.require(disk.file).format == "qcow2" and disk.key != "tpmstate0":
            task.say("internal qemu snapshot")
    await task.work(0.5 if state else 1.0)


def _allocate_ram(volumes: Volumes, guest: Guest, snapshot: Snapshot, name: str) -> Volume:
    state = ram.allocate_state(volumes, guest, name)
    snapshot.config |= {**ram.running_keys(guest), "vmstate": state.volid}
    return state


def _undo(volumes: Volumes, guest: Guest, name: str) -> None:
    config = guest.snapshots[name].config
    for disk in disks_of(config):
        volume = volumes.find(disk.file)
        if volume is not None:
            volume.snapshots.pop(name, None)
    if "vmstate" in config:
        volumes.free(config["vmstate"])
    _remove_snapshot(guest, name)


def _remove_snapshot(guest: Guest, name: str) -> None:
    guest.snapshots.pop(name)
    guest.config.pop("lock", None)


def _restore_config(guest: Guest, name: str) -> None:
    """Take over the snapshot's configuration; disks that it does not have become unused."""
    snapshot = guest.snapshots[name]
    snapshot_files = {disk.file for disk in disks_of(snapshot.config)}
    for disk in disks_of(guest.config):
        if disk.file not in snapshot_files:
            add_unused(guest.config, disk.file)
    machine_was_set = "machine" in guest.config
    snapshots.finish_rollback(guest, name)
    _forget_running(guest.config, snapshot.config, machine_was_set=machine_was_set)
    if "vmgenid" in guest.config:
        guest.config["vmgenid"] = new_uuid()
    drop_used(guest)


def _forget_running(config: Config, saved: Config, *, machine_was_set: bool) -> None:
    if "runningmachine" not in config and "vmstate" in saved and not machine_was_set:
        config.pop("machine", None)
    for key in ("runningmachine", "runningcpu", "running-nets-host-mtu"):
        config.pop(key, None)


async def _clean_up(world: World, vmid: int) -> None:
    # Like the real server, it gives up when the lock is held for too long.
    with suppress(ApiError):
        async with world.locks.hold("qemu", vmid):
            await world.clock.sleep(_CLEANUP_SECONDS)


def _get_volumes(call: Call, task: Task) -> Volumes:
    return Volumes(call.cluster, call.node, int(call.world.clock.time()), task.say)


def _get_guest(call: Call) -> Guest:
    return find_guest(call.cluster, "qemu", call.node, call.vmid)
