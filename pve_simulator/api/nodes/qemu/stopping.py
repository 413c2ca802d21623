# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/qemu/{vmid}/status: stop, shutdown, reboot."""

from __future__ import annotations

from pve_simulator.errors import failure
from pve_simulator.guests import ha, power
from pve_simulator.guests.agent.systems import answers_acpi, answers_agent
from pve_simulator.guests.qemu.cloudinit_state import generate
from pve_simulator.guests.qemu.starting import check_volumes
from pve_simulator.guests.views import agent_enabled
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.guest import Guest
from pve_simulator.world.tasks import Task

_SHUTDOWN_TIMEOUT = 60
_AGENT_TIMEOUT = 3.0


@route("POST", "/nodes/{node}/qemu/{vmid}/status/stop")
def stop(call: Call) -> str:
    """Stop at once; a stopped guest is no error."""
    call.only_root("skiplock", "migratedfrom", "keepActive")
    guest = call.find_guest("qemu")
    resource = ha.find_managed_resource(call.world, guest)
    if guest is not None and resource is not None:
        return ha.request_stop(call, guest, resource)

    async def worker(task: Task) -> None:
        if call.flag("overrule-shutdown"):
            await _overrule_shutdowns(call, task)
        async with call.world.locks.hold("qemu", call.vmid, task=task):
            guest = _require_guest(call)
            if guest.running:
                power.check_lock(guest, skiplock=call.flag("skiplock"))
                await task.work()
                power.power_off(guest, call.world)

    return call.task("qmstop", call.vmid, worker)


@route("POST", "/nodes/{node}/qemu/{vmid}/status/shutdown")
def shutdown(call: Call) -> str:
    """Ask the guest to shut down; after `timeout` fail, or with `forceStop` stop it."""
    call.only_root("skiplock", "keepActive")
    guest = call.find_guest("qemu")
    paused = guest is not None and guest.running and guest.paused
    if paused and not call.flag("forceStop"):
        raise failure("VM is paused - cannot shutdown")
    resource = ha.find_managed_resource(call.world, guest)
    if guest is not None and resource is not None:
        return ha.request_stop(call, guest, resource)

    async def worker(task: Task) -> None:
        async with call.world.locks.hold("qemu", call.vmid, task=task):
            guest = _require_guest(call)
            if not guest.running:
                return
            power.check_lock(guest, skiplock=call.flag("skiplock"))
            if paused:
                await task.work(0.2)
            else:
                await shut_down(call, task, guest, force=call.flag("forceStop"))
            power.power_off(guest, call.world)

    return call.task("qmshutdown", call.vmid, worker)


@route("POST", "/nodes/{node}/qemu/{vmid}/status/reboot")
def reboot(call: Call) -> str:
    """Shut down and start again, which applies pending changes."""
    guest = call.find_guest("qemu")
    if guest is None:
        raise failure(f"unable to find configuration file for VM {call.vmid} on node '{call.node}'")
    if not guest.running:
        raise failure(f"VM {call.vmid} not running")

    async def worker(task: Task) -> None:
        async with call.world.locks.hold("qemu", call.vmid, task=task):
            guest = _require_guest(call)
            if not guest.running:
                return
            power.check_lock(guest)
            await shut_down(call, task, guest, force=False)
            power.power_off(guest, call.world)
            check_volumes(call.cluster, guest)
            generate(guest)
            power.power_on(call.world, guest)

    return call.task("qmreboot", call.vmid, worker)


async def shut_down(call: Call, task: Task, guest: Guest, *, force: bool) -> None:
    """Wait until the guest has shut down; raises when no system in it answers."""
    timeout = call.integer("timeout", _SHUTDOWN_TIMEOUT)
    if agent_enabled(guest) and not answers_agent(guest):
        await call.world.clock.sleep(_AGENT_TIMEOUT)
        task.say(f"QEMU Guest Agent is not running - VM {guest.vmid} qga command 'guest-ping' failed - got timeout")
    if answers_acpi(guest):
        await task.work()
        return
    await call.world.clock.sleep(timeout)
    if not force:
        raise failure("VM quit/powerdown failed - got timeout")
    task.say("VM still running - terminating now with SIGTERM")
    await task.work(0.1)


def _require_guest(call: Call) -> Guest:
    guest = call.find_guest("qemu")
    if guest is None:
        raise failure(f"unable to find configuration file for VM {call.vmid} on node '{call.node}'")
    return guest


async def _overrule_shutdowns(call: Call, task: Task) -> None:
    for other in call.world.tasks.list_active(call.node):
        if other.upid.type == "qmshutdown" and other.upid.id == str(call.vmid):
            task.say(f"overruling task {other.upid}")
            call.world.tasks.stop(other)
    await call.world.clock.run_until_idle()
