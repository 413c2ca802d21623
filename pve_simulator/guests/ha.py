# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a managed guest's own calls request of the HA manager."""

from __future__ import annotations

from pve_simulator.guests.ha_manager import acting, move, reconcile
from pve_simulator.requests.call import Call
from pve_simulator.state.guest import Guest
from pve_simulator.state.ha import Ha, HaResource, service_id
from pve_simulator.world.tasks import Task
from pve_simulator.world.world import World


def find_managed_resource(world: World, guest: Guest | None) -> HaResource | None:
    """The HA resource of a managed guest; None for others and for `ignored` ones."""
    if guest is None or acting.get():
        return None
    resource = world.cluster.part(Ha).resources.get(service_id(guest))
    return resource if resource and resource.requested_state != "ignored" else None


def request_start(call: Call, guest: Guest, resource: HaResource) -> str:
    """Ask the manager to start a guest; returns the UPID of the request."""

    async def ask(task: Task) -> None:
        task.say(f"Requesting HA start for {guest.label} {guest.vmid}")
        await task.work()
        resource.config["state"] = "started"
        reconcile(call.world, service_id(guest))

    return call.task("hastart", guest.vmid, ask)


def request_stop(call: Call, guest: Guest, resource: HaResource) -> str:
    """Ask the manager to stop a guest; returns the UPID of the request."""

    async def ask(task: Task) -> None:
        task.say(f"Requesting HA stop for {guest.label} {guest.vmid}")
        await task.work()
        resource.config["state"] = "stopped"
        reconcile(call.world, service_id(guest))

    return call.task("hastop", guest.vmid, ask)


def request_migration(call: Call, guest: Guest, target: str) -> str:
    """Ask the manager to migrate a guest; returns the UPID of the request."""

    async def ask(task: Task) -> None:
        task.say(f"Requesting HA migration for {guest.label} {guest.vmid} to node {target}")
        await task.work()
        move(call.world, service_id(guest), target)

    return call.task("hamigrate", guest.vmid, ask)
