# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait for Proxmox VE tasks, workers that a UPID identifies, and read how they ended."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .client import segment
from .errors import INVALID_PARAMETER, NODE_OFFLINE, TASK_FAILED, TIMEOUT, UNREACHABLE, PveError, classify
from .waits import Wait

if TYPE_CHECKING:
    from .client import Client

_GUEST_PATH = re.compile(r"/nodes/[^/]+/(?:qemu|lxc)/\d+")
_TIMED_OUT = re.compile(r"timeout|timed out|container did not stop")
_SHORTEST_DELAY = 0.05
_LONGEST_DELAY = 1.0
# By which part of its duration a task's end may be noticed late.
_LATE_FRACTION = 1 / 6
# After which part of the duration of the quickest task of its type a task is looked at first.
_EARLY_FRACTION = 0.9
_LOG_LINES = 20
_WHOLE_LOG = 50000
# How often a task's log is read while it runs, and how many lines of it at a time.
_FEED_SECONDS = 2.0
_FEED_LINES = 500


@dataclass(frozen=True)
class Upid:
    """The parts of a UPID, C(UPID:node:pid:pstart:starttime:type:id:user:)."""

    node: str
    type: str
    id: str
    user: str
    text: str

    @classmethod
    def parse(cls, text: str) -> Upid:
        parts = text.split(":")
        if len(parts) != 9 or parts[0] != "UPID":
            raise PveError(INVALID_PARAMETER, f"{text!r} is no UPID.", "pve_task_info lists tasks with their UPIDs.")
        return cls(node=parts[1], type=parts[5], id=parts[6], user=parts[7], text=text)

    @property
    def path(self) -> str:
        return f"/nodes/{segment(self.node)}/tasks/{segment(self.text)}"

    @property
    def started_at(self) -> int:
        """When it was started, in seconds since the epoch by the clock of its node."""
        return int(self.text.split(":")[4], 16)


@dataclass(frozen=True)
class TaskResult:
    """A task that succeeded; I(warnings) holds the lines of its log with warnings when it ended in C(WARNINGS)."""

    upid: str
    exitstatus: str
    warnings: list[str] = field(default_factory=list)


def is_upid(data: Any) -> bool:
    return isinstance(data, str) and data.startswith("UPID:")


def is_by(wanted: str, user: str) -> bool:
    """Whether a user who did something is the wanted one, of any realm if none is wanted, or one of its tokens."""
    name = user.partition("!")[0]
    return wanted in (user, name, name.rpartition("@")[0])


def write_journal(upid: str) -> None:
    """Append a started task to the file that C(PVE_TASK_JOURNAL) names, so that it is known if this process dies."""
    path = os.environ.get("PVE_TASK_JOURNAL")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{upid}\n")


def write_progress(lines: Iterable[str]) -> None:
    """Append lines to the file that C(PVE_TASK_LOG) names, for a live view."""
    path = os.environ.get("PVE_TASK_LOG")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)


def poll_delays() -> Any:
    """Seconds to sleep between polls of something that changes soon: a part of the time so far, 50 ms to 1 s."""
    elapsed = 0.0
    while True:
        delay = min(max(elapsed * _LATE_FRACTION, _SHORTEST_DELAY), _LONGEST_DELAY)
        yield delay
        elapsed += delay


def wait_for_task(client: Client, upid: str, deadline: float, grace: int = 0) -> TaskResult:
    """Wait until a task ends or C(time.monotonic()) reaches I(deadline). I(grace): seconds that it has by itself.

    Raises C(timeout) for a task that is still running at the deadline (it goes on running) and C(task_failed),
    or the code that its error text maps to, for one that fails. The task must have been started just now.
    """
    task, started = Upid.parse(upid), time.monotonic()
    # Of many tasks, the first ones show when it is worth polling the next.
    time.sleep(max(0.0, min(client.quickest_seconds.get(task.type, 0.0) * _EARLY_FRACTION, deadline - started)))
    status = wait_until_stopped(client, task, deadline, grace)
    if status is None:
        raise PveError(
            TIMEOUT,
            f"Task {task.type} of {task.id or task.node} is still running after the timeout: {upid}",
            "It was not stopped: follow it in the node's task list, or run again with a larger timeout.",
        )
    duration = time.monotonic() - started
    client.quickest_seconds[task.type] = min(duration, client.quickest_seconds.get(task.type, duration))
    return _read_result(client, task, str(status.get("exitstatus", "")))


