# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloning virtual machines: what is checked before and inside the task, and the work."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pve_simulator.errors import failure, invalid
from pve_simulator.firewall.guests import copy_guest_firewall
from pve_simulator.guests import power, register
from pve_simulator.guests.qemu.access import GuestAccess
from pve_simulator.guests.qemu.copying import DiskCopier
from pve_simulator.guests.qemu.disks import Disk, all_disks
from pve_simulator.guests.qemu.drives import is_drive
from pve_simulator.guests.qemu.features import disk_has_feature
from pve_simulator.guests.qemu.identity import new_uuid, with_new_mac, with_new_uuid
from pve_simulator.guests.qemu.networks import is_net
from pve_simulator.guests.snapshots import require_snapshot
from pve_simulator.requests.call import Call
from pve_simulator.state.guest import Config, Guest
from pve_simulator.storage.lookup import enabled_storage, storage_of
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task

# What belongs to one configuration only: its place in the snapshot tree, its saved RAM, its unused volumes.
_NOT_COPIED = re.compile(
    r"parent|snaptime|snapstate|vmstate|runningcpu|runningmachine|running-nets-host-mtu|unused\d+|template|lock"
)
_HOST_DEVICE = re.compile(r"(usb|hostpci)\d+")
_MAPPINGS = {"usb": "usb", "hostpci": "pci"}
_LOCK_TIMEOUT = 1.0


@dataclass
class ClonePlan:
    """A clone that may be made: its configuration without disks, and the disks, each linked or full."""

    config: Config
    disks: list[tuple[Disk, bool]] = field(default_factory=list)
    target: str | None = None


def plan_clone(call: Call, source: Guest) -> ClonePlan:
    """Check everything about a clone; raises what is wrong first. Done before the task and again inside it."""
    pool, storage = call.text("pool"), call.text("storage")
    register.check_pool(call.cluster, pool)
    target = _choose_target(call)
    if storage is not None:
        _check_storage(call, storage, target)
    power.check_lock(source)
    name = call.text("snapname")
    config = require_snapshot(source, name).config if name else source.config
    full = call.flag("full", default=not source.template)
    for option in ("storage", "format"):
        if call.params.get(option) is not None and not full:
            raise failure(f"parameter '{option}' not allowed for linked clones")
    is_shared = _check_disk_access(call, config, storage)
    _check_host_devices(call, config)
    GuestAccess(call.subject, call.cluster, source.vmid).check_bridges(config)
    if target is not None and not is_shared:
        raise failure(f"can't clone VM to node '{target}' (VM uses local storage)")
    newid = call.integer("newid")
    existing = call.cluster.guests.get(newid)
    if existing is not None and existing.type == "qemu" and existing.node == call.node:
        raise failure(f"unable to create VM {newid}: config file already exists")
    plan = ClonePlan(_copy_config(call, config), target=target)
    # Here the server goes by name, not by bus.
    for disk in sorted(all_disks(config), key=lambda disk: disk.key):
        if disk.is_cdrom and not disk.is_cloudinit:
            plan.config[disk.key] = config[disk.key]
        else:
            plan.disks.append((disk, _needs_full_copy(call, source, disk, full=full)))
    return plan


async def clone(call: Call, task: Task) -> None:
    """The task: copy or link every disk of the source, then let the new guest go."""
    source, newid = call.guest("qemu"), call.integer("newid")
    hold = call.world.locks.hold
    async with (
        hold("qemu", source.vmid, task=task, timeout=_LOCK_TIMEOUT, shared=not source.running),
        hold("qemu", newid, task=task, timeout=_LOCK_TIMEOUT),
    ):
        plan = plan_clone(call, source)
        task.say(f"creating a clone of VM {source.vmid} with ID {newid}")
        if newid in call.cluster.guests:
            path = f"/etc/pve/nodes/{call.node}/qemu-server/{newid}.conf"
            raise failure(f"close (rename) atomic file '{path}' failed: File exists")
        new = Guest(newid, "qemu", call.node, {"lock": "clone"}, acpi=source.acpi, agent_alive=source.agent_alive)
        register.add(call.cluster, new)
        copy_guest_firewall(call.cluster, source.vmid, newid)
        copier = _make_copier(call, task, source, newid)
        try:
            new.config = {**plan.config, "lock": "clone"}
            await _copy_disks(copier, plan, new)
        except BaseException:
            if not task.has_crashed:
                for volume in copier.made:
                    copier.volumes.free(volume.volid)
                register.remove(call.cluster, new)
            raise
        _say_pending(task, source, call)
        del new.config["lock"]
        new.node = plan.target or new.node
        register.add(call.cluster, new, call.text("pool"))


