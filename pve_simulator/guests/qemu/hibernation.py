# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hibernation: a machine's RAM goes to a volume, and the machine stops."""

from __future__ import annotations

import time

from pve_simulator.guests import power
from pve_simulator.guests.qemu import ram
from pve_simulator.guests.qemu.resources import check_ram_can_be_saved
from pve_simulator.guests.views import uptime
from pve_simulator.state.guest import Guest
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task
from pve_simulator.world.world import World


async def save_to_disk(world: World, task: Task, guest: Guest, storage: str | None = None) -> None:
    """Hibernate a running guest inside a task that holds its lock; it stays locked until it is started again."""
    check_ram_can_be_saved(guest.config)
    volumes = Volumes(world.cluster, guest.node, int(world.clock.time()), task.say)
    day = time.strftime("%Y-%m-%d", time.gmtime(world.clock.time()))
    state = ram.allocate_state(volumes, guest, f"suspend-{day}", storage)
    guest.config["lock"] = "suspending"
    try:
        await task.work()
    except BaseException:
        if not task.has_crashed:
            guest.config.pop("lock", None)
            volumes.free(state.volid)
        raise
    ram.write_state(volumes, state, guest, uptime(world, guest))
    keys = ram.running_keys(guest)
    power.power_off(guest, world)
    guest.config |= {**keys, "lock": "suspended", "vmstate": state.volid}
    task.say("State saved, quitting")
