# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one kind of task, through which every slow thing goes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pve_simulator.errors import ApiError
from pve_simulator.world.clock import Clock
from pve_simulator.world.durations import nominal_duration
from pve_simulator.world.settings import Settings
from pve_simulator.world.upid import Upid

_CRASHED = "unexpected status"
_ARCHIVE_PER_NODE = 2000
_FIRST_PID = 1000


@dataclass(eq=False)
class Task:
    """A running or finished task. Workers use `say`, `warn` and `work`, and raise ApiError to fail."""

    upid: Upid
    clock: Clock
    unit: float
    lines: list[str] = field(default_factory=list)
    warnings: int = 0
    endtime: float | None = None
    exitstatus: str | None = None
    _runner: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether the task has not ended."""
        return self.endtime is None

    @property
    def failed(self) -> bool:
        """Whether it ended with an error (warnings are not errors)."""
        status = self.exitstatus
        return status is not None and status != "OK" and not status.startswith("WARNINGS: ")

    @property
    def has_crashed(self) -> bool:
        """Whether it died with its node: then nobody was left to clean up."""
        return self.exitstatus == _CRASHED

    def say(self, line: str) -> None:
        """Add a line to the log."""
        self.lines += line.split("\n")

    def warn(self, line: str) -> None:
        """Add a warning; the task will end as `WARNINGS: n` instead of `OK`."""
        self.warnings += 1
        self.say(f"WARN: {line}")

    async def work(self, share: float = 1.0) -> None:
        """Spend a share of this task type's duration."""
        await self.clock.sleep(nominal_duration(self.upid.type) * self.unit * share)

    async def wait(self) -> None:
        """Wait until the task has ended."""
        if self._runner is not None:
            await asyncio.wait([self._runner])

    async def wait_within(self, seconds: float) -> bool:
        """Wait for the end, but no longer than `seconds`; whether it has ended."""
        if self._runner is not None and seconds > 0:
            timer = asyncio.ensure_future(self.clock.sleep(seconds))
            await asyncio.wait([self._runner, timer], return_when=asyncio.FIRST_COMPLETED)
            timer.cancel()
        return not self.running

    def finish(self, exitstatus: str) -> None:
        """Write the end of the log and the exit status."""
        if not self.running:
            return
        self.endtime = self.clock.time()
        self.exitstatus = exitstatus
        if exitstatus == "OK" or exitstatus.startswith("WARNINGS: "):
            self.say(f"TASK {exitstatus}")
        else:
            self.say(f"TASK ERROR: {exitstatus}")


Worker = Callable[[Task], Awaitable[None]]
# Called before the worker; may raise ApiError (the task fails), or warn, or wait.
Interceptor = Callable[[Task], Awaitable[None]]
# Called when a task has begun and when it has ended.
Listener = Callable[[Task], None]


class Tasks:
    """All tasks of the cluster, newest last."""

    def __init__(self, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._settings = settings
        self._by_upid: dict[str, Task] = {}
        self._active: dict[str, list[Task]] = {}
        self._archive: dict[str, deque[Task]] = {}
        self._next_pid: dict[str, int] = {}
        self.interceptor: Interceptor | None = None
        self.listener: Listener | None = None

    def spawn(self, node: str, kind: str, id: str | int, user: str, worker: Worker) -> Task:
        """Start a task on a node and return it at once; `user` is the full user or token id."""
        task = Task(self._new_upid(node, kind, str(id), user), self._clock, self._settings.task_seconds)
        self._by_upid[str(task.upid)] = task
        self._active.setdefault(node, []).append(task)
        if self.listener is not None:
            self.listener(task)
        task._runner = asyncio.get_running_loop().create_task(self._run(task, worker))
        return task

    def list_all(self) -> list[Task]:
        """All tasks that are known, in the order in which they began."""
        return list(self._by_upid.values())

    def restore(self, upid: Upid, lines: list[str], warnings: int, end: float, exitstatus: str) -> None:
        """Add a task that ended before this run."""
        task = Task(upid, self._clock, self._settings.task_seconds, lines, warnings, end, exitstatus)
        self._by_upid[str(upid)] = task
        self._archive.setdefault(upid.node, deque()).append(task)
        self._next_pid[upid.node] = max(self._next_pid.get(upid.node, _FIRST_PID), upid.pid + 3)

    def forget_finished(self) -> None:
        """Drop every finished task."""
        self._archive.clear()
        self._by_upid = {str(task.upid): task for task in self.list_running()}

    def get(self, upid: str) -> Task | None:
        """The task of this name."""
        return self._by_upid.get(upid)

    def list_active(self, node: str) -> list[Task]:
        """A node's running tasks, newest first."""
        return self._active.get(node, [])[::-1]

    def list_finished(self, node: str) -> list[Task]:
        """A node's finished tasks, the last finished first."""
        return list(reversed(self._archive.get(node, ())))

    def list_running(self) -> list[Task]:
        """Every task that has not ended."""
        return [task for tasks in self._active.values() for task in tasks]

    def stop(self, task: Task) -> None:
        """Interrupt a task; nothing happens to a finished one."""
        if task.running:
            task.finish("received interrupt")
            if task._runner is not None:
                task._runner.cancel()
            self._retire(task)

    def kill_node(self, node: str) -> None:
        """End the tasks of a node that has crashed."""
        for task in list(self._active.get(node, ())):
            task.endtime = self._clock.time()
            task.exitstatus = _CRASHED
            if task._runner is not None:
                task._runner.cancel()
            self._retire(task)

    async def _run(self, task: Task, worker: Worker) -> None:
        try:
            if self.interceptor is not None:
                await self.interceptor(task)
            await worker(task)
        except ApiError as error:
            task.finish(_exit_text(error))
        except asyncio.CancelledError:
            task.finish("received interrupt")
        except Exception as error:
            task.finish(f"simulator defect: {error!r}")
            raise
        else:
            task.finish(f"WARNINGS: {task.warnings}" if task.warnings else "OK")
        finally:
            self._retire(task)

    def _retire(self, task: Task) -> None:
        active = self._active.get(task.upid.node, [])
        if task not in active:
            return
        active.remove(task)
        if self.listener is not None:
            self.listener(task)
        archive = self._archive.setdefault(task.upid.node, deque())
        archive.append(task)
        if len(archive) > _ARCHIVE_PER_NODE:
            self._by_upid.pop(str(archive.popleft().upid), None)

    def _new_upid(self, node: str, kind: str, id: str, user: str) -> Upid:
        pid = self._next_pid.get(node, _FIRST_PID)
        self._next_pid[node] = pid + 3
        now = self._clock.time()
        return Upid(node, pid, int(now * 100) & 0x0FFFFFFF, int(now), kind, id, user)

    def new_pid(self, node: str) -> int:
        """A process id for something else that starts on the node."""
        pid = self._next_pid.get(node, _FIRST_PID)
        self._next_pid[node] = pid + 10
        return pid


def _exit_text(error: ApiError) -> str:
    """An error as a task ends with it: on one line, a 400 with its status and fields."""
    text = error.message
    if error.errors:
        fields = "".join(f"{name}: {problem}\n" for name, problem in error.errors.items())
        text = f"{error.status} {text}\n{fields}"
    return text.rstrip("\n").replace("\n", " ")
