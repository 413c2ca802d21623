# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moving a container to another node: its local volumes are copied, a running one is shut down and started there."""

from __future__ import annotations

from dataclasses import dataclass, field

from pve_simulator.errors import ApiError, failure
from pve_simulator.guests import power
from pve_simulator.guests.lxc import mountpoints as mp
from pve_simulator.guests.lxc.start import make_start_worker
from pve_simulator.guests.migration import (
    Journal,
    StorageMap,
    check_migratable,
    check_reachable,
    remote_shell,
    send_volume,
)
from pve_simulator.guests.replicated import reverse_jobs
from pve_simulator.state.access import ROOT
from pve_simulator.state.guest import Guest
from pve_simulator.storage.lookup import enabled_storage, parse_volid
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task
from pve_simulator.world.world import World


@dataclass(frozen=True, slots=True)
class Options:
    """How to migrate; `timeout` is what a shutdown may take, seconds."""

    target: str
    online: bool = False
    restart: bool = False
    timeout: int = 180
    storages: StorageMap = field(default_factory=StorageMap)


@dataclass
class _Migration:
    world: World
    task: Task
    guest: Guest
    options: Options
    journal: Journal
    moved: dict[str, str] = field(default_factory=dict)

    def volumes_on(self, node: str) -> Volumes:
        return Volumes(self.world.cluster, node, int(self.world.clock.time()))


def check_running(guest: Guest, *, online: bool, restart: bool) -> None:
    """Raise what is refused before the task starts."""
    if guest.running and not (online or restart):
        raise failure("can't migrate running container without --online or --restart")


async def run(world: World, task: Task, guest: Guest, options: Options) -> None:
    """The task; errors are logged with the time, and then the migration is aborted."""
    job = _Migration(world, task, guest, options, Journal(task))
    try:
        async with world.locks.hold("lxc", guest.vmid, task=task):
            _check(job)
            restart = await _stop(job)
            await _copy_volumes(job, restart=restart)
            _switch_node(job)
    except ApiError as error:
        job.journal.error(f"migration aborted (duration {job.journal.duration}): {error.message}")
        raise failure("migration aborted") from error
    if restart:
        job.journal.say("start container on target node")
        job.journal.say(f"# {remote_shell(world.cluster, options.target)} pct start {guest.vmid}")
        await _start(job)
    job.journal.say(f"migration finished successfully (duration {job.journal.duration})")


def _check(job: _Migration) -> None:
    power.check_lock(job.guest)
    if job.guest.running and job.options.online:
        raise failure("lxc live migration is currently not implemented")
    for mount in mp.list_mounts(job.guest.config):
        if mount.kind == "volume":
            _choose_storage(job, mount.volume)
        elif mount.options.get("shared") != "1":
            raise failure(f"cannot migrate local {mount.kind} mount point '{mount.key}'")
    check_reachable(job.journal, job.world.cluster, job.options.target)


def _choose_storage(job: _Migration, volid: str) -> str:
    """The storage that a volume goes to; raises unless both nodes have theirs and it takes containers."""
    cluster = job.world.cluster
    storage = enabled_storage(cluster, parse_volid(cluster, volid)[0].id, job.guest.node)
    name = storage.id if storage.is_shared else job.options.storages.target(storage.id)
    target = enabled_storage(cluster, name, job.options.target)
    if "rootdir" not in target.content:
        raise failure(f"{volid}: content type 'rootdir' is not available on storage '{name}'")
    return name


async def _stop(job: _Migration) -> bool:
    """Shut a running container down; whether it was running."""
    if not job.guest.running:
        return False
    job.journal.say(f"shutdown CT {job.guest.vmid}")
    if not job.guest.acpi:
        await job.task.clock.sleep(job.options.timeout)
    power.power_off(job.guest)
    return True


