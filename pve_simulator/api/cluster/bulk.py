# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/bulk-action/guest: start, shut down, suspend and migrate guests on all nodes."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import ApiError
from pve_simulator.requests import bulk
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.guest import Guest
from pve_simulator.world.tasks import Task

_PATH = "/cluster/bulk-action/guest"
_WORKERS = 4
_SHUTDOWN_TIMEOUT = 180


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
        guests = bulk.choose_guests(call.cluster, _read_vmids(call))
        failures = await bulk.run_for_each(
            guests, _count_workers(call, _WORKERS), begin, wait_after_start, refused=_make_refusal_reporter(task)
        )
        bulk.check_failures(failures, "start: ")

    return call.task("bulk-start", "", worker)


@route("POST", f"{_PATH}/shutdown")
def shutdown(call: Call) -> str:
    """Shut guests down; after a timeout stop them, unless `force-stop` is 0."""
    _check_privilege(call, "VM.PowerMgmt")
    force = call.flag("force-stop", True)

    async def worker(task: Task) -> None:
        async def begin(guest: Guest) -> Task | None:
            if not guest.running:
                task.warn(f"Skipping {guest.label} {guest.vmid}, not running.")
                return None
            if guest.paused and not call.flag("force-stop"):
                task.warn(f"Skipping {guest.label} {guest.vmid}, resume paused VM before shutdown.")
                return None
            own = bulk.startup_of(guest).down
            timeout = own if own is not None else call.integer("timeout", _SHUTDOWN_TIMEOUT)
            task.say(f"Shutting down {guest.label} {guest.vmid} (Timeout = {timeout} seconds)")
            return await _post_action(call, guest, "status/shutdown", {"forceStop": int(force), "timeout": timeout})

        _announce(call, task, "Shutting down")
        guests = bulk.choose_guests(call.cluster, _read_vmids(call))
        failures = await bulk.run_for_each(
            guests,
            _count_workers(call, _WORKERS),
            begin,
            _make_failure_reporter(task, "Stopping"),
            refused=_make_refusal_reporter(task),
            reverse=True,
        )
        bulk.check_failures(failures, "shutdown ")

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
            if guest.type != "qemu":
                task.warn(f"skipping {guest.vmid}, only VMs can be suspended")
                return None
            if not guest.running:
                task.warn(f"Skipping VM {guest.vmid}, not running.")
                return None
            params: dict[str, Any] = {"todisk": int(call.flag("to-disk"))}
            if call.flag("to-disk") and storage is not None:
                params["statestorage"] = storage
            task.say(f"Suspending VM {guest.vmid}")
            return await _post_action(call, guest, "status/suspend", params)

        _announce(call, task, "Suspending")
        guests = bulk.choose_guests(call.cluster, _read_vmids(call))
        failures = await bulk.run_for_each(
            guests,
            _count_workers(call, _WORKERS),
            begin,
            _make_failure_reporter(task, "Stopping"),
            refused=_make_refusal_reporter(task),
            reverse=True,
        )
        bulk.check_failures(failures, "suspend ")

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
            params: dict[str, Any] = {"target": target}
            if "online" in call.params:
                params["online" if guest.type == "qemu" else "restart"] = int(call.flag("online"))
            if "with-local-disks" in call.params and guest.type == "qemu":
                params["with-local-disks"] = int(call.flag("with-local-disks"))
            task.say(f"Migrating {guest.label} {guest.vmid}")
            return await _post_action(call, guest, "migrate", params)

        _announce(call, task, "Migrating", f" to {target}")
        guests = bulk.choose_guests(call.cluster, _read_vmids(call), templates=True, managed=True)
        failures = await bulk.run_for_each(
            guests,
            _count_workers(call, 1),
            begin,
            _make_failure_reporter(task, "Migrating"),
            refused=_make_refusal_reporter(task),
        )
        bulk.check_failures(failures, "migrate ")

    return call.task("bulk-migrate", "", worker)


async def _post_action(call: Call, guest: Guest, action: str, params: dict[str, Any]) -> Task | None:
    path = f"/nodes/{guest.node}/{guest.type}/{guest.vmid}/{action}"
    return await bulk.call_api(call.world, call.subject, "POST", path, params)


def _read_vmids(call: Call) -> list[int]:
    return [int(vmid) for vmid in call.items("vms")]


def _check_privilege(call: Call, privilege: str) -> None:
    for path in [f"/vms/{vmid}" for vmid in _read_vmids(call)] or ["/"]:
        call.subject.require(path, privilege)


def _count_workers(call: Call, default: int) -> int:
    return bulk.max_workers(call.cluster, call.integer("max-workers") or call.integer("maxworkers"), default)


def _announce(call: Call, task: Task, what: str, suffix: str = "") -> None:
    vmids = _read_vmids(call)
    named = f"{what} guests{suffix}: {', '.join(map(str, vmids))}"
    task.say(named if vmids else f"{what} all guests{suffix}")


def _make_refusal_reporter(task: Task) -> Any:
    def warn_of_refusal(guest: Guest, error: ApiError) -> None:
        task.warn(f"{error.status} {error.message}")

    return warn_of_refusal


def _make_failure_reporter(task: Task, what: str) -> bulk.Finished:
    async def warn_of_failure(guest: Guest, own: Task) -> None:
        if own.failed:
            task.warn(f"{what} {guest.label} {guest.vmid} failed: {own.exitstatus}")

    return warn_of_failure
