# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One simulated world: the cluster and everything that moves it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from pve_simulator.state.access import ROOT, User
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.history import History, LogLine, PastTask
from pve_simulator.world.clock import Clock
from pve_simulator.world.faults import Faults
from pve_simulator.world.locks import GuestLocks, migration_lock_path
from pve_simulator.world.settings import Settings
from pve_simulator.world.tasks import Task, Tasks
from pve_simulator.world.upid import Upid

Part = TypeVar("Part")

# Called with the world and a node's name, just after the node went down.
NodeWatcher = Callable[["World", str], None]

_LOG_LENGTH = 1000
_REMEMBERED = 100_000
_NODE_UPTIME = 86400.0
_GUEST_UPTIME = 3600.0
# A node's reboot, in units of `task_seconds`.
_REBOOT_UNITS = 30.0


@dataclass
class World:
    """What handlers and task workers work on."""

    cluster: Cluster
    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.tasks = Tasks(self.clock, self.settings)
        self.locks = GuestLocks(self.clock)
        # SHA-256 of the certificate that clients verify against, in hexadecimal pairs; empty until it is served.
        self.ca_fingerprint = ""
        self.migration_locks = GuestLocks(self.clock, migration_lock_path)
        self.faults = Faults()
        self.tasks.listener = self._log_task
        self.log: deque[LogLine] = deque(maxlen=_LOG_LENGTH)
        # (method, API path, status) of what was answered.
        self.requests: deque[tuple[str, str, int]] = deque(maxlen=_REMEMBERED)
        self.node_watchers: list[NodeWatcher] = []
        self._parts: dict[type, Any] = {}
        self._logged = 0
        self._background: set[asyncio.Task[None]] = set()
        self._complete_state()

    def _complete_state(self) -> None:
        """Restore the history of a saved state, and set what it leaves out: start times, pids."""
        self._restore_history()
        self.began = now = self.clock.time()
        for node in self.cluster.nodes.values():
            node.boot_time = node.boot_time or now - _NODE_UPTIME
        for guest in self.cluster.guests.values():
            if guest.running:
                guest.started_at = guest.started_at or now - _GUEST_UPTIME
                guest.pid = guest.pid or self.tasks.new_pid(guest.node)

    def _restore_history(self) -> None:
        """Restore tasks and log lines of a saved state; what was running then did not survive."""
        history = self.cluster.part(History)
        # From here on the tasks are the world's: a dump asks it.
        del self.cluster.parts["history"]
        if not history.clock:
            return
        self.clock.set_time(history.clock)
        for past in history.tasks:
            upid = Upid.parse(past.upid)
            if upid is not None:
                end = history.clock if past.endtime is None else past.endtime
                self.tasks.restore(upid, past.lines, past.warnings, end, past.exitstatus or "unexpected status")
        self.log.extend(history.log)
        self._logged = max((line.uid for line in history.log), default=self._logged)

    def replace_cluster(self, cluster: Cluster) -> None:
        """Take over another cluster's state; everybody keeps the same Cluster object."""
        for task in self.tasks.list_running():
            self.tasks.stop(task)
        self.tasks.forget_finished()
        self.log.clear()
        _keep_login(self.cluster, cluster)
        for field_of in fields(Cluster):
            setattr(self.cluster, field_of.name, getattr(cluster, field_of.name))
        self._complete_state()

    def part(self, kind: type[Part]) -> Part:
        """What lives beside the cluster and is made when it is first asked for, such as its feed."""
        part: Part = self._parts.setdefault(kind, kind())
        return part

    def build_history(self) -> History:
        """What a saved state keeps of this run."""
        tasks = [
            PastTask(str(task.upid), list(task.lines), task.endtime, task.exitstatus, task.warnings)
            for task in self.tasks.list_all()
        ]
        return History(self.clock.time(), tasks, list(self.log))

    def _log_task(self, task: Task) -> None:
        what = f"starting task {task.upid}" if task.running else f"end task {task.upid}: {task.exitstatus}"
        self.write_log(task.upid.node, task.upid.user, what)

    def take_node_down(self, name: str, *, reboot: bool = False) -> None:
        """Take a node offline: its tasks die, its guests stop; `reboot` brings it back."""
        node = self.cluster.nodes[name]
        node.online, node.lost_at = False, self.clock.time()
        for watcher in self.node_watchers:
            watcher(self, name)
        self.tasks.kill_node(name)
        for guest in self.cluster.guests.values():
            if guest.node == name and guest.running:
                guest.running, guest.paused, guest.started_at, guest.pid = False, False, 0.0, 0
        if reboot:
            self.run_in_background(self._bring_up_later(name))

    def bring_node_up(self, name: str) -> None:
        """Bring a node online; its guests are off until somebody starts them."""
        node = self.cluster.nodes[name]
        node.online = True
        node.boot_time = self.clock.time()

    async def _bring_up_later(self, name: str) -> None:
        await self.clock.sleep(_REBOOT_UNITS * self.settings.task_seconds)
        if name in self.cluster.nodes:
            self.bring_node_up(name)

    def run_in_background(self, job: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something that belongs to no task, such as the HA manager's reaction."""
        running = asyncio.get_running_loop().create_task(job)
        self._background.add(running)
        running.add_done_callback(self._background.discard)
        return running

    def write_log(self, node: str, user: str, message: str, tag: str = "pvedaemon") -> None:
        """Add a line to the cluster log."""
        self._logged += 1
        self.log.append(LogLine(int(self.clock.time()), node, user, tag, message, self._logged))


def _keep_login(old: Cluster, new: Cluster) -> None:
    """Whoever is logged in as root stays so when another state is loaded."""
    before, after = old.access.users.get(ROOT), new.access.users.setdefault(ROOT, User())
    if before is not None:
        after.password = after.password or before.password
        after.tokens = {**before.tokens, **after.tokens}
        new.access.ticket_key = old.access.ticket_key
