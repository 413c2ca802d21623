# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/qemu/{vmid}/snapshot: list, take, read and change, roll back, delete."""

from __future__ import annotations

from typing import Any

from pve_simulator.api.nodes.qemu.status import start
from pve_simulator.errors import ApiError, failure
from pve_simulator.guests import power, snapshots
from pve_simulator.guests.qemu import snapshots as work
from pve_simulator.guests.qemu.resources import check_ram_can_be_saved
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.config_types import typed_config
from pve_simulator.world.tasks import Task

_ALL = "/nodes/{node}/qemu/{vmid}/snapshot"
_ONE = f"{_ALL}/{{snapname}}"


@route("GET", _ALL)
def list_snapshots(call: Call) -> list[dict[str, Any]]:
    """Every snapshot, and the present state as `current`."""
    return snapshots.list_view(call.guest("qemu"))


@route("POST", _ALL)
def create(call: Call) -> str:
    """Take a snapshot; errors are reported by the task."""
    name = call.need("snapname")
    reserved = ["pending"] if name.lower() == "pending" else []
    snapshots.check_new_name(name.lower() if reserved else name, *reserved)
    config = call.guest("qemu").config
    if call.flag("vmstate"):
        check_ram_can_be_saved(config)

    async def worker(task: Task) -> None:
        call.world.write_log(call.node, call.subject.userid, f"snapshot VM {call.vmid}: {name}")
        await work.create(call, task, name, call.text("description"), with_ram=call.flag("vmstate"))

    return call.task("qmsnapshot", call.vmid, worker)


@route("GET", _ONE)
def index(call: Call) -> list[dict[str, str]]:
    """What can be done with a snapshot, whether it exists or not."""
    return [{"cmd": "rollback"}, {"cmd": "config"}]


@route("DELETE", _ONE)
def delete(call: Call) -> str:
    """Remove a snapshot."""
    name, force = call.need("snapname"), call.flag("force")

    async def remove(task: Task) -> None:
        call.world.write_log(call.node, call.subject.userid, f"delete snapshot VM {call.vmid}: {name}")
        await work.delete(call, task, name, force=force)

    async def worker(task: Task) -> None:
        if force:
            await remove(task)
            return
        obtained = False
        try:
            async with call.world.migration_locks.hold("qemu", call.vmid, task=task):
                obtained = True
                await remove(task)
        except ApiError:
            if obtained:
                raise
            raise failure("Failed to obtain guest migration lock - replication running?") from None

    return call.task("qmdelsnapshot", call.vmid, worker)


@route("GET", f"{_ONE}/config")
def read_config(call: Call) -> dict[str, Any]:
    """A snapshot's configuration."""
    snapshot = snapshots.require_snapshot(call.guest("qemu"), call.need("snapname"))
    return typed_config("qemu", snapshot.config)


@route("PUT", f"{_ONE}/config")
async def update_config(call: Call) -> None:
    """Change a snapshot's description."""
    if call.params.get("description") is None:
        return
    async with call.world.locks.hold("qemu", call.vmid):
        guest = call.guest("qemu")
        power.check_lock(guest)
        snapshots.set_description(guest, call.need("snapname"), call.text("description"))


@route("POST", f"{_ONE}/rollback")
def rollback(call: Call) -> str:
    """Roll back to a snapshot, and with `start` start the guest if it is stopped then."""
    name = call.need("snapname")

    async def worker(task: Task) -> None:
        call.world.write_log(call.node, call.subject.userid, f"rollback snapshot VM {call.vmid}: {name}")
        async with call.world.migration_locks.hold("qemu", call.vmid, task=task):
            await work.rollback(call, task, name)
        if call.flag("start") and not call.guest("qemu").running:
            start(Call(call.world, "POST", call.path, call.subject, {"node": call.node, "vmid": call.vmid}))

    return call.task("qmrollback", call.vmid, worker)
