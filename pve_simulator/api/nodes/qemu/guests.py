# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/qemu: the list, making and destroying virtual machines."""

from __future__ import annotations

from typing import Any

from pve_simulator.guests.qemu import create as creating
from pve_simulator.guests.qemu import destroy as destroying
from pve_simulator.guests.restoring import restore
from pve_simulator.guests.views import list_entry
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.world.tasks import Task


@route("GET", "/nodes/{node}/qemu")
def list_guests(call: Call) -> list[dict[str, Any]]:
    """The node's virtual machines that the caller may see."""
    full = call.flag("full")
    return [
        list_entry(call.world, guest, full=full)
        for guest in call.cluster.list_guests_on(call.node, "qemu")
        if call.subject.may(f"/vms/{guest.vmid}", "VM.Audit")
    ]


@route("POST", "/nodes/{node}/qemu")
def create(call: Call) -> str:
    """Make a machine, or restore one from an archive."""
    creation = creating.prepare(call)
    if call.text("archive") is not None:
        return restore("qemu", call, creation.settings)
    guest = creating.reserve(creation)

    async def worker(task: Task) -> None:
        await creating.run(creation, task, guest)

    return call.task("qmcreate", call.vmid, worker)


@route("DELETE", "/nodes/{node}/qemu/{vmid}")
def destroy(call: Call) -> str:
    """Destroy a stopped machine."""
    call.only_root("skiplock")
    destroying.check(call, call.guest("qemu"))

    async def worker(task: Task) -> None:
        async with call.world.locks.hold("qemu", call.vmid, task=task):
            await destroying.run(call, task, call.guest("qemu"))

    return call.task("qmdestroy", call.vmid, worker)
