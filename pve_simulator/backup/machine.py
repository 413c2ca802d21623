# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backup of a virtual machine (PVE::VZDump::QemuServer)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from contextlib import nullcontext

from pve_simulator.backup.archive import Included, archive_size, backup_volumes, compressor_for, config_text
from pve_simulator.backup.run import ArchiveInfo, GuestRun
from pve_simulator.errors import failure
from pve_simulator.guests import power
from pve_simulator.guests.feed import Feed
from pve_simulator.guests.qemu.freeze import try_freeze
from pve_simulator.schema import parse_size
from pve_simulator.storage.lookup import find_volume

_GIB = 1024**3
_UNUSED = re.compile(r"unused\d+")


async def back_up(run: GuestRun) -> ArchiveInfo:
    """Back up a running or stopped machine into an archive."""
    guest = run.guest
    running, paused = guest.running, guest.paused
    mode = run.options.mode if running else "stop"
    try:
        if mode == "snapshot":
            disks = _prepare(run)
            run.say_mode(mode)
        else:
            run.say_mode(mode)
            disks = _prepare(run)
            if running and mode == "stop":
                await run.stop()
                run.restart = True
            elif running:
                run.suspend()
                run.resume = not paused
        text = _assemble(run, disks)
        run.say_archive()
        if disks:
            await _back_up_disks(run, disks, mode, was_running=running, was_paused=paused)
        else:
            await _back_up_diskless(run)
    except BaseException:
        await run.resume_guest()
        raise
    volids = [disk.volid for disk in disks]
    return ArchiveInfo(text, archive_size(text, run.count_used_bytes(volids), run.form) if disks else len(text))


def _prepare(run: GuestRun) -> list[Included]:
    name = run.guest.config.get("name")
    if name is not None:
        run.say(f"VM Name: {name}")
    disks = []
    for disk in backup_volumes(run.guest):
        if disk.included:
            run.say(f"include disk '{disk.key}' '{disk.volid}'{f' {disk.size}' if disk.size else ''}")
            disks.append(disk)
        elif disk.reason.startswith("efidisk"):
            run.say(f"excluding '{disk.key}' (efidisks can only be backed up when BIOS is set to 'ovmf')")
        else:
            run.say(f"exclude disk '{disk.key}' '{disk.volid}' ({disk.reason})")
    for disk in disks:
        if find_volume(run.world.cluster, run.guest.node, disk.volid) is None:
            raise failure(f"volume '{disk.volid}' does not exist")
    return disks


def _assemble(run: GuestRun, disks: list[Included]) -> str:
    guest = run.guest
    for key in sorted(key for key in guest.config if _UNUSED.fullmatch(key)):
        run.say(f"skip unused drive '{guest.config[key]}' (not included into backup)")
    if guest.snapshots:
        run.say("snapshots found (not included into backup)")
    if guest.pending or guest.pending_delete:
        run.say("pending configuration changes found (not included into backup)")
    return config_text(guest, disks)


async def _back_up_disks(
    run: GuestRun, disks: Sequence[Included], mode: str, *, was_running: bool, was_paused: bool
) -> None:
    guest = run.guest
    if not guest.running:
        run.say("starting kvm to execute backup task")
    frozen = was_running and not was_paused and mode != "stop" and await try_freeze(run.task, guest, prefix="INFO: ")
    if frozen:
        run.say("issuing guest-agent 'fs-freeze' command")
    run.say("starting backup via QMP command")
    if frozen:
        run.say("issuing guest-agent 'fs-thaw' command")
    run.say(f"started backup task '{uuid.uuid4()}'")
    if was_running and not was_paused:
        _resume(run)
    began = run.world.clock.time()
    # A machine that is only started for its backup does not run.
    with nullcontext() if guest.running else run.world.part(Feed).override_status(guest, "prelaunch"):
        await run.task.work()
    _say_transfer(run, disks, int(run.world.clock.time() - began))
    if not was_running:
        run.say("stopping kvm after backup task")


def _say_transfer(run: GuestRun, disks: Sequence[Included], seconds: int) -> None:
    total = sum(parse_size(disk.size) or 0 for disk in disks)
    zero = max(total - run.count_used_bytes([disk.volid for disk in disks]), 0)
    size, rate = total / _GIB, total / _GIB / max(seconds, 1)
    run.say(f"100% ({size:.1f} GiB of {size:.1f} GiB) in {seconds}s, read: {rate:.1f} GiB/s, write: 0 B/s")
    if zero:
        run.say(f"backup is sparse: {zero / _GIB:.2f} GiB ({zero * 100 // total}%) total zero data")
    speed = f"{seconds} seconds ({rate:.1f} GiB/s)" if seconds else "<1 seconds"
    run.say(f"transferred {size:.2f} GiB in {speed}")


def _resume(run: GuestRun) -> None:
    """Resume (or start) the machine as soon as the backup job has begun."""
    again = f" after {run.describe_absence()}" if run.stopped_at is not None else ""
    run.say(f"resuming VM again{again}")
    if run.restart and not run.guest.running:
        power.power_on(run.world, run.guest)
        run.restart = False
    run.guest.paused = False


async def _back_up_diskless(run: GuestRun) -> None:
    run.say("backup contains no disks")
    run.say("starting diskless backup")
    base = run.target.removesuffix(f".{run.form}")
    program = compressor_for(run.form)
    output = f"{run.target.rpartition('.')[0]}.dat"
    where = f"exec:{program} > {output}" if program else output
    run.say(f"/usr/bin/vma create -v -c {base}.tmp/qemu-server.conf {where}")
    await run.task.work(0.1)
