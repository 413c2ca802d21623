# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""startall, stopall, suspendall and migrateall of a node."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import ApiError, failure, forbidden, invalid
from pve_simulator.requests import bulk
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.guest import Guest
from pve_simulator.world.tasks import Task

_SHUTDOWN_TIMEOUT = 180
# After a virtual machine, to spare the node; said in the log only when the guest asks for a delay itself.
_START_DELAY = 3


@route("POST", "/nodes/{node}/startall")
def start_all(call: Call) -> str:
    """Start the node's guests that start at boot, or with `force` all."""
    _check_privilege(call, "VM.PowerMgmt")

    async def worker(task: Task) -> None:
        async def begin(guest: Guest) -> Task | None:
            if guest.running or not (call.flag("force") or guest.config.get("onboot") == "1"):
                return None
            task.say(f"Starting {guest.label} {guest.vmid}")
            return await _post_action(call, guest, "status/start", {})

        async def wait_after_start(guest: Guest, own: Task) -> None:
            delay_option = bulk.startup_of(guest).up
            if own.failed:
                task.say(f"Starting {guest.label} {guest.vmid} failed: {own.exitstatus}")
                return
            if delay_option:
                task.say(f"Waiting for {delay_option} seconds (startup delay)")
            delay = delay_option if delay_option is not None else _START_DELAY if guest.type == "qemu" else 0
            await task.clock.sleep(delay if delay_option else delay * call.world.settings.task_seconds)

        await bulk.run_for_each(_list_guests(call), 1, begin, wait_after_start, refused=_make_refusal_reporter(task))

    return call.task("startall", "", worker)


@route("POST", "/nodes/{node}/stopall")
def stop_all(call: Call) -> str:
    """Shut the node's guests down, the last started first."""
    _check_privilege(call, "VM.PowerMgmt")

    async def worker(task: Task) -> None:
        async def begin(guest: Guest) -> Task | None:
            if not guest.running:
                return None
            own = bulk.startup_of(guest).down
            timeout = own if own is not None else call.integer("timeout", _SHUTDOWN_TIMEOUT)
            task.say(f"Stopping {guest.label} {guest.vmid} (timeout = {timeout} seconds)")
            params = {"timeout": timeout, "forceStop": int(call.flag("force-stop", True))}
            return await _post_action(call, guest, "status/shutdown", params)

        await bulk.run_for_each(
            _list_guests(call)[::-1],
            _count_workers(call),
            begin,
            _ignore,
            refused=_make_refusal_reporter(task),
            reverse=True,
        )

    return call.task("stopall", "", worker)


@route("POST", "/nodes/{node}/suspendall")
def suspend_all(call: Call) -> str:
    """Suspend the node's virtual machines to disk."""
    if not (call.subject.may("/", "VM.PowerMgmt") and call.subject.may("/", "VM.Config.Disk")):
        if not call.items("vms"):
            raise forbidden("Permission check failed (/, VM.PowerMgmt && VM.Config.Disk)")
        _check_privilege(call, "VM.PowerMgmt")

    async def worker(task: Task) -> None:
        async def begin(guest: Guest) -> Task | None:
            if guest.type != "qemu":
                task.warn(f"skipping {guest.vmid}, only VMs can be suspended")
                return None
            if not guest.running:
                task.say(f"VM {guest.vmid} not running, skipping suspension")
                return None
            task.say(f"Suspending VM {guest.vmid}")
            return await _post_action(call, guest, "status/suspend", {"todisk": 1})

        await bulk.run_for_each(
            _list_guests(call)[::-1],
            _count_workers(call),
            begin,
            _ignore,
            refused=_make_refusal_reporter(task),
            reverse=True,
        )

    return call.task("suspendall", "", worker)


@route("POST", "/nodes/{node}/migrateall")
def migrate_all(call: Call) -> str:
    """Migrate the node's guests to another node."""
    _check_privilege(call, "VM.Migrate")
    target = call.need("target")
    if target == call.node:
        raise invalid({"target": "target is local node."})
    if target not in call.cluster.nodes:
        raise failure(f"no such cluster node '{target}'")
    max_workers = call.integer("max-workers") or call.integer("maxworkers")
    workers = bulk.max_workers(call.cluster, max_workers, 1)

    async def worker(task: Task) -> None:
        started = 0

        async def begin(guest: Guest) -> Task | None:
            nonlocal started
            params: dict[str, Any] = {"target": target}
            if guest.type == "qemu":
                task.say(f"Check VM {guest.vmid}: precondition check passed")
                params["online"] = int(guest.running)
                if "with-local-disks" in call.params:
                    params["with-local-disks"] = int(call.flag("with-local-disks"))
            else:
                params["restart"] = int(guest.running)
            task.say(f"Migrating {guest.label} {guest.vmid}")
            own = await _post_action(call, guest, "migrate", params)
            started += 1
            return own

        guests = _list_guests(call, templates=True, managed=True)
        if not guests:
            task.say("no virtual guests matched, nothing to do..")
            return
        await bulk.run_for_each(guests, workers, begin, _ignore, refused=_make_refusal_reporter(task))
        if not started:
            raise failure("no migrations worker started...")
        task.say(f"All jobs finished, used {started} workers in total.")

    return call.task("migrateall", "", worker)


def _list_guests(call: Call, **which: bool) -> list[Guest]:
    return bulk.choose_guests(call.cluster, map(int, call.items("vms")), node=call.node, **which)


def _check_privilege(call: Call, privilege: str) -> None:
    """The privilege on everything, or on each guest that is named."""
    if not call.subject.may("/", privilege):
        for path in [f"/vms/{vmid}" for vmid in call.items("vms")] or ["/"]:
            call.subject.require(path, privilege)


def _count_workers(call: Call) -> int:
    return bulk.max_workers(call.cluster, call.integer("max-workers"), call.cluster.nodes[call.node].cpus)


async def _post_action(call: Call, guest: Guest, action: str, params: dict[str, Any]) -> Task | None:
    path = f"/nodes/{guest.node}/{guest.type}/{guest.vmid}/{action}"
    return await bulk.call_api(call.world, call.subject, "POST", path, params)


def _make_refusal_reporter(task: Task) -> Any:
    def log_refusal(guest: Guest, error: ApiError) -> None:
        task.say(error.message)

    return log_refusal


async def _ignore(guest: Guest, own: Task) -> None:
    """Nothing more to do when a guest's task has ended."""
