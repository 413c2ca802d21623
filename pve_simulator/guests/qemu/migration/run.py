# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of a migration."""

from __future__ import annotations

from pve_simulator.errors import ApiError, failure
from pve_simulator.guests.feed import Feed
from pve_simulator.guests.migration import Journal, send_volume
from pve_simulator.guests.qemu.migration.job import Migration, Options
from pve_simulator.guests.qemu.migration.live import go_live, say_after_switch
from pve_simulator.guests.qemu.migration.prepare import prepare
from pve_simulator.guests.qemu.migration.scan import LocalVolume, scan_volumes
from pve_simulator.guests.qemu.references import replace_volumes
from pve_simulator.guests.replicated import reverse_jobs
from pve_simulator.state.guest import Guest
from pve_simulator.world.tasks import Task
from pve_simulator.world.world import World


async def migrate(world: World, task: Task, guest: Guest, options: Options) -> None:
    """Migrate the guest; errors are logged with the time, and then it is `migration aborted`."""
    job = Migration(world, task, guest, options, Journal(task))
    try:
        async with world.locks.hold("qemu", guest.vmid, task=task):
            prepare(job)
            volumes = await _copy(job)
            started = await _migrate_live(job, volumes) if guest.running else 0.0
            if started is None:
                job.journal.error(f"migration finished with problems (duration {job.journal.duration})")
                raise _MigrationFailed
            await _switch_node(job, volumes, started)
    except ApiError as error:
        job.journal.error(f"migration aborted (duration {job.journal.duration}): {error.message}")
        raise failure("migration aborted") from error
    except _MigrationFailed:
        raise failure("migration problems") from None
    job.journal.say(f"migration finished successfully (duration {job.journal.duration})")


class _MigrationFailed(Exception):
    """The guest could not be brought over; it goes on where it was."""


async def _copy(job: Migration) -> list[LocalVolume]:
    """Copy the volumes that nobody writes to."""
    job.journal.say(f"starting migration of VM {job.guest.vmid} to node '{job.options.target}' ({job.target_ip})")
    job.guest.config["lock"] = "migrate"
    try:
        volumes = scan_volumes(job)
        offline = [volume for volume in volumes if not volume.online]
        if offline:
            job.journal.say("copying local disk images")
        elif not job.guest.running:
            await job.task.work(0.1)
        here = job.volumes_on(job.guest.node)
        for volume in offline:
            await job.task.work(1 / len(offline))
            _check_target(job, volume)
            job.moved[volume.volid] = send_volume(
                job.journal, here, job.options.target, volume.volid, volume.target
            ).volid
    except ApiError as error:
        job.journal.error(error.message)
        job.journal.say("aborting phase 1 - cleanup resources")
        job.undo()
        raise
    except BaseException:
        job.undo()
        raise
    return volumes


async def _migrate_live(job: Migration, volumes: list[LocalVolume]) -> float | None:
    """When the guest was started on the other node; None when it could not be brought over."""
    try:
        return await go_live(job, [volume for volume in volumes if volume.online])
    except ApiError as error:
        job.journal.error(f"online migrate failure - {error.message}")
        job.journal.say("aborting phase 2 - cleanup resources")
        job.journal.say("migrate_cancel")
        job.undo()
        return None
    except BaseException:
        job.undo()
        raise


async def _switch_node(job: Migration, volumes: list[LocalVolume], started: float) -> None:
    """Move the guest to the other node, and free its volumes here.

    A running guest stands there for a moment, paused and still locked, before it goes on.
    """
    guest = job.guest
    source = guest.node
    here = job.volumes_on(source)
    replace_volumes(guest, job.moved)
    guest.node = job.options.target
    reverse_jobs(job.cluster, guest, source)
    if guest.running:
        # The last broadcast before the switch still finds the guest here for a moment.
        job.world.part(Feed).broadcast_status(job.world, guest, "postmigrate")
        guest.started_at = started
        guest.pid = job.world.tasks.new_pid(guest.node)
        was_paused, guest.paused = guest.paused, True
        await job.task.work(0.1)
        guest.paused = was_paused
        say_after_switch(job, [volume for volume in volumes if volume.online])
    for volume in volumes:
        here.free(volume.volid)
    guest.config.pop("lock", None)


def _check_target(job: Migration, volume: LocalVolume) -> None:
    if not job.cluster.nodes[job.options.target].online:
        what = f"storage migration for '{volume.volid}' to storage '{volume.target}' failed"
        raise failure(f"{what} - command 'ssh' failed: exit code 255")
