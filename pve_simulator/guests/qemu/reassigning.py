# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Giving a machine's disk to another machine."""

from __future__ import annotations

import re

from pve_simulator.errors import failure
from pve_simulator.guests import power
from pve_simulator.guests.qemu.boot import boot_order, print_order
from pve_simulator.guests.qemu.drives import Drive, is_cdrom, parse_drive, print_drive
from pve_simulator.guests.qemu.features import disk_has_feature
from pve_simulator.guests.qemu.unused import is_in_snapshot
from pve_simulator.guests.qemu.update import Change, apply_change
from pve_simulator.requests.call import Call
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Guest
from pve_simulator.storage.names import split_volid
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task

_UNUSED = re.compile(r"unused\d+")


def choose_target_key(call: Call) -> str:
    """What the disk is to be on the other machine."""
    return call.text("target-disk") or call.need("disk")


def check_reassign(call: Call) -> tuple[Guest, Guest, Drive]:
    """Both machines and the drive; raises what keeps it where it is."""
    key, new_key = call.need("disk"), choose_target_key(call)
    source, target = (
        _require_machine(call.cluster, call.vmid, ""),
        _require_machine(call.cluster, call.integer("target-vmid"), "target "),
    )
    if source.node != target.node:
        raise failure(f"Both VMs need to be on the same node ({source.node} != {target.node})")
    power.check_lock(source)
    power.check_lock(target)
    if source.template or target.template:
        raise failure("Can't move disks from or to template VMs")
    _check_digest(source, call.text("digest"))
    _check_digest(target, call.text("target-digest"))
    if key not in source.config:
        raise failure(f"Disk '{key}' for VM '{source.vmid}' does not exist")
    if new_key in target.config:
        raise failure(f"Target disk key '{new_key}' is already in use for VM '{target.vmid}'")
    drive = parse_drive(key, source.config[key])
    if is_cdrom(drive, cloudinit=False):
        raise failure("CD drive contents can't be moved to another VM")
    if split_volid(drive["file"]) is None:
        raise failure(f"Volume '{drive['file']}' not managed by PVE")
    if is_in_snapshot(source, drive["file"]):
        raise failure("Can't move disk used by a snapshot to another VM")
    if not disk_has_feature(call.cluster, drive["file"], "rename"):
        raise failure("Storage does not support moving of this disk to another VM")
    if source.running and not _UNUSED.fullmatch(key):
        raise failure("Cannot move disk to another VM while the source VM is running - detach first")
    return source, target, drive


async def reassign(call: Call, task: Task) -> None:
    """The task, with both guests' locks held."""
    source, target, drive = check_reassign(call)
    key, new_key = call.need("disk"), choose_target_key(call)
    task.say(f"reassign disk '{key}' from VM '{source.vmid}' as '{new_key}' to VM '{target.vmid}'")
    await task.work()
    volumes = Volumes(call.cluster, source.node, int(call.world.clock.time()), task.say)
    drive["file"] = volumes.rename(drive["file"], target.vmid).volid
    order = boot_order(source.config)
    if key in order:
        task.say(f"removing disk '{key}' from boot order config")
        source.config["boot"] = print_order(device for device in order if device != key)
    del source.config[key]
    task.say(f"removing disk '{key}' from VM '{source.vmid}' config")
    if _UNUSED.fullmatch(new_key):
        target.config[new_key] = drive["file"]
        return
    text = print_drive(new_key, drive)
    change = Change({new_key: text}, line=f"-{new_key} {text}")
    task.say(f"update VM {target.vmid}: {change.line}")
    apply_change(call, target, change, task.say)


def _require_machine(cluster: Cluster, vmid: int, which: str) -> Guest:
    guest = cluster.guests.get(vmid)
    if guest is None or guest.type != "qemu":
        raise failure(f"could not find {which}VM {vmid}")
    return guest


def _check_digest(guest: Guest, digest: str | None) -> None:
    if digest and digest != guest.digest:
        text = "detected modified configuration - file changed by other user? Try again."
        raise failure(f"VM {guest.vmid}: {text}")
