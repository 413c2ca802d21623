# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Making a machine: what is checked before the task, and what the task does."""

from __future__ import annotations

from dataclasses import dataclass

from pve_simulator.errors import ApiError, failure, forbidden, invalid
from pve_simulator.guests import register
from pve_simulator.guests.qemu.access import GuestAccess
from pve_simulator.guests.qemu.boot import default_order, print_order
from pve_simulator.guests.qemu.drives import is_drive
from pve_simulator.guests.qemu.identity import new_uuid
from pve_simulator.guests.qemu.making import DiskMaker
from pve_simulator.guests.qemu.ssh_keys import check_ssh_keys
from pve_simulator.guests.qemu.starting import start_task
from pve_simulator.guests.qemu.update import cdrom_drive, tidy_settings
from pve_simulator.guests.qemu.values import config_text, meta_text, omit_options, pinned_machine
from pve_simulator.requests.call import Call
from pve_simulator.state.guest import Config, Guest
from pve_simulator.state.ha import Ha, HaResource, service_id
from pve_simulator.storage.access import check_volume_access
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task

_CONTROLS = """
node vmid archive storage pool force unique start bwlimit live-restore ha-managed import-working-storage
"""
_NOT_SETTINGS = frozenset(_CONTROLS.split())


@dataclass
class Creation:
    """One machine to be made."""

    call: Call
    settings: Config

    @property
    def vmid(self) -> int:
        """The new machine's id."""
        return self.call.vmid


def prepare(call: Call) -> Creation:
    """Check a creation or restore as far as it does not depend on what is there already."""
    pool, storage = call.text("pool"), call.text("storage")
    register.check_pool(call.cluster, pool)
    if storage is not None:
        call.subject.require(f"/storage/{storage}", "Datastore.AllocateSpace")
    if call.flag("ha-managed"):
        call.subject.require("/", "Sys.Console")
    if call.flag("start"):
        GuestAccess(call.subject, call.cluster, call.vmid, pool).require("VM.PowerMgmt")
    _check_allowed(call, pool)
    params = omit_options(call.params, _NOT_SETTINGS)
    if "sshkeys" in params:
        check_ssh_keys(str(params["sshkeys"]))
    if call.text("archive") is not None:
        for key in sorted(params):
            if is_drive(key):
                raise invalid({key: "option conflicts with option 'archive'"})
        check_volume_access(call.subject, call.cluster, call.need("archive"), vmid=call.vmid, content="backup")
    if "cdrom" in params:
        params["ide2"] = cdrom_drive(params.pop("cdrom"))
    texts = {key: config_text(key, value, call.cluster) for key, value in params.items()}
    settings = {key: text for key, text in texts.items() if text is not None}
    access = GuestAccess(call.subject, call.cluster, call.vmid, pool)
    access.check_storages(settings, storage)
    access.check_options(settings)
    access.check_devices(settings)
    access.check_bridges(settings)
    return Creation(call, tidy_settings(call.cluster, settings))


def reserve(creation: Creation) -> Guest:
    """Reserve the id with a locked, empty machine while the task runs."""
    call = creation.call
    try:
        register.check_unused(call.cluster, creation.vmid)
    except ApiError as error:
        raise failure(f"unable to create VM {creation.vmid} - {error.message}") from error
    guest = Guest(creation.vmid, "qemu", call.node, {"lock": "create"})
    register.add(call.cluster, guest)
    return guest


async def run(creation: Creation, task: Task, guest: Guest) -> None:
    """The task: disks, the configuration, and the first start."""
    call = creation.call
    try:
        async with call.world.locks.hold("qemu", creation.vmid, task=task):
            await _build(creation, task, guest)
    except BaseException as error:
        register.remove(call.cluster, guest)
        if isinstance(error, ApiError):
            raise failure(f"unable to create VM {creation.vmid} - {error.message}") from error
        raise
    register.add(call.cluster, guest, call.text("pool"))
    if call.flag("ha-managed"):
        task.say("Add as HA resource")
        state = "started" if call.flag("start") else "stopped"
        call.cluster.part(Ha).resources[service_id(guest)] = HaResource({"state": state}, state)
    if call.flag("start"):
        task.say("Execute autostart")
        start_task(call, creation.vmid)


async def _build(creation: Creation, task: Task, guest: Guest) -> None:
    call = creation.call
    now = call.world.clock.time()
    volumes = Volumes(call.cluster, call.node, int(now), task.say)
    maker = DiskMaker(volumes, creation.vmid, call.text("storage"), creation.settings)
    config = {**creation.settings, "meta": meta_text(now)}
    config |= maker.make(creation.settings)
    try:
        await task.work()
    except BaseException:
        maker.undo()
        raise
    guest.config = with_identity(config)
    # Nothing is installed on new, empty disks: no system would answer a request to shut down.
    guest.acpi = guest.agent_alive = maker.imported


def with_identity(config: Config) -> Config:
    """What a machine's configuration always has: a boot order, UUIDs, for Windows a machine version."""
    config = dict(config)
    if "boot" not in config:
        config["boot"] = print_order(default_order(config))
    config.setdefault("smbios1", f"uuid={new_uuid()}")
    if config.get("arch") != "aarch64" and config.get("vmgenid", "1") == "1":
        config["vmgenid"] = new_uuid()
    machine = pinned_machine(config)
    if machine is not None:
        config["machine"] = machine
    return config


def _check_allowed(call: Call, pool: str | None) -> None:
    may = call.subject.may
    allowed = may(f"/vms/{call.vmid}", "VM.Allocate") or (pool is not None and may(f"/pool/{pool}", "VM.Allocate"))
    restoring = call.text("archive") is not None and call.flag("force") and call.find_guest("qemu") is not None
    if not allowed and not (restoring and may(f"/vms/{call.vmid}", "VM.Backup")):
        raise forbidden("Permission check failed")
