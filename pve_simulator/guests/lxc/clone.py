# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloning a container: full copies, or linked clones of templates."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pve_simulator.errors import ApiError, failure
from pve_simulator.firewall.guests import copy_guest_firewall
from pve_simulator.guests import power, register
from pve_simulator.guests.lxc import disks
from pve_simulator.guests.lxc import mountpoints as mp
from pve_simulator.guests.lxc.features import volume_has_feature
from pve_simulator.guests.lxc.values import network
from pve_simulator.guests.snapshots import require_snapshot
from pve_simulator.requests.call import Call
from pve_simulator.state.guest import Config, Guest
from pve_simulator.state.inside import ContainerInside
from pve_simulator.storage.lookup import enabled_storage, parse_volid, storage_of
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task

_NET = re.compile(r"net\d+")
_NOT_CLONED = frozenset({"parent", "snaptime", "snapstate", "template", "lock"})


@dataclass(frozen=True, slots=True)
class Clone:
    """A clone to make: its source, its target, and how."""

    source: Guest
    target: Guest
    node: str
    mounts: list[mp.MountPoint]
    storage: str | None
    full: bool
    pool: str | None


def prepare(call: Call) -> Clone:
    """Check a clone as far as the server does before the task; both containers are locked afterwards."""
    pool, storage = call.text("pool"), call.text("storage")
    register.check_pool(call.cluster, pool)
    node = _target_node(call)
    if storage is not None:
        _check_storage(call, storage, node)
    source, newid = call.guest("lxc"), call.integer("newid")
    power.check_lock(source)
    register.check_unused(call.cluster, newid)
    full = call.flag("full", default=not source.template)
    if storage is not None and not full:
        raise failure("parameter 'storage' not allowed for linked clones")
    name = call.text("snapname")
    config = require_snapshot(source, name).config if name else source.config
    mounts = [_check_mount(call, source, mount, full=full, snapshot=name) for mount in mp.list_mounts(config)]
    if node != source.node and not all(_is_shared(call, mount, storage) for mount in mounts):
        raise failure(f"can't clone CT to node '{node}' (CT uses local storage)")
    target = Guest(newid, "lxc", source.node, {**_copy_config(call, config), "lock": "create"}, acpi=source.acpi)
    target.part(ContainerInside).configured = source.part(ContainerInside).configured
    copy_guest_firewall(call.cluster, source.vmid, newid)
    source.config["lock"] = "disk"
    register.add(call.cluster, target)
    return Clone(source, target, node, mounts, storage, full, pool)


async def run(call: Call, task: Task, clone: Clone) -> None:
    """The task."""
    source, target = clone.source, clone.target
    volumes = Volumes(call.cluster, source.node, int(call.world.clock.time()), task.say)
    task.say(f"creating a clone of container {source.vmid} with ID {target.vmid}")
    new_volids: list[str] = []
    try:
        for mount in clone.mounts:
            copied = _copy_mount(clone, volumes, mount)
            new_volids.append(copied.volume)
            target.config[mount.key] = copied.text()
        await task.work()
    except BaseException as error:
        source.config.pop("lock", None)
        for volid in new_volids:
            volumes.free(volid)
        register.remove(call.cluster, target)
        if isinstance(error, ApiError):
            raise failure(f"clone failed: {error.message}") from error
        raise
    source.config.pop("lock", None)
    target.config.pop("lock", None)
    target.node = clone.node
    register.add(call.cluster, target, clone.pool)


def _copy_mount(clone: Clone, volumes: Volumes, mount: mp.MountPoint) -> mp.MountPoint:
    if clone.full:
        volumes.say(f"create full clone of mountpoint {mount.key} ({mount.volume})")
        storage = clone.storage or mount.volume.partition(":")[0]
        return disks.copy(volumes, mount, clone.target.vmid, storage)
    volumes.say(f"create linked clone of mount point {mount.key} ({mount.volume})")
    return mount.with_volume(volumes.clone_linked(mount.volume, clone.target.vmid).volid)


def _copy_config(call: Call, config: Config) -> Config:
    """Everything but volumes; network devices with other MAC addresses."""
    copied = {}
    for key, value in config.items():
        if mp.is_unused_key(key) or mp.is_mount_key(key) or key in _NOT_CLONED:
            continue
        copied[key] = network(call.cluster, key, value, new_address=True) if _NET.fullmatch(key) else value
    for key in ("hostname", "description"):
        text = call.text(key)
        if text:
            copied[key] = text.rstrip("\n")
    return copied


def _check_mount(call: Call, source: Guest, mount: mp.MountPoint, *, full: bool, snapshot: str | None) -> mp.MountPoint:
    if mount.kind != "volume":
        raise failure(f"unable to clone mountpoint '{mount.key}' (type {mount.kind})")
    target = call.text("storage") or parse_volid(call.cluster, mount.volume)[0].id
    call.subject.require(f"/storage/{target}", "Datastore.AllocateSpace")
    if full and source.running and snapshot is None:
        raise failure("Cannot do full clones on a running container without snapshots")
    if not full and not volume_has_feature(call.cluster, mount.volume, "clone", of_snapshot=snapshot is not None):
        raise failure(f"Linked clone feature for '{mount.volume}' is not available")
    return mount


def _is_shared(call: Call, mount: mp.MountPoint, storage: str | None) -> bool:
    return storage_of(call.cluster, storage or mount.volume.partition(":")[0]).is_shared


def _target_node(call: Call) -> str:
    target = call.text("target")
    if target is None or target in (call.node, "localhost"):
        return call.node
    if target not in call.cluster.nodes:
        raise failure(f"no such cluster node '{target}'")
    return target


def _check_storage(call: Call, storage: str, node: str) -> None:
    enabled_storage(call.cluster, storage, call.node)
    if node != call.node and not enabled_storage(call.cluster, storage, node).is_shared:
        raise failure(f"can't clone to non-shared storage '{storage}'")
