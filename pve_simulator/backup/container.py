# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backup of a container (PVE::VZDump::LXC)."""

from __future__ import annotations

from pve_simulator.backup.archive import Included, archive_size, backup_volumes, config_text
from pve_simulator.backup.run import ArchiveInfo, GuestRun
from pve_simulator.storage.features import has_feature
from pve_simulator.storage.lookup import parse_volid, require_volume

_MIB = 1024**2


async def back_up(run: GuestRun) -> ArchiveInfo:
    """Back up a running or stopped container into an archive."""
    guest = run.guest
    running = guest.running
    mode = run.options.mode if running else "stop"
    try:
        if mode == "snapshot":
            mounts = _prepare(run)
            run.snapshot = all(_can_snapshot(run, mount.volid) for mount in mounts)
            if not run.snapshot:
                run.say("mode failure - some volumes do not support snapshots")
                run.say("trying 'suspend' mode instead")
                mode = "suspend"
        run.say_mode(mode)
        if mode == "snapshot":
            run.say("create storage snapshot 'vzdump'")
        else:
            mounts = _prepare(run)
        if mode == "stop" and running:
            await run.stop()
            run.restart = True
        elif mode == "suspend":
            await _copy_live(run)
        text = config_text(guest, [])
        run.say_archive()
        await run.task.work()
        used = max(run.count_used_bytes([mount.volid for mount in mounts]), _MIB)
        run.say(f"Total bytes written: {used} ({used / _MIB:.1f}MiB, 180MiB/s)")
    except BaseException:
        await run.resume_guest()
        raise
    return ArchiveInfo(text, archive_size(text, used, run.form))


def _prepare(run: GuestRun) -> list[Included]:
    name = run.guest.config.get("hostname")
    if name is not None:
        run.say(f"CT Name: {name}")
    included = []
    for volume in backup_volumes(run.guest):
        path = "/" if volume.key == "rootfs" or volume.mount is None else volume.mount.options.get("mp", "/")
        if volume.included:
            run.say(f"including mount point {volume.key} ('{path}') in backup")
            included.append(volume)
        else:
            kind = volume.mount.kind if volume.mount else "volume"
            run.say(f"excluding {kind} mount point {volume.key} ('{path}') from backup ({volume.reason})")
    for volume in included:
        require_volume(run.world.cluster, run.guest.node, volume.volid)
    return included


def _can_snapshot(run: GuestRun, volid: str) -> bool:
    storage, name = parse_volid(run.world.cluster, volid)
    return has_feature(storage, name, "snapshot")


async def _copy_live(run: GuestRun) -> None:
    """Copy everything while the container runs, then what has changed since while it is suspended."""
    source = f"/proc/{run.guest.pid}/root/"
    target = f"{run.target.removesuffix(f'.{run.form}')}.tmp"
    run.say(f"starting first sync {source} to {target}")
    await run.task.work(0.3)
    run.say("first sync finished - transferred 2.03M bytes in 0s")
    run.suspend()
    run.say(f"starting final sync {source} to {target}")
    await run.task.work(0.1)
    run.say("final sync finished - transferred 0 bytes in 0s")
    run.say("resuming guest")
    run.guest.paused = False
    run.say(f"guest is online again after {run.describe_absence()}")
