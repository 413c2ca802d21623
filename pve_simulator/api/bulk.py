# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/bulk-action/guest for all nodes' guests, and startall, stopall, suspendall, migrateall for a node's."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import ApiError, failure, forbidden, invalid
from pve_simulator.requests import bulk
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.guest import Guest
from pve_simulator.world.tasks import Task

_PATH = "/cluster/bulk-action/guest"
_WORKERS = 4
_SHUTDOWN_TIMEOUT = 180
# After a virtual machine, to spare the node; said in the log only when the guest asks for a delay itself.
_START_DELAY = 3


@route("POST", f"{_PATH}/start")
def start(call: Call) -> str:
    """Start guests, resume paused ones."""
    _check_privilege(call, "VM.PowerMgmt")

    async def worker(task: Task) -> None:
        async def begin(guest: Guest) -> Task | None:
            action = "start"
            if guest.running:
                if not guest.paused:
                    task.warn(f"Skipping {guest.label} {guest.vmid}, already running.")
                    return None
                action = "resume"
            limited = action == "start" and guest.type == "qemu" and "timeout" in call.params
            task.say(f"Starting {guest.label} {guest.vmid}")
            return await _post_action(
                call, guest, f"status/{action}", {"timeout": call.params["timeout"]} if limited else {}
            )

        async def wait_after_start(guest: Guest, own: Task) -> None:
            delay = bulk.startup_of(guest).up
            if own.failed:
                task.warn(f"Starting {guest.label} {guest.vmid} failed: {own.exitstatus}")
            elif delay:
                task.say(f"Waiting for {delay} seconds (startup delay)")
                await task.clock.sleep(delay)

        _announce(call, task, "Starting")
        await _run_in_cluster(call, task, "start: ", _WORKERS, begin, wait_after_start)

    return call.task("bulk-start", "", worker)


@route("POST", f"{_PATH}/shutdown")
def shutdown(call: Call) -> str:
    """Shut guests down; after a timeout stop them, unless `force-stop` is 0."""
    _check_privilege(call, "VM.PowerMgmt")

    async def worker(task: Task) -> None:
        async def begin(guest: Guest) -> Task | None:
            if not guest.running:
                task.warn(f"Skipping {guest.label} {guest.vmid}, not running.")
                return None
            if guest.paused and not call.flag("force-stop"):
                task.warn(f"Skipping {guest.label} {guest.vmid}, resume paused VM before shutdown.")
                return None
            timeout = _read_shutdown_timeout(call, guest)
            task.say(f"Shutting down {guest.label} {guest.vmid} (Timeout = {timeout} seconds)")
            return await _shut_down(call, guest, timeout)

        _announce(call, task, "Shutting down")
        await _run_in_cluster(
            call, task, "shutdown ", _WORKERS, begin, _make_failure_reporter(task, "Stopping"), reverse=True
        )

    return call.task("bulk-shutdown", "", worker)


@route("POST", f"{_PATH}/suspend")
def suspend(call: Call) -> str:
    """Suspend virtual machines, to disk when asked."""
    _check_privilege(call, "VM.PowerMgmt")
    storage = call.text("statestorage")
    if call.flag("to-disk"):
        _check_privilege(call, "VM.Config.Disk")
        if storage is not None:
            call.subject.require(f"/storage/{storage}", "Datastore.AllocateSpace")

    async def worker(task: Task) -> None:
        async def begin(guest: Guest) -> Task | None:
            if guest.type == "qemu" and not guest.running:
                task.warn(f"Skipping VM {guest.vmid}, not running.")
                return None
            params: dict[str, Any] = {"todisk": int(call.flag("to-disk"))}
            if call.flag("to-disk") and storage is not None:
                params["statestorage"] = storage
            return await _suspend(call, task, guest, params)

        _announce(call, task, "Suspending")
        await _run_in_cluster(
            call, task, "suspend ", _WORKERS, begin, _make_failure_reporter(task, "Stopping"), reverse=True
        )

    return call.task("bulk-suspend", "", worker)