async def _copy_disks(copier: DiskCopier, plan: ClonePlan, new: Guest) -> None:
    copies = sum(full for disk, full in plan.disks)
    for number, (disk, full) in enumerate(plan.disks, 1):
        is_last = number == len(plan.disks)
        copied = await copier.copy(disk, share=1 / copies, last=is_last) if full else await copier.link(disk)
        new.config[disk.key] = copied.text()
    if not copies:
        # Linking disks takes no time to speak of.
        await copier.task.work(0.1)


def _make_copier(call: Call, task: Task, source: Guest, newid: int) -> DiskCopier:
    volumes = Volumes(call.cluster, call.node, int(call.world.clock.time()), task.say)
    return DiskCopier(
        task, volumes, source, newid, call.text("storage"), call.text("format"), snapshot=call.text("snapname")
    )


def _choose_target(call: Call) -> str | None:
    target = call.text("target")
    if target in (None, call.node, "localhost"):
        return None
    if target not in call.cluster.nodes:
        raise failure(f"no such cluster node '{target}'")
    return target


def _check_storage(call: Call, name: str, target: str | None) -> None:
    storage = enabled_storage(call.cluster, name, call.node)
    if "images" not in storage.content:
        raise invalid({"storage": f"storage '{name}' does not support vm images"})
    if target is not None:
        enabled_storage(call.cluster, name, target)
        if not storage.is_shared:
            raise failure(f"can't clone to non-shared storage '{name}'")


def _check_disk_access(call: Call, config: Config, storage: str | None) -> bool:
    """Whether all volumes are on shared storages; raises unless the caller may allocate where the copies go."""
    is_shared = True
    for disk in all_disks(config):
        if disk.file == "cdrom":
            call.subject.require("/", "Sys.Console")
        elif disk.storage is not None:
            is_shared = is_shared and storage_of(call.cluster, disk.storage).is_shared
            if not disk.is_cdrom:
                call.subject.require(f"/storage/{storage or disk.storage}", "Datastore.AllocateSpace")
    return is_shared


def _check_host_devices(call: Call, config: Config) -> None:
    """Raise unless the caller may use the devices that are passed through: only mapped ones, except for root."""
    for key, value in config.items():
        match = _HOST_DEVICE.fullmatch(key)
        if match is None or call.subject.is_root_password_login or value.removeprefix("host=").startswith("spice"):
            continue
        mapping = next((part[8:] for part in value.split(",") if part.startswith("mapping=")), None)
        if mapping is None:
            what = "real devices" if match[1] == "usb" else "non-mapped devices"
            raise failure(f"only root can set '{key}' config for {what}")
        call.subject.require(f"/mapping/{_MAPPINGS[match[1]]}/{mapping}", "Mapping.Use")


def _needs_full_copy(call: Call, source: Guest, disk: Disk, *, full: bool) -> bool:
    """Whether a disk will be a full copy; raises when its storage cannot do what is wanted."""
    name = call.text("snapname")
    what = f"clone feature is not supported for{' a snapshot of' if name else ''} '{disk.file}' ({disk.key})"
    if full and source.running and not name and disk.key == "tpmstate0":
        raise failure("cannot clone TPM state while VM is running")
    full = full or disk.is_cloudinit or disk.key == "tpmstate0"
    if not disk_has_feature(call.cluster, disk.file, "copy" if full else "clone", of_snapshot=name is not None):
        raise failure(f"{'Full' if full else 'Linked'} {what}")
    return full


def _copy_config(call: Call, config: Config) -> Config:
    copied = {key: value for key, value in config.items() if not _NOT_COPIED.fullmatch(key) and not is_drive(key)}
    for key in copied:
        if is_net(key):
            copied[key] = with_new_mac(call.cluster, copied[key])
    copied["smbios1"] = with_new_uuid(copied.get("smbios1", ""))
    if "vmgenid" in copied:
        copied["vmgenid"] = new_uuid()
    copied["name"] = call.text("name") or f"Copy-of-VM-{config.get('name', call.vmid)}"
    if call.text("description"):
        copied["description"] = call.need("description")
    return copied


def _say_pending(task: Task, source: Guest, call: Call) -> None:
    if call.text("snapname"):
        return
    waiting = [*source.pending, *(["delete"] if source.pending_delete else [])]
    if waiting:
        task.say(f"found pending changes for '{','.join(waiting)}', discarding for clone")
