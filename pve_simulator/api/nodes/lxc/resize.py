# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""PUT /nodes/{node}/lxc/{vmid}/resize: growing a mount point's volume and its file system."""

from __future__ import annotations

from dataclasses import dataclass

from pve_simulator.api.nodes.lxc.config import check_digest
from pve_simulator.errors import ApiError, failure
from pve_simulator.guests import power
from pve_simulator.guests.lxc.disks import say_resized
from pve_simulator.guests.lxc.mountpoints import MountPoint, parse_mount
from pve_simulator.guests.lxc.permissions import ConfigRights
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.schema import parse_size
from pve_simulator.state.guest import Guest
from pve_simulator.storage.lookup import parse_volid
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task


@dataclass(frozen=True, slots=True)
class _Plan:
    guest: Guest
    mount: MountPoint
    before: int
    after: int


@route("PUT", "/nodes/{node}/lxc/{vmid}/resize")
def resize(call: Call) -> str:
    """Grow a volume by `+size` or to `size`; shrinking is refused at once."""
    _plan_growth(call)

    async def worker(task: Task) -> None:
        async with call.world.locks.hold("lxc", call.vmid, task=task):
            await _grow(call, task, _plan_growth(call))

    return call.task("resize", call.vmid, worker)


def _plan_growth(call: Call) -> _Plan:
    guest = call.guest("lxc")
    power.check_lock(guest)
    key, text = call.need("disk"), call.need("size")
    ConfigRights(call.cluster, call.subject, guest.vmid).require("VM.Config.Options")
    check_digest(guest, call.text("digest"))
    mount = parse_mount(key, guest.config.get(key))
    storage, parsed = parse_volid(call.cluster, mount.volume)
    if parsed.vmid != guest.vmid:
        raise ApiError(500, f"can't resize mount point owned by another container ({parsed.vmid})")
    call.subject.require(f"/storage/{storage.id}", "Datastore.AllocateSpace")
    before = Volumes(call.cluster, guest.node).require(mount.volume).size
    size = parse_size(text.removeprefix("+")) or 0
    after = before + size if text.startswith("+") else size
    if after < before:
        raise failure("unable to shrink disk size")
    if after == before:
        raise failure("disk is already at specified size")
    return _Plan(guest, mount, before, after)


async def _grow(call: Call, task: Task, plan: _Plan) -> None:
    guest, mount = plan.guest, plan.mount
    await task.work()
    volumes = Volumes(call.cluster, guest.node, int(call.world.clock.time()), task.say)
    volumes.resize(mount.volume, plan.after)
    guest.config[mount.key] = mount.with_volume(mount.volume, plan.after).text()
    if volumes.require(mount.volume).format == "raw":
        say_resized(task.say, volumes.path(mount.volume), plan.before, plan.after, running=guest.running)
