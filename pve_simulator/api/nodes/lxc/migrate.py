# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/lxc/{vmid}/migrate."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import failure, invalid
from pve_simulator.guests import ha, power
from pve_simulator.guests.lxc.migrate import Options, check_running, run
from pve_simulator.guests.migration import StorageMap, parse_storage_map
from pve_simulator.guests.motion import find_blockers, find_dependents
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.storage.lookup import enabled_storage
from pve_simulator.world.tasks import Task


@route("GET", "/nodes/{node}/lxc/{vmid}/migrate")
def read_preconditions(call: Call) -> dict[str, Any]:
    """The nodes that the container could migrate to."""
    guest = call.guest("lxc")
    power.check_lock(guest)
    managed = ha.find_managed_resource(call.world, guest) is not None
    others = [name for name in call.cluster.nodes if name != guest.node]
    blocked = {name: found for name in others if managed and (found := find_blockers(call.cluster, guest, name))}
    view: dict[str, Any] = {
        "running": int(guest.running),
        "allowed-nodes": [name for name in others if name not in blocked],
        "not-allowed-nodes": {name: {"blocking-ha-resources": found} for name, found in blocked.items()},
    }
    if managed:
        view["dependent-ha-resources"] = find_dependents(call.cluster, guest)
    return view


@route("POST", "/nodes/{node}/lxc/{vmid}/migrate")
def migrate(call: Call) -> str:
    """Move the container to another node."""
    target = call.need("target")
    if target == call.node:
        raise invalid({"target": "target is local node."})
    if target not in call.cluster.nodes:
        raise failure(f"no such cluster node '{target}'")
    guest = call.guest("lxc")
    online, restart = call.flag("online"), call.flag("restart")
    check_running(guest, online=online, restart=restart)
    options = Options(target, online, restart, call.integer("timeout", 180), _storage_map(call, target))
    if ha.find_managed_resource(call.world, guest) is not None:
        return ha.request_migration(call, guest, target)

    async def worker(task: Task) -> None:
        async with call.world.migration_locks.hold("lxc", call.vmid, task=task):
            await run(call.world, task, call.guest("lxc"), options)

    return call.task("vzmigrate", guest.vmid, worker)


def _storage_map(call: Call, target: str) -> StorageMap:
    """The requested storage map, whose targets must be usable on the target node."""
    storages = parse_storage_map(call.items("target-storage"))
    for name in storages.targets:
        enabled_storage(call.cluster, name, target)
        call.subject.require(f"/storage/{name}", "Datastore.AllocateSpace")
    return storages
