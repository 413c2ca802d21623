# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/lxc/{vmid}/status: most errors of containers are returned at once, not by the task."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import failure
from pve_simulator.guests import ha, power
from pve_simulator.guests.lxc.start import start as begin
from pve_simulator.guests.views import current_status
from pve_simulator.requests.call import Call, find_guest
from pve_simulator.requests.router import route
from pve_simulator.state.guest import Guest
from pve_simulator.world.tasks import Task, Worker

_ACTIONS = ("current", "start", "stop", "shutdown", "reboot", "migrate")
_SHUTDOWN_TIMEOUT = 60
_REBOOT_TIMEOUT = 10
_CRIU = "execing criu failed, is it installed?"


@route("GET", "/nodes/{node}/lxc/{vmid}/status")
def index(call: Call) -> list[dict[str, str]]:
    """What can be done."""
    call.guest("lxc")
    return [{"subdir": action} for action in _ACTIONS]


@route("GET", "/nodes/{node}/lxc/{vmid}/status/current")
def read_current(call: Call) -> dict[str, Any]:
    """The container's current status."""
    return current_status(call.world, call.guest("lxc"))


@route("POST", "/nodes/{node}/lxc/{vmid}/status/start")
def start(call: Call) -> str:
    """Start a container that does not run."""
    call.only_root("skiplock")
    guest = call.find_guest("lxc")
    if guest is not None and guest.running:
        raise failure(f"CT {call.vmid} already running")
    resource = ha.find_managed_resource(call.world, guest)
    if guest is not None and resource is not None:
        return ha.request_start(call, guest, resource)

    async def worker(task: Task) -> None:
        await begin(call.world, task, call.node, call.vmid, skiplock=call.flag("skiplock"))

    return call.task("vzstart", call.vmid, worker)


@route("POST", "/nodes/{node}/lxc/{vmid}/status/stop")
def stop(call: Call) -> str:
    """Stop a running container at once."""
    call.only_root("skiplock")
    guest = _require_running(call)
    resource = ha.find_managed_resource(call.world, guest)
    if resource is not None:
        return ha.request_stop(call, guest, resource)

    async def worker(task: Task) -> None:
        if call.flag("overrule-shutdown"):
            await _overrule_shutdowns(call, task)
        async with call.world.locks.hold("lxc", call.vmid, task=task):
            guest = find_guest(call.cluster, "lxc", call.node, call.vmid)
            power.check_lock(guest, skiplock=call.flag("skiplock"))
            await task.work()
            power.power_off(guest, call.world)

    return call.task("vzstop", call.vmid, worker)


@route("POST", "/nodes/{node}/lxc/{vmid}/status/shutdown")
def shutdown(call: Call) -> str:
    """Shut a running container down; after `timeout` fail, or with `forceStop` stop it."""
    guest = _require_running(call)
    resource = ha.find_managed_resource(call.world, guest)
    if resource is not None:
        return ha.request_stop(call, guest, resource)

    async def worker(task: Task) -> None:
        async with call.world.locks.hold("lxc", call.vmid, task=task):
            guest = find_guest(call.cluster, "lxc", call.node, call.vmid)
            power.check_lock(guest)
            timeout = call.integer("timeout", _SHUTDOWN_TIMEOUT)
            await _shut_down(task, guest, timeout, force=call.flag("forceStop"))
            power.power_off(guest, call.world)

    return call.task("vzshutdown", call.vmid, worker)


@route("POST", "/nodes/{node}/lxc/{vmid}/status/reboot")
def reboot(call: Call) -> str:
    """Restart a running container."""
    guest = call.find_guest("lxc")
    if guest is None or not guest.running:
        raise failure(f"VM {call.vmid} not running")

    async def worker(task: Task) -> None:
        async with call.world.locks.hold("lxc", call.vmid, task=task):
            guest = find_guest(call.cluster, "lxc", call.node, call.vmid)
            power.check_lock(guest)
            await _shut_down(task, guest, call.integer("timeout", _REBOOT_TIMEOUT), force=True)
            power.power_off(guest, call.world)
            power.power_on(call.world, guest)

    return call.task("vzreboot", call.vmid, worker)


@route("POST", "/nodes/{node}/lxc/{vmid}/status/suspend")
def suspend(call: Call) -> str:
    """Checkpoints need CRIU, which the product does not ship: the task fails as it really does."""
    _require_running(call)
    return call.task(
        "vzsuspend",
        call.vmid,
        _make_checkpoint_worker(
            call, "-s -D /var/lib/vz/dump", "No such file or directory", "checkpoint: 182 Checkpointing"
        ),
    )


@route("POST", "/nodes/{node}/lxc/{vmid}/status/resume")
def resume(call: Call) -> str:
    """Fails as `suspend` does."""
    guest = call.find_guest("lxc")
    if guest is not None and guest.running:
        raise failure(f"CT {call.vmid} already running")
    return call.task(
        "vzresume",
        call.vmid,
        _make_checkpoint_worker(
            call, "-r --foreground -D /var/lib/vz/dump", "Connection refused", "restore_finalize: 203 Restoring"
        ),
    )


def _make_checkpoint_worker(call: Call, options: str, reason: str, what: str) -> Worker:
    async def worker(task: Task) -> None:
        find_guest(call.cluster, "lxc", call.node, call.vmid)
        prefix = f"lxc-checkpoint: {call.vmid}: ../src/lxc"
        task.say(f"{prefix}/criu.c: criu_version_ok: 767 {reason} - {_CRIU}")
        source = "tools/lxc_checkpoint.c"
        task.say(f"{prefix}/{source}: {what} {call.vmid} failed")
        raise failure(f"command 'lxc-checkpoint -n {call.vmid} {options}' failed: exit code 1")

    return worker


async def _shut_down(task: Task, guest: Guest, timeout: int, *, force: bool) -> None:
    if guest.acpi:
        await task.work()
        return
    await task.clock.sleep(timeout)
    if not force:
        raise failure(f"command 'lxc-stop -n {guest.vmid} --nokill --timeout {timeout}' failed: exit code 1")


async def _overrule_shutdowns(call: Call, task: Task) -> None:
    for other in call.world.tasks.list_active(call.node):
        if other.upid.type == "vzshutdown" and other.upid.id == str(call.vmid):
            task.say(f"overruling task {other.upid}")
            call.world.tasks.stop(other)
    await call.world.clock.run_until_idle()


def _require_running(call: Call) -> Guest:
    guest = call.find_guest("lxc")
    if guest is None or not guest.running:
        raise failure(f"CT {call.vmid} not running")
    return guest
