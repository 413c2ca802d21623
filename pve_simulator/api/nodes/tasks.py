# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node's tasks: list, status, log, stop."""

from __future__ import annotations

from typing import Any

from pve_simulator.api import tasklists
from pve_simulator.errors import failure, invalid
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import RawReply, Reply, route
from pve_simulator.world.tasks import Task
from pve_simulator.world.upid import Upid

_DEFAULT_LIMIT = 50
_MISSING = "No such file or directory"


@route("GET", "/nodes/{node}/tasks")
def list_tasks(call: Call) -> Reply:
    """Finished tasks, newest first; `source` adds or asks for the running ones."""
    source = call.text("source", "archive")
    tasks = call.world.tasks
    selected: list[Task] = []
    if source in ("active", "all"):
        selected += tasks.list_active(call.node)
    if source in ("archive", "all"):
        selected += tasks.list_finished(call.node)
    sees_all = call.subject.may(f"/nodes/{call.node}", "Sys.Audit")
    selected = [
        task
        for task in selected
        if _matches_filters(call, task) and (sees_all or tasklists.is_owner(call.subject, task.upid))
    ]
    start, limit = call.integer("start"), call.integer("limit", _DEFAULT_LIMIT)
    page = [_build_entry(task) for task in selected[start : start + limit]]
    return Reply(page, {"total": len(selected)} if selected else {})


@route("GET", "/nodes/{node}/tasks/{upid}/status")
def read_status(call: Call) -> dict[str, Any]:
    """Running, or stopped with its exit status."""
    task = _require_task(call, "Sys.Audit")
    view = {**tasklists.describe_identity(task), **tasklists.describe_process(task)}
    if task.running:
        return {**view, "status": "running"}
    return {**view, "status": "stopped", "exitstatus": task.exitstatus}


@route("GET", "/nodes/{node}/tasks/{upid}/log")
def read_log(call: Call) -> Reply | RawReply:
    """Log lines from `start` on, at most `limit` (0 for all); everything as plain text with `download`."""
    upid = _read_upid(call)
    _check_owner(call, upid, "Sys.Audit")
    task = _find_task(call, upid)
    if call.flag("download"):
        return _build_download(call, upid, task)
    if task is None:
        return _cut_page([f"unable to open file - {_MISSING}"], 0, _DEFAULT_LIMIT)
    return _cut_page(task.lines or ["no content"], call.integer("start"), call.integer("limit", _DEFAULT_LIMIT))


@route("DELETE", "/nodes/{node}/tasks/{upid}")
async def stop(call: Call) -> None:
    """Interrupt a running task."""
    call.world.tasks.stop(_require_task(call, "Sys.Modify"))
    await call.world.clock.run_until_idle()


def _cut_page(lines: list[str], start: int, limit: int) -> Reply:
    page = lines[start : start + limit if limit else None]
    return Reply([{"n": start + number, "t": line} for number, line in enumerate(page, start=1)], {"total": len(lines)})


def _build_download(call: Call, upid: Upid, task: Task | None) -> RawReply:
    if "start" in call.params or "limit" in call.params:
        raise failure("'download' cannot be used together with 'start' or 'limit' parameters")
    if task is None:
        # Logs are in directories by the last digit of the start time.
        raise failure(f"Could not open file '/var/log/pve/tasks/{upid.start & 0xF:X}/{upid}' - {_MISSING}")
    return RawReply("".join(f"{line}\n" for line in task.lines).encode())


def _read_upid(call: Call) -> Upid:
    upid = Upid.parse(call.need("upid"))
    if upid is None:
        raise invalid({"upid": "unable to parse worker upid"})
    return upid


def _find_task(call: Call, upid: Upid) -> Task | None:
    """The task, if it ran on the node of the path: other nodes do not have its files."""
    return call.world.tasks.get(str(upid)) if upid.node == call.node else None


def _require_task(call: Call, privilege: str) -> Task:
    """The task of the path; whoever did not start it needs a privilege on the node."""
    task = _find_task(call, _read_upid(call))
    if task is None:
        raise invalid({"upid": "no such task"})
    _check_owner(call, task.upid, privilege)
    return task


def _check_owner(call: Call, upid: Upid, privilege: str) -> None:
    if not tasklists.is_owner(call.subject, upid):
        call.subject.require(f"/nodes/{call.node}", privilege)


def _matches_filters(call: Call, task: Task) -> bool:
    upid = task.upid
    # User and token are separate only for finished tasks.
    user = upid.user if task.running else upid.user.split("!")[0]
    return (
        call.text("typefilter") in (None, "", upid.type)
        and (call.params.get("vmid") is None or upid.id == str(call.params["vmid"]))
        and (call.text("userfilter", "") or "").lower() in user.lower()
        and upid.start >= call.integer("since")
        and (call.params.get("until") is None or upid.start <= call.integer("until"))
        and _get_state(task) in _read_states(call)
    )


def _read_states(call: Call) -> set[str]:
    if call.flag("errors"):
        return {"warning", "error", "unknown"}
    if call.text("statusfilter") is not None:
        return {state.lower() for state in call.items("statusfilter")}
    return {"ok", "warning", "error", "unknown"}


def _get_state(task: Task) -> str:
    if task.running or task.exitstatus == "unexpected status":
        return "unknown"
    if task.failed:
        return "error"
    return "ok" if task.exitstatus == "OK" else "warning"


def _build_entry(task: Task) -> dict[str, Any]:
    view = {**tasklists.describe_identity(task), **tasklists.describe_process(task)}
    if task.running:
        view.pop("tokenid", None)
        return {**view, "user": task.upid.user, "status": "RUNNING", "saved": "0"}
    return {**view, **tasklists.describe_end(task)}