@route("POST", f"{_PATH}/migrate")
def migrate(call: Call) -> str:
    """Migrate guests to one node."""
    _check_privilege(call, "VM.Migrate")
    target = call.need("target")

    async def worker(task: Task) -> None:
        async def begin(guest: Guest) -> Task | None:
            if guest.node == target:
                task.warn(f"{guest.label} {guest.vmid} already on {target}, skipping.")
                return None
            task.say(f"Migrating {guest.label} {guest.vmid}")
            return await _migrate(call, guest, target, call.flag("online") if "online" in call.params else None)

        _announce(call, task, "Migrating", f" to {target}")
        await _run_in_cluster(call, task, "migrate ", 1, begin, _make_failure_reporter(task, "Migrating"), moved=True)

    return call.task("bulk-migrate", "", worker)


@route("POST", "/nodes/{node}/startall")
def start_all(call: Call) -> str:
    """Start the node's guests that start at boot, or with `force` all."""
    _check_node_privilege(call, "VM.PowerMgmt")

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

        await _run_on_node(task, _list_guests(call), 1, begin, wait_after_start)

    return call.task("startall", "", worker)


@route("POST", "/nodes/{node}/stopall")
def stop_all(call: Call) -> str:
    """Shut the node's guests down, the last started first."""
    _check_node_privilege(call, "VM.PowerMgmt")

    async def worker(task: Task) -> None:
        async def begin(guest: Guest) -> Task | None:
            if not guest.running:
                return None
            timeout = _read_shutdown_timeout(call, guest)
            task.say(f"Stopping {guest.label} {guest.vmid} (timeout = {timeout} seconds)")
            return await _shut_down(call, guest, timeout)

        await _run_on_node(task, _list_guests(call)[::-1], _count_workers(call, _count_cpus(call)), begin, reverse=True)

    return call.task("stopall", "", worker)


@route("POST", "/nodes/{node}/suspendall")
def suspend_all(call: Call) -> str:
    """Suspend the node's virtual machines to disk."""
    if not (call.subject.may("/", "VM.PowerMgmt") and call.subject.may("/", "VM.Config.Disk")):
        if not call.items("vms"):
            raise forbidden("Permission check failed (/, VM.PowerMgmt && VM.Config.Disk)")
        _check_node_privilege(call, "VM.PowerMgmt")

    async def worker(task: Task) -> None:
        async def begin(guest: Guest) -> Task | None:
            if guest.type == "qemu" and not guest.running:
                task.say(f"VM {guest.vmid} not running, skipping suspension")
                return None
            return await _suspend(call, task, guest, {"todisk": 1})

        await _run_on_node(task, _list_guests(call)[::-1], _count_workers(call, _count_cpus(call)), begin, reverse=True)

    return call.task("suspendall", "", worker)


@route("POST", "/nodes/{node}/migrateall")
def migrate_all(call: Call) -> str:
    """Migrate the node's guests to another node."""
    _check_node_privilege(call, "VM.Migrate")
    target = call.need("target")
    if target == call.node:
        raise invalid({"target": "target is local node."})
    if target not in call.cluster.nodes:
        raise failure(f"no such cluster node '{target}'")

    async def worker(task: Task) -> None:
        started = 0

        async def begin(guest: Guest) -> Task | None:
            nonlocal started
            if guest.type == "qemu":
                task.say(f"Check VM {guest.vmid}: precondition check passed")
            task.say(f"Migrating {guest.label} {guest.vmid}")
            own = await _migrate(call, guest, target, guest.running)
            started += 1
            return own

        guests = _list_guests(call, templates=True, managed=True)
        if not guests:
            task.say("no virtual guests matched, nothing to do..")
            return
        await _run_on_node(task, guests, _count_workers(call, 1), begin)
        if not started:
            raise failure("no migrations worker started...")
        task.say(f"All jobs finished, used {started} workers in total.")

    return call.task("migrateall", "", worker)


async def _post_action(call: Call, guest: Guest, action: str, params: dict[str, Any]) -> Task | None:
    path = f"/nodes/{guest.node}/{guest.type}/{guest.vmid}/{action}"
    return await bulk.call_api(call.world, call.subject, "POST", path, params)