class _LogFeed:
    """Copies a task's log to the file that C(PVE_TASK_LOG) names while the task runs, for a live view.

    Tasks that end soon are not worth the requests.
    """

    def __init__(self, client: Client, task: Upid) -> None:
        self._client = client
        self._task = task
        self._path = os.environ.get("PVE_TASK_LOG")
        self._next_copy = time.monotonic() + _FEED_SECONDS
        self._lines_copied = 0

    def copy_new_lines(self) -> None:
        if not self._path or time.monotonic() < self._next_copy:
            return
        self._next_copy = time.monotonic() + _FEED_SECONDS
        try:
            entries = self._client.get(f"{self._task.path}/log", start=self._lines_copied, limit=_FEED_LINES)
        except PveError:
            return
        lines = [str(entry["t"]) for entry in entries if entry["n"] > self._lines_copied and entry["t"] != "no content"]
        self._lines_copied += len(lines)
        write_progress(f"{self._task.type} {self._task.id}: {line}" for line in lines)


def wait_until_stopped(client: Client, task: Upid, deadline: float, grace: int = 0) -> dict[str, Any] | None:
    """A task's status once it has ended, or None when C(time.monotonic()) reaches I(deadline) first.

    I(grace): seconds after which the task ends by itself, which is what whoever waits is told.
    """
    feed, lists, delays, delay = _LogFeed(client, task), client.task_lists, poll_delays(), 0.0
    wait = Wait(f"{task.type} {task.id or task.node}", grace or deadline - time.monotonic())
    with lists.register_wait(task.node), wait:
        # A single task may have ended already; many are found in a list that is fetched later.
        if lists.is_worthwhile(task.node):
            time.sleep(delay := next(delays))
        while True:
            status = None
            if not lists.is_listed_running(task.node, task.text, time.monotonic() - delay / 2):
                status = _read_status(client, task, deadline)
            feed.copy_new_lines()
            wait.note()
            if status is not None and status["status"] == "stopped":
                return status
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return None
            time.sleep(min(delay := next(delays), remaining))


def wait_until_unlocked(client: Client, path: str, deadline: float) -> bool:
    """Wait, at least a second, until the guest whose request has this I(path) is unlocked.

    False when C(time.monotonic()) reaches I(deadline) first, when the guest is hibernated, which does not pass by
    itself, or when it can't be read. Each poll is a C(GET); sending the refused request again would leave a failed task
    each time.
    """
    guest = _GUEST_PATH.match(path)
    with Wait(f"the lock of {guest[0].rpartition('/')[2] if guest else path}", deadline - time.monotonic()) as wait:
        while True:
            if time.monotonic() + _LONGEST_DELAY > deadline:
                return False
            time.sleep(_LONGEST_DELAY)
            wait.note()
            try:
                lock = client.get(f"{guest[0]}/status/current").get("lock") if guest is not None else None
            except PveError:
                # The refusal of the request says more than this error.
                return False
            if lock in (None, "suspended"):
                return lock is None


def _read_status(client: Client, task: Upid, deadline: float) -> dict[str, Any] | None:
    """The task's status; None while its node does not answer and there is time left.

    Raises an error with C(is_unknown): whatever keeps the status away, the task was started.
    """
    try:
        return client.get(f"{task.path}/status")
    except PveError as error:
        if error.code in (UNREACHABLE, NODE_OFFLINE, TIMEOUT) and time.monotonic() < deadline:
            return None
        raise PveError(
            error.code,
            f"It is unknown how task {task.type} of {task.id or task.node} ended, if it has: {error} {task.text}",
            "It was started and may have been done; look for it in the node's task list once that can be read.",
            error.http_status,
            is_unknown=True,
        ) from error


def _read_result(client: Client, task: Upid, exitstatus: str) -> TaskResult:
    if exitstatus == "OK":
        return TaskResult(task.text, exitstatus)
    log = read_log_tail(client, task)
    if exitstatus.startswith("WARNINGS"):
        return TaskResult(task.text, exitstatus, [line for line in log if "WARN" in line.upper()])
    if exitstatus == "job errors":
        # vzdump names the cause only in its log.
        exitstatus = next((line for line in log if line.startswith("ERROR:")), exitstatus)
    code, hint = classify(exitstatus)
    raise PveError(
        # A task that gave up waiting has failed; "timeout" is kept for tasks that still run.
        TASK_FAILED if code == TIMEOUT else code,
        f"Task {task.type} of {task.id or task.node} failed: {exitstatus or 'no exit status'}",
        hint or "The task log says more.",
        task_log=log,
        has_timed_out=_TIMED_OUT.search(exitstatus) is not None,
    )


def read_log_tail(client: Client, task: Upid, lines: int = _LOG_LINES) -> list[str]:
    """The last lines of a task's log; none when it can't be read: that must not hide how the task ended."""
    try:
        entries = client.get(f"{task.path}/log", limit=_WHOLE_LOG)
    except PveError:
        return []
    return [str(entry["t"]) for entry in entries][max(0, len(entries) - lines) :]
