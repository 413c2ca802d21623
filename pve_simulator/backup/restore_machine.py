# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restoring virtual machines (POST /nodes/{node}/qemu with `archive`; PVE::QemuServer::restore_file_archive)."""

from __future__ import annotations

from pve_simulator.backup.archive import disk_map, parse_config
from pve_simulator.backup.restore_disks import (
    Restore,
    choose_target,
    free_old_volumes,
    make_cloudinit,
    make_disks,
    say_header,
    say_transfer,
)
from pve_simulator.errors import ApiError, failure
from pve_simulator.guests import power, register
from pve_simulator.guests.qemu.disks import all_disks
from pve_simulator.guests.qemu.identity import new_uuid, with_new_mac, with_new_uuid
from pve_simulator.guests.qemu.networks import net_keys
from pve_simulator.guests.qemu.starting import start_task
from pve_simulator.guests.restoring import register_restorer
from pve_simulator.requests.call import Call
from pve_simulator.state.guest import Config, Guest
from pve_simulator.state.ha import Ha, HaResource, service_id
from pve_simulator.storage.content import backup_type
from pve_simulator.storage.lookup import require_volume
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task


@register_restorer("qemu")
def restore(call: Call, settings: Config) -> str:
    """Start restoring; the id must be free, or with `force` that of a machine of this node."""
    archive = require_volume(call.cluster, call.node, call.need("archive"))
    guest = _reserve(call)
    work = Restore(call, settings, archive, guest)

    async def worker(task: Task) -> None:
        try:
            await _run(work, task)
        except BaseException as error:
            if guest.lock == "create":
                del guest.config["lock"]
            if isinstance(error, ApiError):
                task.say(
                    "error before or during data restore, some or all disks were not completely restored."
                    f" VM {guest.vmid} state is NOT cleaned up."
                )
            raise
        _finish(work, task)

    return call.task("qmrestore", call.vmid, worker)


def _reserve(call: Call) -> Guest:
    """The guest that will be what the archive holds, locked."""
    try:
        guest = call.find_guest("qemu")
        if guest is None or not call.flag("force"):
            register.check_unused(call.cluster, call.vmid)
            guest = Guest(call.vmid, "qemu", call.node)
            register.add(call.cluster, guest)
        power.check_lock(guest)
    except ApiError as error:
        raise failure(f"unable to restore VM {call.vmid} - {error.message}") from error
    guest.config["lock"] = "create"
    return guest


async def _run(work: Restore, task: Task) -> None:
    call, guest = work.call, work.guest
    if guest.config.get("protection") == "1":
        raise failure(f"unable to restore VM {guest.vmid} - - protection mode enabled")
    if guest.running:
        raise failure(f"unable to restore VM {guest.vmid} - vm is running")
    if call.flag("live-restore") and not work.on_server:
        raise failure("live-restore is only compatible with backup images from a Proxmox Backup Server")
    if backup_type(work.archive) != "qemu":
        raise failure(f"ERROR: file '{work.path}' does not look like a QemuServer vzdump backup")
    async with call.world.locks.hold("qemu", guest.vmid, task=task):
        text = work.archived_guest.config
        config = parse_config(text)
        disks = {disk.key: disk for disk in all_disks(config)}
        sources = [(disks[key], storage, form) for key, storage, form in disk_map(text) if key in disks]
        say_header(work, task, text, [disk for disk, storage, form in sources])
        targets = [(disk, *choose_target(call, storage, form)) for disk, storage, form in sources]
        free_old_volumes(work)
        try:
            config |= make_disks(work, task, targets)
            config |= make_cloudinit(work, task, disks)
            await task.work()
        except BaseException:
            for volid in work.made:
                Volumes(call.cluster, call.node).free(volid)
            raise
        if not work.on_server:
            say_transfer(task, sum(disk.size or 0 for disk, storage, form in sources))
        _comment_out_excluded(config)
        guest.config = _renew_identity(work, {**config, **work.settings})
        guest.pending, guest.pending_delete, guest.snapshots = {}, [], {}
        guest.acpi, guest.agent_alive = work.archived_guest.acpi, work.archived_guest.agent_alive
        task.say("rescan volumes...")
        if guest.template:
            task.say("Convert to template.")
            _make_template(work)


def _comment_out_excluded(config: Config) -> None:
    """Turn drives that are not backed up into comments, which are what a description is made of."""
    for disk in all_disks(config):
        if disk.options.get("backup") == "0":
            line = f"{disk.key}: {config.pop(disk.key)}"
            config["description"] = "\n".join(part for part in (config.get("description"), line) if part)


def _renew_identity(work: Restore, config: Config) -> Config:
    """The configuration with a generation id of its own; `unique` gives it another identity, too."""
    cluster = work.call.cluster
    config.pop("lock", None)
    if "vmgenid" in config:
        config["vmgenid"] = new_uuid()
    if work.call.flag("unique"):
        for key in net_keys(config):
            config[key] = with_new_mac(cluster, config[key])
        if "smbios1" in config:
            config["smbios1"] = with_new_uuid(config["smbios1"])
    return config


def _make_template(work: Restore) -> None:
    volumes = Volumes(work.call.cluster, work.call.node)
    for disk in all_disks(work.guest.config):
        if disk.file in work.made and not disk.is_cdrom:
            work.guest.config[disk.key] = disk.with_volume(volumes.make_base(disk.file).volid).text()


def _finish(work: Restore, task: Task) -> None:
    call, guest = work.call, work.guest
    register.add(call.cluster, guest, call.text("pool"))
    if call.flag("start"):
        task.say("Execute autostart")
        start_task(call, guest.vmid)
    if call.flag("ha-managed"):
        task.say("Add as HA resource")
        state = "started" if call.flag("start") else "stopped"
        call.cluster.part(Ha).resources[service_id(guest)] = HaResource({"state": state}, state)
