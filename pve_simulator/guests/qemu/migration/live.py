# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The running part of a migration: start on the other node, mirror disks, send the RAM, switch over."""

from __future__ import annotations

from dataclasses import dataclass

from pve_simulator.errors import failure
from pve_simulator.guests import sizes
from pve_simulator.guests.qemu.migration.job import Migration
from pve_simulator.guests.qemu.migration.scan import LocalVolume
from pve_simulator.guests.qemu.ram import count_touched_ram
from pve_simulator.guests.qemu.starting import check_node
from pve_simulator.guests.views import agent_enabled, uptime
from pve_simulator.requests.rendering import render_bytes
from pve_simulator.state.access import ROOT
from pve_simulator.storage.lookup import storage_of
from pve_simulator.storage.names import default_format, image_formats
from pve_simulator.world.tasks import Task

# What QEMU counts as memory beside the guest's own: video memory and firmware.
_OTHER_MEMORY = 16.8 * sizes.MIB
# What goes over for a machine that has nothing in its RAM.
_EMPTY_STATE = 3_040_000
_SPEED = 1_000_000_000
_FIRST_PORT = 60000


@dataclass(frozen=True, slots=True)
class _Channel:
    """Where the other node listens."""

    state: str
    disk: str


async def go_live(job: Migration, disks: list[LocalVolume]) -> float:
    """Migrate the running guest up to the switch; returns when it was started on the other node."""
    guest, journal = job.guest, job.journal
    journal.say(f"starting VM {guest.vmid} on remote node '{job.options.target}'")
    await _start_remote(job)
    started = job.world.clock.time()
    for disk in disks:
        job.moved[disk.volid] = _allocate(job, disk)
        journal.say(f"volume '{disk.volid}' is '{job.moved[disk.volid]}' on the target")
    journal.say("start remote tunnel")
    journal.say("ssh tunnel ver 1")
    channel = _open_channel(job)
    if disks:
        await _mirror(job, disks, channel)
    await _send_memory(job, channel)
    for disk in disks:
        _say_completed(job.task, disk)
    return started


def say_after_switch(job: Migration, disks: list[LocalVolume]) -> None:
    """Log the end, when the configuration belongs to the other node."""
    journal = job.journal
    if disks:
        journal.say("stopping NBD storage migration server on target.")
        if agent_enabled(job.guest) and "fstrim_cloned_disks=1" in job.guest.config["agent"].split(","):
            skipped = job.guest.paused
            journal.say("skipping guest fstrim, because VM is paused" if skipped else "issuing guest fstrim")
    if job.options.with_conntrack:
        journal.say("stopping migration dbus-vmstate helpers")
        journal.say("migrated 0 conntrack state entries")
        journal.say("flushing conntrack state for guest on source node")
    if "qxl" in job.guest.config.get("vga", ""):
        journal.say("Waiting for spice server migration")


async def _start_remote(job: Migration) -> None:
    async def worker(task: Task) -> None:
        check_node(job.cluster.nodes[job.options.target], job.guest)
        await task.work()

    task = job.world.tasks.spawn(job.options.target, "qmstart", job.guest.vmid, ROOT, worker)
    await task.wait()
    if task.failed:
        job.journal.say(f"[{job.options.target}] {task.exitstatus}")
    if task.failed or not _is_up(job):
        raise failure("remote command failed with exit code 255")


def _allocate(job: Migration, disk: LocalVolume) -> str:
    source = job.volumes_on(job.guest.node).require(disk.volid)
    storage = storage_of(job.cluster, disk.target)
    form = source.format if source.format in image_formats(storage) else default_format(storage)
    made = job.volumes_on(job.options.target).allocate(disk.target, job.guest.vmid, source.size, form)
    made.used = source.used
    return made.volid


async def _mirror(job: Migration, disks: list[LocalVolume], channel: _Channel) -> None:
    job.journal.say("starting storage migration")
    for disk in disks:
        size = render_bytes(job.volumes_on(job.guest.node).require(disk.volid).size, 1)
        job.journal.say(f"{disk.drive}: start migration to {channel.disk}:exportname=drive-{disk.drive}")
        job.task.say(f"drive mirror is starting for drive-{disk.drive}")
        job.task.say(f"mirror-{disk.drive}: transferred 0.0 B of {size} (0.00%) in 0s")
        await job.task.work(0.4 / len(disks))
        job.task.say(f"mirror-{disk.drive}: transferred {size} of {size} (100.00%) in 1s, ready")
        job.task.say("all 'mirror' jobs are ready")
    _check_up(job)
    job.journal.say("switching mirror jobs to actively synced mode")
    for disk in disks:
        job.task.say(f"mirror-{disk.drive}: switching to actively synced mode")
    for disk in disks:
        job.task.say(f"mirror-{disk.drive}: successfully switched to actively synced mode")


async def _send_memory(job: Migration, channel: _Channel) -> None:
    config, journal = job.guest.config, job.journal
    memory = sizes.memory(job.guest)
    journal.say(f"starting online/live migration on {channel.state}")
    journal.say("set migration capabilities")
    limit = _speed_limit(job)
    if limit:
        journal.say(f"migration speed limit: {render_bytes(limit, 1)}/s")
    journal.say(f"migration downtime limit: {float(config.get('migrate_downtime', '0.1')) * 1000:g} ms")
    journal.say(f"migration cachesize: {render_bytes(_power_of_two(memory // 10), 1)}")
    journal.say("set migration parameters")
    if "qxl" in config.get("vga", ""):
        journal.say("spice client_migrate_info")
    journal.say(f"start migrate command to {channel.state}")
    await job.task.work(0.4)
    _check_up(job)
    total = memory + _OTHER_MEMORY
    seconds_up = uptime(job.world, job.guest)
    seconds = max(1, round(total / (limit or _SPEED)))
    journal.say(f"average migration speed: {render_bytes(total / seconds, 1)}/s - downtime 18 ms")
    sent = _EMPTY_STATE + count_touched_ram(job.guest, seconds_up)
    journal.say(f"migration completed, transferred {render_bytes(sent, 1)} VM-state")
    journal.say("migration status: completed")


def _say_completed(task: Task, disk: LocalVolume) -> None:
    task.say("all 'mirror' jobs are ready")
    task.say(f"mirror-{disk.drive}: Completing block job...")
    task.say(f"mirror-{disk.drive}: Completed successfully.")
    task.say(f"mirror-{disk.drive}: mirror-job finished")


def _open_channel(job: Migration) -> _Channel:
    if job.options.insecure:
        return _Channel(f"tcp:{job.target_ip}:{_FIRST_PORT}", f"nbd:{job.target_ip}:{_FIRST_PORT + 1}")
    place = f"/run/qemu-server/{job.guest.vmid}"
    return _Channel(f"unix:{place}.migrate", f"nbd:unix:{place}_nbd.migrate")


def _speed_limit(job: Migration) -> int:
    """Bytes a second, 0 for none: the lower of what was asked for and what the guest's configuration says."""
    requested = job.options.bwlimit * 1024
    configured = int(float(job.guest.config.get("migrate_speed", "0"))) * sizes.MIB
    return min(requested, configured) if requested and configured else requested or configured


def _check_up(job: Migration) -> None:
    if not _is_up(job):
        raise failure("aborting")


def _is_up(job: Migration) -> bool:
    return job.cluster.nodes[job.options.target].online


def _power_of_two(number: int) -> int:
    return 1 if number < 2 else 1 << (number - 1).bit_length()
