# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/lxc: listing, creating and destroying containers."""

from __future__ import annotations

from typing import Any

from pve_simulator.guests.lxc import create, destroy
from pve_simulator.guests.restoring import restore
from pve_simulator.guests.views import list_entry
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.world.tasks import Task


@route("GET", "/nodes/{node}/lxc")
def list_guests(call: Call) -> list[dict[str, Any]]:
    """The node's containers that the caller may see."""
    return [
        list_entry(call.world, guest)
        for guest in call.cluster.list_guests_on(call.node, "lxc")
        if call.subject.may(f"/vms/{guest.vmid}", "VM.Audit")
    ]


@route("POST", "/nodes/{node}/lxc")
def create_guest(call: Call) -> str:
    """Make a container from a template, or restore one from a backup."""
    if call.flag("restore"):
        return restore("lxc", call, {})
    creation = create.prepare(call)

    async def worker(task: Task) -> None:
        await create.run(creation, task)

    return call.task("vzcreate", call.vmid, worker)


@route("DELETE", "/nodes/{node}/lxc/{vmid}")
def destroy_guest(call: Call) -> str:
    """Destroy a stopped container, or with `force` any."""
    guest = call.guest("lxc")
    destroy.check(call, guest)
    destroy.check_stopped(call, guest)

    async def worker(task: Task) -> None:
        async with call.world.locks.hold("lxc", guest.vmid, task=task):
            await destroy.run(call, task, call.guest("lxc"))

    return call.task("vzdestroy", guest.vmid, worker)
