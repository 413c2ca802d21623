# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all task lists show of a task."""

from __future__ import annotations

from typing import Any

from pve_simulator.requests.auth import Subject
from pve_simulator.world.tasks import Task
from pve_simulator.world.upid import Upid


def is_owner(subject: Subject, upid: Upid) -> bool:
    """Whether a task is the subject's: a user's are those of its tokens too, a token's only its own."""
    return subject.userid in (upid.user, upid.user.split("!")[0])


def describe_identity(task: Task) -> dict[str, Any]:
    """What every list shows; user and token are separate."""
    user, _sep, token = task.upid.user.partition("!")
    entry: dict[str, Any] = {
        "upid": str(task.upid),
        "node": task.upid.node,
        "type": task.upid.type,
        "id": task.upid.id,
        "user": user,
        "starttime": task.upid.start,
    }
    if token:
        entry["tokenid"] = token
    return entry


def describe_process(task: Task) -> dict[str, Any]:
    """The worker process."""
    return {"pid": task.upid.pid, "pstart": task.upid.pstart}


def describe_end(task: Task) -> dict[str, Any]:
    """When and how a finished task ended."""
    return {"endtime": int(task.endtime or 0), "status": task.exitstatus}
