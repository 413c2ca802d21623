# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/qemu/{vmid}: resize and move_disk."""

from __future__ import annotations

from pve_simulator.errors import invalid
from pve_simulator.guests.qemu.moving import check_move, move
from pve_simulator.guests.qemu.reassigning import check_reassign, choose_target_key, reassign
from pve_simulator.guests.qemu.resizing import resize
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.world.tasks import Task

_BASE = "/nodes/{node}/qemu/{vmid}"


@route("PUT", f"{_BASE}/resize")
def resize_disk(call: Call) -> str:
    """Grow a disk; errors are reported by the task."""
    call.only_root("skiplock")

    async def worker(task: Task) -> None:
        async with call.world.locks.hold("qemu", call.vmid, task=task):
            await resize(call, task, call.guest("qemu"))

    return call.task("resize", call.vmid, worker)


@route("POST", f"{_BASE}/move_disk")
def move_disk(call: Call) -> str:
    """Move a disk to another storage or format, or give it to another machine."""
    to_storage, to_guest = call.text("storage") is not None, call.text("target-vmid") is not None
    if to_storage and to_guest:
        text = "either set 'storage' or 'target-vmid', but not both"
        raise invalid({"target-vmid": text, "storage": text})
    if to_guest:
        return _reassign(call)
    if to_storage:
        return _move(call)
    text = "both 'storage' and 'target-vmid' missing, either needs to be set"
    raise invalid({"target-vmid": text, "storage": text})


def _move(call: Call) -> str:
    call.subject.require(f"/storage/{call.need('storage')}", "Datastore.AllocateSpace")
    check_move(call, call.guest("qemu"))

    async def worker(task: Task) -> None:
        async with call.world.locks.hold("qemu", call.vmid, task=task):
            await move(call, task, call.guest("qemu"))

    return call.task("qmmove", call.vmid, worker)


def _reassign(call: Call) -> str:
    target = call.integer("target-vmid")
    call.subject.require(f"/vms/{target}", "VM.Config.Disk")
    if target == call.vmid:
        raise invalid({"target-vmid": "must be different than source VMID to reassign disk"})
    drive = check_reassign(call)[2]
    call.subject.require(f"/storage/{drive['file'].partition(':')[0]}", "Datastore.AllocateSpace")

    async def worker(task: Task) -> None:
        locks = call.world.locks
        async with locks.hold("qemu", call.vmid, task=task), locks.hold("qemu", target, task=task):
            await reassign(call, task)

    return call.task("qmmove", f"{call.vmid}-{call.need('disk')}>{target}-{choose_target_key(call)}", worker)
