# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting a container, inside a task."""

from __future__ import annotations

import re

from pve_simulator.errors import failure
from pve_simulator.guests import power
from pve_simulator.guests.lxc.mountpoints import volumes_of
from pve_simulator.guests.lxc.values import network_options
from pve_simulator.nodes.network import list_bridges
from pve_simulator.requests.call import find_guest
from pve_simulator.state.guest import Guest
from pve_simulator.storage.lookup import require_volume
from pve_simulator.world.tasks import Task, Worker
from pve_simulator.world.world import World

_NET = re.compile(r"net\d+")


async def start(world: World, task: Task, node: str, vmid: int, *, skiplock: bool = False) -> None:
    """Start a container, or raise what keeps it from starting."""
    async with world.locks.hold("lxc", vmid, task=task):
        guest = find_guest(world.cluster, "lxc", node, vmid)
        power.check_startable(guest, skiplock=skiplock)
        for volid in volumes_of(guest.effective_config()):
            require_volume(world.cluster, node, volid)
        await task.work()
        _plug_network(world, task, guest)
        power.power_on(world, guest)


def _plug_network(world: World, task: Task, guest: Guest) -> None:
    """Raise when a bridge is missing, after what lxc-start says of that."""
    known = list_bridges(world.cluster.nodes[guest.node])
    config = guest.effective_config()
    named = [network_options(config[key]).get("bridge") for key in sorted(config) if _NET.fullmatch(key)]
    if all(bridge is None or bridge in known for bridge in named):
        return
    task.say("run_buffer: 571 Script exited with status 2")
    task.say("lxc_create_network_priv: 3466 No such device - Failed to create network device")
    task.say("lxc_spawn: 1852 Failed to create the network")
    task.say(f'__lxc_start: 2119 Failed to spawn container "{guest.vmid}"')
    raise failure(f"startup for container '{guest.vmid}' failed")


def make_start_worker(world: World, node: str, vmid: int) -> Worker:
    """The worker of a `vzstart` task."""

    async def worker(task: Task) -> None:
        await start(world, task, node, vmid)

    return worker
