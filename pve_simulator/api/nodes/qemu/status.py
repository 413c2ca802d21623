# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/qemu/{vmid}/status: reading it, starting, resetting, suspending, resuming."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import failure
from pve_simulator.guests import ha, power
from pve_simulator.guests.qemu.hibernation import save_to_disk
from pve_simulator.guests.qemu.starting import run_start, start_task
from pve_simulator.guests.views import current_status
from pve_simulator.requests.call import Call, find_guest
from pve_simulator.requests.router import route
from pve_simulator.state.guest import Guest
from pve_simulator.world.tasks import Task

_ACTIONS = ("current", "start", "stop", "reset", "shutdown", "suspend", "reboot")


@route("GET", "/nodes/{node}/qemu/{vmid}/status")
def index(call: Call) -> list[dict[str, str]]:
    """What can be done."""
    call.guest("qemu")
    return [{"subdir": action} for action in _ACTIONS]


@route("GET", "/nodes/{node}/qemu/{vmid}/status/current")
def read_current(call: Call) -> dict[str, Any]:
    """The guest's current status."""
    return current_status(call.world, call.guest("qemu"))


@route("POST", "/nodes/{node}/qemu/{vmid}/status/start")
def start(call: Call) -> str:
    """Start the guest; errors are reported by the task."""
    call.only_root("stateuri", "skiplock", "migratedfrom", "migration_type", "migration_network")
    guest = call.find_guest("qemu")
    resource = ha.find_managed_resource(call.world, guest)
    if guest is not None and resource is not None:
        return ha.request_start(call, guest, resource)

    return start_task(call, call.vmid, skiplock=call.flag("skiplock"))


@route("POST", "/nodes/{node}/qemu/{vmid}/status/reset")
def reset(call: Call) -> str:
    """A hard reset of a running guest."""
    call.only_root("skiplock")
    _require_running(call)

    async def worker(task: Task) -> None:
        async with call.world.locks.hold("qemu", call.vmid, task=task):
            guest = find_guest(call.cluster, "qemu", call.node, call.vmid)
            power.check_lock(guest, skiplock=call.flag("skiplock"))
            await task.work()

    return call.task("qmreset", call.vmid, worker)


@route("POST", "/nodes/{node}/qemu/{vmid}/status/suspend")
def suspend(call: Call) -> str:
    """Pause a running guest, or save it to disk and stop it (`todisk`)."""
    call.only_root("skiplock")
    to_disk = call.flag("todisk")
    guest = _require_running(call)
    if to_disk and ha.find_managed_resource(call.world, guest):
        raise failure("Cannot suspend HA managed VM to disk")

    async def pause(task: Task) -> None:
        async with call.world.locks.hold("qemu", call.vmid, task=task):
            guest = find_guest(call.cluster, "qemu", call.node, call.vmid)
            power.check_lock(guest, skiplock=call.flag("skiplock"))
            await task.work()
            guest.paused = True

    async def hibernate(task: Task) -> None:
        async with call.world.locks.hold("qemu", call.vmid, task=task):
            guest = find_guest(call.cluster, "qemu", call.node, call.vmid)
            power.check_lock(guest, skiplock=call.flag("skiplock"))
            await save_to_disk(call.world, task, guest, call.text("statestorage"))

    return call.task("qmsuspend" if to_disk else "qmpause", call.vmid, hibernate if to_disk else pause)


@route("POST", "/nodes/{node}/qemu/{vmid}/status/resume")
def resume(call: Call) -> str:
    """Resume a paused guest, or start a hibernated one."""
    call.only_root("skiplock")
    guest = _require_guest(call)
    if not guest.running and not power.is_hibernated(guest):
        raise failure(f"VM {call.vmid} not running")

    async def worker(task: Task) -> None:
        async with call.world.locks.hold("qemu", call.vmid, task=task):
            guest = find_guest(call.cluster, "qemu", call.node, call.vmid)
            if power.is_hibernated(guest):
                await run_start(call, task, guest, skiplock=call.flag("skiplock"))
                return
            power.check_lock(guest, skiplock=call.flag("skiplock"))
            await task.work()
            guest.paused = False

    return call.task("qmresume", call.vmid, worker)


def _require_guest(call: Call) -> Guest:
    guest = call.find_guest("qemu")
    if guest is None:
        raise failure(f"unable to find configuration file for VM {call.vmid} on node '{call.node}'")
    return guest


def _require_running(call: Call) -> Guest:
    guest = _require_guest(call)
    if not guest.running:
        raise failure(f"VM {call.vmid} not running")
    return guest
