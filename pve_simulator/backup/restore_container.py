# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restoring containers (POST /nodes/{node}/lxc with `restore`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from pve_simulator.backup.archive import parse_config
from pve_simulator.errors import ApiError, failure
from pve_simulator.guests import power, register
from pve_simulator.guests.lxc import create
from pve_simulator.guests.lxc import mountpoints as mp
from pve_simulator.guests.lxc.disks import create_volume
from pve_simulator.guests.qemu.identity import new_mac
from pve_simulator.guests.restoring import register_restorer
from pve_simulator.requests.call import Call
from pve_simulator.schema import config_schema, format_of, parse_property_string, parse_size, print_property_string
from pve_simulator.state.guest import Config, Guest
from pve_simulator.storage.access import check_volume_access
from pve_simulator.storage.content import backup_type
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task

_NO_TAR = (
    "tar: This does not look like a tar archive",
    "tar: Skipping to next header",
    "tar: Exiting with failure status due to previous errors",
)
_READ = "Total bytes read: 2150400 (2.1MiB, 367MiB/s)"


@dataclass
class Restore:
    """One restore into `guest`, which is new or overwritten."""

    creation: create.Creation
    guest: Guest
    fresh: bool
    made: list[str] = field(default_factory=list)

    @property
    def call(self) -> Call:
        """The call that asked for it."""
        return self.creation.call


@register_restorer("lxc")
def restore(call: Call, settings: Config) -> str:
    """Start restoring; the id must be free, or with `force` that of a stopped container of this node."""
    existing = call.find_guest("lxc")
    if existing is None or not call.flag("force"):
        register.check_unused(call.cluster, call.vmid)
    else:
        _check_overwritable(existing)
    creation = create.read_parameters(call)
    creation.unprivileged = call.flag("unprivileged")
    if existing is None or not call.subject.may(f"/vms/{call.vmid}", "VM.Backup"):
        create.check_rights(creation)
    check_volume_access(call.subject, call.cluster, creation.template, vmid=call.vmid, content="backup")
    create.check_storages(creation)
    creation.config = create.plain_config(creation)
    work = Restore(creation, _reserve(call, existing), existing is None)

    async def worker(task: Task) -> None:
        try:
            async with call.world.locks.hold("lxc", call.vmid, task=task):
                await _run(work, task)
        except BaseException as error:
            _undo(work)
            if isinstance(error, ApiError):
                raise failure(f"unable to restore CT {call.vmid} - {error.message}") from error
            raise
        register.add(call.cluster, work.guest, creation.pool)
        create.finish(call, task, work.guest)

    return call.task("vzrestore", call.vmid, worker)


def _check_overwritable(guest: Guest) -> None:
    if guest.running:
        raise failure("can't overwrite running container")
    if guest.config.get("protection") == "1":
        raise failure(f"unable to restore CT {guest.vmid} - protection mode enabled")


def _reserve(call: Call, existing: Guest | None) -> Guest:
    if existing is None:
        guest = Guest(call.vmid, "lxc", call.node)
        register.add(call.cluster, guest)
    else:
        guest = existing
        try:
            power.check_lock(guest)
        except ApiError as error:
            raise failure(f"unable to restore CT {guest.vmid} - {error.message}") from error
    guest.config["lock"] = "create"
    return guest


async def _run(work: Restore, task: Task) -> None:
    creation, guest = work.creation, work.guest
    volumes = creation.volumes
    volumes.say = task.say
    if guest.running:
        raise failure("can't overwrite running container")
    task.say(f"recovering backed-up configuration from '{creation.template}'")
    archive = volumes.require(creation.template)
    if archive.archived is None:
        raise failure(f"couldn't determine archive info from '{volumes.path(archive.volid)}'")
    if backup_type(archive) != "lxc":
        for line in _NO_TAR:
            task.say(line)
        raise failure("ERROR: archive contains no configuration file")
    backup = parse_config(archive.archived.config)
    config = dict(creation.config)
    if work.call.params.get("unprivileged") is None and "unprivileged" in backup:
        config["unprivileged"] = backup["unprivileged"]
    mounts, later = _plan_mounts(work, backup)
    placed = {mount.key: _place_mount(work, volumes, mount) for mount in mounts}
    old = mp.volumes_of(guest.config, unused=True)
    await task.work()
    for volid in old:
        volume = volumes.find(volid)
        if volume is not None and volume.vmid == guest.vmid:
            volumes.free(volid)
    task.say(f"restoring '{archive.volid}' now..")
    task.say(f"extracting archive '{volumes.path(archive.volid)}'")
    task.say(_READ)
    task.say("merging backed-up and given configuration..")
    guest.config = create.with_defaults(guest.vmid, {**_merge_config(work, backup, config), **placed, **later})
    guest.pending, guest.pending_delete, guest.snapshots = {}, [], {}
    guest.acpi = archive.archived.acpi
    work.made.clear()


def _plan_mounts(work: Restore, backup: Config) -> tuple[list[mp.MountPoint], Config]:
    """Mount points to make, as given or else as backed up; and those of the host, which come last."""
    creation = work.creation
    if creation.mounts:
        return mp.list_mounts(creation.mounts), {}
    mounts, later = [], {}
    for mount in mp.list_mounts(backup):
        if mount.kind == "volume":
            size = parse_size(mount.options.get("size", ""))
            if size is None:
                raise failure(f"unable to detect disk size - please specify {mount.key} (size)")
            options = {key: value for key, value in mount.options.items() if key != "size"}
            mounts.append(mp.MountPoint(mount.key, {**options, "volume": f"{creation.storage}:{size / mp.GIB:g}"}))
        elif work.call.subject.is_root_password_login:
            later[mount.key] = backup[mount.key]
        else:
            raise failure(f"restoring '{mount.key}' to {mount.kind} mount is only possible for root")
    if not any(mount.key == "rootfs" for mount in mounts):
        raise failure("rootfs configuration could not be recovered, please check and specify manually!")
    return mounts, later


def _place_mount(work: Restore, volumes: Volumes, mount: mp.MountPoint) -> str:
    placed = create_volume(volumes, work.guest.vmid, mount)
    if mount.new_volume is not None:
        work.made.append(placed.volume)
    return placed.text()


def _merge_config(work: Restore, backup: Config, config: Config) -> Config:
    """The given configuration, completed from the backup."""
    merged = dict(config)
    for key, value in backup.items():
        if key in merged or key == "unprivileged" or mp.is_mount_key(key) or mp.is_unused_key(key):
            continue
        merged[key] = _with_new_address(work, value) if key.startswith("net") and work.call.flag("unique") else value
    return merged


def _with_new_address(work: Restore, value: str) -> str:
    form = config_schema("lxc")["net0"]
    return print_property_string(
        {**parse_property_string(value, format_of(form)), "hwaddr": new_mac(work.call.cluster)}, form
    )


def _undo(work: Restore) -> None:
    for volid in work.made:
        work.creation.volumes.free(volid)
    if work.fresh:
        register.remove(work.call.cluster, work.guest)
    else:
        work.guest.config.pop("lock", None)
