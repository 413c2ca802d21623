# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moving a container's volume: to another storage, or to another container."""

from __future__ import annotations

from dataclasses import dataclass

from pve_simulator.errors import failure
from pve_simulator.guests import power
from pve_simulator.guests.lxc import disks
from pve_simulator.guests.lxc import mountpoints as mp
from pve_simulator.guests.lxc.changes import ConfigUpdate
from pve_simulator.guests.lxc.features import volume_has_feature
from pve_simulator.requests.call import Call
from pve_simulator.state.guest import Guest
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task

_MODIFIED = "detected modified configuration - file changed by other user? Try again."


@dataclass(frozen=True, slots=True)
class Reassignment:
    """A volume that goes from one container to another (or to another key)."""

    source: Guest
    key: str
    target: Guest
    target_key: str
    mount: mp.MountPoint

    @property
    def task_id(self) -> str:
        """The id in the task's UPID."""
        return f"{self.source.vmid}-{self.key}>{self.target.vmid}-{self.target_key}"


def check_move_to_storage(guest: Guest, key: str, *, delete: bool, digest: str | None) -> mp.MountPoint:
    """The mount point to be moved to another storage; raises what forbids it."""
    power.check_lock(guest)
    if guest.running:
        raise failure("cannot move volumes of a running container")
    if mp.is_unused_key(key):
        raise failure(f"cannot move volume '{key}', only configured volumes can be moved to another storage")
    mount = mp.parse_mount(key, guest.config.get(key))
    if delete and _in_snapshots(guest, mount.volume):
        raise failure("you can't move a volume with snapshots and delete the source")
    if digest and digest != guest.digest:
        raise failure(_MODIFIED)
    return mount


async def move_to_storage(call: Call, task: Task, guest: Guest, mount: mp.MountPoint, storage: str) -> None:
    """The task: copy, then keep the old volume as unused, or remove it (`delete`)."""
    volumes = Volumes(call.cluster, guest.node, int(call.world.clock.time()), task.say)
    try:
        moved = disks.copy(volumes, mount, guest.vmid, storage)
        await task.work()
        if guest.template:
            moved = moved.with_volume(volumes.make_base(moved.volume).volid)
        guest.config[mount.key] = moved.text()
        if call.flag("delete"):
            volumes.free(mount.volume)
        else:
            mp.add_unused(guest.config, mount.volume)
    finally:
        guest.config.pop("lock", None)


def check_reassign(call: Call) -> Reassignment:
    """The volume and its target; raises what forbids the move."""
    key = call.need("volume")
    target_key = call.text("target-volume", key) or key
    if "rootfs" in (key, target_key):
        raise failure("Cannot move to/from 'rootfs'")
    if mp.is_unused_key(key) and not mp.is_unused_key(target_key):
        raise failure("Moving an unused volume to a used one is not possible")
    source, target = _require_container(call, call.vmid), _require_container(call, call.integer("target-vmid"))
    if source.node != target.node:
        raise failure(f"Both containers need to be on the same node ({source.node} != {target.node})")
    power.check_lock(source)
    power.check_lock(target)
    if source.template or target.template:
        raise failure("Can't move volumes from or to template CT")
    for guest, name in ((source, "digest"), (target, "target-digest")):
        if call.text(name) and call.text(name) != guest.digest:
            raise failure(f"Container {guest.vmid}: {_MODIFIED}")
    if key not in source.config:
        raise failure(f"volume '{key}' for container '{source.vmid}' does not exist")
    if target_key in target.config:
        raise failure(f"Target volume key '{target_key}' is already in use for container '{target.vmid}'")
    mount = mp.parse_mount(key, source.config[key])
    _check_movable(call, source, mount)
    return Reassignment(source, key, target, target_key, mount)


async def reassign(call: Call, task: Task, plan: Reassignment) -> None:
    """The task: rename the volume and tell both configurations."""
    source, target, key = plan.source, plan.target, plan.target_key
    task.say(f"moving volume '{plan.key}' from container '{source.vmid}' to '{target.vmid}'")
    await task.work(0.2)
    volumes = Volumes(call.cluster, source.node, int(call.world.clock.time()))
    moved = plan.mount.with_volume(volumes.rename(plan.mount.volume, target.vmid).volid)
    del source.config[plan.key]
    task.say(f"removing volume '{plan.key}' from container '{source.vmid}' config")
    if mp.is_unused_key(key):
        target.config[key] = moved.volume
    else:
        errors = ConfigUpdate(target, volumes).apply({key: moved.text()})
        for text in errors.values():
            task.warn(text.rstrip("\n"))
    task.say(f"target container '{target.vmid}' updated with '{key}'")


def _check_movable(call: Call, source: Guest, mount: mp.MountPoint) -> None:
    if _in_snapshots(source, mount.volume):
        raise failure("Cannot move volume used by a snapshot to another container")
    if mount.kind == "volume" and not volume_has_feature(call.cluster, mount.volume, "rename"):
        raise failure("Storage does not support moving of this disk to another container")
    if mount.kind != "volume":
        raise failure("Cannot move a bindmount or device mount to another container")
    if source.running and not mp.is_unused_key(mount.key):
        raise failure("Cannot move in-use volume while the source CT is running - detach or shutdown first")


def _require_container(call: Call, vmid: int) -> Guest:
    guest = call.cluster.guests.get(vmid)
    if guest is None:
        raise failure(f"could not find CT {vmid}")
    return guest


def _in_snapshots(guest: Guest, volume: str) -> bool:
    return any(volume in mp.volumes_of(snapshot.config) for snapshot in guest.snapshots.values())