async def _copy_volumes(job: _Migration, *, restart: bool) -> None:
    guest, options, journal = job.guest, job.options, job.journal
    address = job.world.cluster.nodes[options.target].ip
    journal.say(f"starting migration of CT {guest.vmid} to node '{options.target}' ({address})")
    guest.config["lock"] = "migrate"
    try:
        volumes = _scan_volumes(job)
        here = job.volumes_on(guest.node)
        for volid in volumes:
            await job.task.work(1 / len(volumes))
            check_reachable(journal, job.world.cluster, options.target)
            job.moved[volid] = send_volume(journal, here, options.target, volid, _choose_storage(job, volid)).volid
        if volumes:
            shell = remote_shell(job.world.cluster, options.target)
            journal.say(f"# {shell} pvesr set-state {guest.vmid} \\''{{}}'\\'")
        else:
            await job.task.work(0.1)
    except BaseException as error:
        if job.task.has_crashed:
            raise
        _undo(job)
        if isinstance(error, ApiError):
            journal.error(error.message)
            journal.say("aborting phase 1 - cleanup resources")
            journal.say("start final cleanup")
            if restart:
                journal.say("start container on source node")
        if restart:
            power.power_on(job.world, guest)
        raise


def _scan_volumes(job: _Migration) -> list[str]:
    """The local volumes by name; raises when one of them cannot go."""
    guest, cluster, journal = job.guest, job.world.cluster, job.journal
    in_snapshots = {volid for each in guest.snapshots.values() for volid in mp.volumes_of(each.config)}
    mounted = mp.volumes_of(guest.config, unused=True)
    for mount in mp.list_mounts(guest.config):
        if mount.kind != "volume":
            journal.say(f"ignoring shared '{mount.kind}' mount point '{mount.key}' ('{mount.volume}')")
    volids, errors = [], {}
    for volid in sorted({*mounted, *in_snapshots}):
        storage, parsed = parse_volid(cluster, volid)
        if storage.is_shared:
            journal.say(f"volume '{volid}' is on shared storage '{storage.id}'")
            continue
        volids.append(volid)
        if parsed.vmid != guest.vmid:
            errors[volid] = f"owned by other guest (owner = {parsed.vmid})"
        elif volid in in_snapshots and storage.type != "zfspool":
            errors[volid] = "non-migratable snapshot exists"
        elif parsed.is_base and job.volumes_on(guest.node).clones_of(volid):
            errors[volid] = "referenced by linked clone(s)"
    for volid in volids:
        where = "in current VM config" if volid in mounted else "referenced by snapshot(s)"
        journal.say(f"found local volume '{volid}' ({where})")
    for volid, text in errors.items():
        journal.say(f"can't migrate local volume '{volid}': {text}")
    if errors:
        raise failure("can't migrate CT - check log")
    for volid in volids:
        check_migratable(parse_volid(cluster, volid)[0], volid)
    return volids


def _switch_node(job: _Migration) -> None:
    """Move the container to the other node, and free its volumes here."""
    guest, source = job.guest, job.guest.node
    for config in (guest.config, *(snapshot.config for snapshot in guest.snapshots.values())):
        for mount in mp.list_mounts(config):
            if mount.volume in job.moved:
                config[mount.key] = mount.with_volume(job.moved[mount.volume]).text()
        for key in (key for key in config if mp.is_unused_key(key)):
            config[key] = job.moved.get(config[key], config[key])
    guest.config.pop("lock", None)
    guest.node = job.options.target
    reverse_jobs(job.world.cluster, guest, source)
    here = job.volumes_on(source)
    for volid in job.moved:
        here.free(volid)
    job.journal.say("start final cleanup")


async def _start(job: _Migration) -> None:
    worker = make_start_worker(job.world, job.options.target, job.guest.vmid)
    await job.world.tasks.spawn(job.options.target, "vzstart", job.guest.vmid, ROOT, worker).wait()


def _undo(job: _Migration) -> None:
    there = job.volumes_on(job.options.target)
    for volid in job.moved.values():
        there.free(volid)
    job.guest.config.pop("lock", None)