def _read_shutdown_timeout(call: Call, guest: Guest) -> int | None:
    own = bulk.startup_of(guest).down
    return own if own is not None else call.integer("timeout", _SHUTDOWN_TIMEOUT)


async def _shut_down(call: Call, guest: Guest, timeout: int | None) -> Task | None:
    params = {"forceStop": int(call.flag("force-stop", True)), "timeout": timeout}
    return await _post_action(call, guest, "status/shutdown", params)


async def _suspend(call: Call, task: Task, guest: Guest, params: dict[str, Any]) -> Task | None:
    if guest.type != "qemu":
        task.warn(f"skipping {guest.vmid}, only VMs can be suspended")
        return None
    task.say(f"Suspending VM {guest.vmid}")
    return await _post_action(call, guest, "status/suspend", params)


async def _migrate(call: Call, guest: Guest, target: str, online: bool | None) -> Task | None:
    params: dict[str, Any] = {"target": target}
    if online is not None:
        params["online" if guest.type == "qemu" else "restart"] = int(online)
    if "with-local-disks" in call.params and guest.type == "qemu":
        params["with-local-disks"] = int(call.flag("with-local-disks"))
    return await _post_action(call, guest, "migrate", params)


def _read_vmids(call: Call) -> list[int]:
    return [int(vmid) for vmid in call.items("vms")]


def _check_privilege(call: Call, privilege: str) -> None:
    """The privilege on each guest that is named, or on everything."""
    for path in [f"/vms/{vmid}" for vmid in _read_vmids(call)] or ["/"]:
        call.subject.require(path, privilege)


def _check_node_privilege(call: Call, privilege: str) -> None:
    if not call.subject.may("/", privilege):
        _check_privilege(call, privilege)


def _list_guests(call: Call, **which: bool) -> list[Guest]:
    return bulk.choose_guests(call.cluster, _read_vmids(call), node=call.node, **which)


def _count_cpus(call: Call) -> int:
    return call.cluster.nodes[call.node].cpus


def _count_workers(call: Call, default: int) -> int:
    return bulk.max_workers(call.cluster, call.integer("max-workers") or call.integer("maxworkers"), default)


async def _run_in_cluster(
    call: Call,
    task: Task,
    verb: str,
    workers: int,
    begin: bulk.Start,
    finished: bulk.Finished,
    *,
    reverse: bool = False,
    moved: bool = False,
) -> None:
    """Do it to the guests of all nodes; what goes wrong is a warning each, and an error in the end."""

    def warn_of_refusal(guest: Guest, error: ApiError) -> None:
        task.warn(f"{error.status} {error.message}")

    guests = bulk.choose_guests(call.cluster, _read_vmids(call), templates=moved, managed=moved)
    failures = await bulk.run_for_each(
        guests, _count_workers(call, workers), begin, finished, refused=warn_of_refusal, reverse=reverse
    )
    bulk.check_failures(failures, verb)


async def _run_on_node(
    task: Task,
    guests: list[Guest],
    workers: int,
    begin: bulk.Start,
    finished: bulk.Finished | None = None,
    *,
    reverse: bool = False,
) -> None:
    """Do it to a node's guests; what goes wrong is only told in the log."""

    def log_refusal(guest: Guest, error: ApiError) -> None:
        task.say(error.message)

    await bulk.run_for_each(guests, workers, begin, finished or _ignore, refused=log_refusal, reverse=reverse)


def _announce(call: Call, task: Task, what: str, suffix: str = "") -> None:
    vmids = _read_vmids(call)
    named = f"{what} guests{suffix}: {', '.join(map(str, vmids))}"
    task.say(named if vmids else f"{what} all guests{suffix}")


def _make_failure_reporter(task: Task, what: str) -> bulk.Finished:
    async def warn_of_failure(guest: Guest, own: Task) -> None:
        if own.failed:
            task.warn(f"{what} {guest.label} {guest.vmid} failed: {own.exitstatus}")

    return warn_of_failure


async def _ignore(guest: Guest, own: Task) -> None:
    """Nothing more to do when a guest's task has ended."""
