# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""POST /nodes/{node}/lxc/{vmid}/clone."""

from __future__ import annotations

from pve_simulator.guests.lxc import clone
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.world.tasks import Task


@route("POST", "/nodes/{node}/lxc/{vmid}/clone")
async def clone_guest(call: Call) -> str:
    """A copy of a container (or of its snapshot) under another id."""
    async with call.world.locks.hold("lxc", call.vmid):
        plan = clone.prepare(call)

    async def worker(task: Task) -> None:
        await clone.run(call, task, plan)

    return call.task("vzclone", plan.source.vmid, worker)
