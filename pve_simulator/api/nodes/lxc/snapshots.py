# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/lxc/{vmid}/snapshot."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import failure
from pve_simulator.guests import power, snapshots
from pve_simulator.guests.configs import config_view
from pve_simulator.guests.lxc import snapshots as lxc_snapshots
from pve_simulator.guests.lxc.start import make_start_worker
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.world.tasks import Task

_BASE = "/nodes/{node}/lxc/{vmid}/snapshot"


@route("GET", _BASE)
def list_snapshots(call: Call) -> list[dict[str, Any]]:
    """All snapshots, and `current`."""
    return snapshots.list_view(call.guest("lxc"))


@route("POST", _BASE)
def create_snapshot(call: Call) -> str:
    """Take a snapshot; everything is checked in the task."""
    name = call.need("snapname")
    snapshots.check_new_name(name, "vzdump")

    async def worker(task: Task) -> None:
        await lxc_snapshots.take(call.world, task, call.guest("lxc"), name, call.text("description"))

    return call.task("vzsnapshot", call.vmid, worker)


@route("GET", _BASE + "/{snapname}")
def index(call: Call) -> list[dict[str, str]]:
    """What can be done with a snapshot, whether it exists or not."""
    return [{"cmd": "rollback"}, {"cmd": "config"}]


@route("DELETE", _BASE + "/{snapname}")
def delete_snapshot(call: Call) -> str:
    """Remove a snapshot."""
    name, force = call.need("snapname"), call.flag("force")

    async def worker(task: Task) -> None:
        await lxc_snapshots.delete(call.world, task, call.guest("lxc"), name, force=force)

    return call.task("vzdelsnapshot", call.vmid, worker)


@route("POST", _BASE + "/{snapname}/rollback")
def roll_back(call: Call) -> str:
    """Roll back to a snapshot; a running container is stopped for that."""
    name, start = call.need("snapname"), call.flag("start")

    async def worker(task: Task) -> None:
        guest = call.guest("lxc")
        await lxc_snapshots.roll_back(call.world, task, guest, name)
        if start:
            call.task("vzstart", guest.vmid, make_start_worker(call.world, guest.node, guest.vmid))

    return call.task("vzrollback", call.vmid, worker)


@route("GET", _BASE + "/{snapname}/config")
def read_snapshot_config(call: Call) -> dict[str, Any]:
    """A snapshot's configuration."""
    snapshots.require_snapshot(call.guest("lxc"), call.need("snapname"))
    call.params["snapshot"] = call.need("snapname")
    view = config_view(call, "lxc")
    view.pop("digest", None)
    return view


@route("PUT", _BASE + "/{snapname}/config")
async def update_snapshot_config(call: Call) -> None:
    """Change a snapshot's description."""
    async with call.world.locks.hold("lxc", call.vmid):
        guest = call.guest("lxc")
        power.check_lock(guest)
        if call.need("snapname") not in guest.snapshots:
            raise failure(f"snapshot '{call.need('snapname')}' does not exist")
        snapshots.set_description(guest, call.need("snapname"), call.text("description"))
