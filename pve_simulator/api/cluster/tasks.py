# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GET /cluster/tasks."""

from __future__ import annotations

import heapq
from typing import Any

from pve_simulator.api import tasklists
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.world.tasks import Task, Tasks

# So many tasks a node tells the others of, running ones first; of those there may be more.
_SHARE = 25


@route("GET", "/cluster/tasks")
def recent(call: Call) -> list[dict[str, Any]]:
    """The recent tasks of all online nodes: running ones have neither status nor end."""
    tasks = call.world.tasks
    sees_all = call.subject.may("/", "Sys.Audit")
    recent_tasks = [
        task
        for name, node in call.cluster.nodes.items()
        if node.online
        for task in _list_share(tasks, name)
        if sees_all or task.upid.user.split("!")[0] == call.subject.userid
    ]
    recent_tasks.sort(key=lambda task: (task.running, task.upid.start), reverse=True)
    return [_build_entry(task) for task in recent_tasks]


def _list_share(tasks: Tasks, node: str) -> list[Task]:
    """A node's running tasks, and those of the others that began last, whenever they have ended."""
    running = tasks.list_active(node)
    room = max(0, _SHARE - len(running))
    return running + heapq.nlargest(room, tasks.list_finished(node), key=lambda task: task.upid.start)


def _build_entry(task: Task) -> dict[str, Any]:
    if task.running:
        return {**tasklists.describe_identity(task), "pid": task.upid.pid}
    return {**tasklists.describe_identity(task), **tasklists.describe_end(task), "saved": "1"}
