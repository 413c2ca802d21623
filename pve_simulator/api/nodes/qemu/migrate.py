# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/qemu/{vmid}/migrate."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import failure, invalid, root_only
from pve_simulator.guests import ha, power
from pve_simulator.guests.migration import StorageMap, parse_storage_map
from pve_simulator.guests.motion import find_blockers, find_dependents
from pve_simulator.guests.qemu.features import missing_storages
from pve_simulator.guests.qemu.migration.job import Options
from pve_simulator.guests.qemu.migration.prepare import check_storages
from pve_simulator.guests.qemu.migration.run import migrate as run
from pve_simulator.guests.qemu.references import find_local_volumes
from pve_simulator.guests.qemu.resources import find_local_resources, find_unmapped
from pve_simulator.guests.replicated import check_live_target
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.storage.lookup import enabled_storage
from pve_simulator.world.tasks import Task

_TEMPLATE = "/nodes/{node}/qemu/{vmid}/migrate"


@route("GET", _TEMPLATE)
def read_preconditions(call: Call) -> dict[str, Any]:
    """The nodes that the guest could migrate to, the volumes that would move with it, and what prevents it."""
    _check_quorum(call)
    guest = call.guest("qemu")
    power.check_lock(guest)
    resources = find_local_resources(call.cluster, guest.config, running=guest.running)
    managed = ha.find_managed_resource(call.world, guest) is not None
    not_allowed: dict[str, dict[str, Any]] = {}
    for name in call.cluster.nodes:
        if name != call.node:
            missing = missing_storages(call.cluster, guest.config, name)
            not_allowed[name] = {"unavailable_storages": missing} if missing else {}
            if unmapped := find_unmapped(call.cluster, resources, name):
                not_allowed[name]["unavailable-resources"] = unmapped
            if managed and (blocking := find_blockers(call.cluster, guest, name)):
                not_allowed[name]["blocking-ha-resources"] = blocking
    view: dict[str, Any] = {
        "running": int(guest.running),
        "allowed_nodes": [name for name, reasons in not_allowed.items() if not reasons],
        "not_allowed_nodes": not_allowed,
        "local_disks": [found.view() for found in find_local_volumes(call.cluster, guest)],
        "local_resources": resources.names,
        "mapped-resources": sorted(resources.mapped),
        "mapped-resource-info": resources.mapped,
        "has-dbus-vmstate": 1,
    }
    if managed:
        view["dependent-ha-resources"] = find_dependents(call.cluster, guest)
    return view


@route("POST", _TEMPLATE)
def migrate(call: Call) -> str:
    """Move the guest to another node, or let the HA manager do it."""
    target = call.need("target")
    if target == call.node:
        raise invalid({"target": "target is local node."})
    _check_quorum(call)
    if target not in call.cluster.nodes:
        raise failure(f"no such cluster node '{target}'")
    for option in ("force", "migration_type", "migration_network"):
        if call.flag(option) and not call.subject.is_root_password_login:
            raise root_only(option)
    guest = call.guest("qemu")
    power.check_lock(guest)
    if guest.running and not call.flag("online"):
        raise failure("can't migrate running VM without --online")
    check_live_target(call.cluster, guest, target, force=call.flag("force"))
    options = _options(call, target, _storage_map(call, target))
    if ha.find_managed_resource(call.world, guest) is not None:
        return ha.request_migration(call, guest, target)

    async def worker(task: Task) -> None:
        async with call.world.migration_locks.hold("qemu", call.vmid, task=task):
            await run(call.world, task, call.guest("qemu"), options)

    return call.task("qmigrate", call.vmid, worker)


def _options(call: Call, target: str, storages: StorageMap) -> Options:
    defaults = [item.rpartition("=") for item in call.cluster.options.get("migration", "").split(",")]
    configured = {key or "type": value for key, unused, value in defaults if value}
    return Options(
        target,
        online=call.flag("online"),
        force=call.flag("force"),
        with_local_disks=call.flag("with-local-disks"),
        with_conntrack=call.flag("with-conntrack-state"),
        storages=storages,
        insecure=call.text("migration_type", configured.get("type")) == "insecure",
        network=call.text("migration_network", configured.get("network")),
        bwlimit=call.integer("bwlimit"),
    )


def _storage_map(call: Call, target: str) -> StorageMap:
    """The requested storage map, whose targets must be usable; without one, storages must be on both nodes."""
    guest = call.guest("qemu")
    if not call.text("targetstorage"):
        check_storages(call.cluster, guest, target)
        return StorageMap()
    storages = parse_storage_map(call.items("targetstorage"))
    if storages.identity:
        check_storages(call.cluster, guest, target)
    else:
        call.subject.require(f"/vms/{call.vmid}", "VM.Config.Disk")
    for name in storages.targets:
        storage = enabled_storage(call.cluster, name, target)
        call.subject.require(f"/storage/{name}", "Datastore.AllocateSpace")
        if "images" not in storage.content:
            raise failure(f"storage '{name}' does not support vm images")
    return storages


def _check_quorum(call: Call) -> None:
    if not call.cluster.quorate:
        raise failure("cluster not ready - no quorum?")
