# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks since the last observation, in few requests, and the guests that they may have changed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._api.client import segment
from .._api.errors import INVALID_PARAMETER, PveError
from .._capture.reading import Reader, Request

# Each node tells the cluster of its running tasks and the newest others, this many together.
_SHARE = 25
_PAGE = 1000
# A node that has been up for so long has told of its tasks, if it has any.
_SETTLED_SECONDS = 300
# What a task is about: a guest, or a disk of one guest that becomes one of another.
_GUESTS = re.compile(r"(\d+)(?:-\w+>(\d+)-\w+)?")
# What only looks at a guest.
_CONSOLES = frozenset({"vncproxy", "vncshell", "spiceproxy", "spiceshell", "termproxy"})


@dataclass
class TaskList:
    """Tasks as lines, the nodes whose tasks could not be read, and the tasks that may have ended on such nodes."""

    tasks: list[dict[str, Any]] = field(default_factory=list)
    problems: dict[str, PveError] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def list_running(self) -> list[str]:
        """The UPIDs of those that had not ended, as far as is known."""
        return [task["upid"] for task in self.tasks if task["status"] is None] + self.unread

    def list_guests(self) -> set[str]:
        """The vmids of guests that a task that has ended may have changed."""
        matches = [
            _GUESTS.fullmatch(task["id"])
            for task in self.tasks
            if task["status"] is not None and task["type"] not in _CONSOLES
        ]
        return {vmid for match in matches if match for vmid in match.groups() if vmid}


def read_tasks(
    reader: Reader,
    entries: Sequence[Mapping[str, Any]],
    nodes: Mapping[str, Mapping[str, Any]],
    since: int,
    running: Collection[str],
) -> TaskList:
    """The tasks that ran since a moment. I(entries) are those of C(/cluster/tasks), where each node has a small share;
    of nodes whose share does not reach back, the list is read. I(nodes) are the entries of those that answer, by name.
    I(running) are the UPIDs of tasks that ran at the last observation, and may have ended since.
    """
    found = TaskList()
    short = [name for name, node in nodes.items() if not reaches_back(entries, name, node, since)]
    entries = [*entries, *_read_lists(reader, short, since, found)]
    lines = {str(entry["upid"]): build_line(entry) for entry in entries}
    unlisted = [upid for upid in running if upid not in lines]
    asked = [upid for upid in unlisted if _get_node(upid) in nodes]
    statuses = [Request(f"/nodes/{segment(_get_node(upid))}/tasks/{segment(upid)}/status") for upid in asked]
    answers = dict(zip(asked, reader.read_all(statuses), strict=True))
    for upid in unlisted:
        answer = answers.get(upid)
        if answer is None or isinstance(answer, PveError):
            # A node that is down may come back; one that does not know the task any more has nothing to tell.
            if answer is None or answer.code != INVALID_PARAMETER:
                found.unread.append(upid)
        else:
            lines[upid] = build_line(answer)
    found.tasks = [line for line in lines.values() if has_run_since(line, since) or line["upid"] in running]
    return found


def has_run_since(line: Mapping[str, Any], since: int) -> bool:
    """Whether a task had not ended yet at a moment."""
    return line["status"] is None or max(line["start"], line["end"] or 0) >= since


def reaches_back(entries: Iterable[Mapping[str, Any]], name: str, node: Mapping[str, Any], since: int) -> bool:
    """Whether a node's share of C(/cluster/tasks) has all of its tasks since a moment."""
    share = [entry for entry in entries if entry["node"] == name]
    if not share:
        return int(node.get("uptime") or 0) >= _SETTLED_SECONDS
    return len(share) < _SHARE or any("endtime" in entry and int(entry["starttime"]) < since for entry in share)


def build_line(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The line of a task in any of the lists, or of its status."""
    user, _sep, token = str(entry["user"]).partition("!")
    token = token or str(entry.get("tokenid") or "")
    status = entry.get("exitstatus", entry.get("status"))
    has_ended = status is not None and str(status) not in ("RUNNING", "running")
    return {
        "line": "task",
        "upid": entry["upid"],
        "node": entry["node"],
        "type": entry["type"],
        "id": str(entry.get("id") or ""),
        "user": user,
        **({"tokenid": token} if token else {}),
        "start": int(entry["starttime"]),
        "end": int(entry["endtime"]) if entry.get("endtime") else None,
        "status": str(status) if has_ended else None,
    }


def _read_lists(reader: Reader, nodes: Sequence[str], since: int, found: TaskList) -> list[dict[str, Any]]:
    """The tasks of nodes since a moment, page by page; what can't be read is a problem."""
    entries: list[dict[str, Any]] = []
    start = 0
    while nodes:
        params = {"since": since, "source": "all", "limit": _PAGE, "start": start}
        answers = reader.read_all([Request(f"/nodes/{segment(node)}/tasks", params) for node in nodes])
        full = []
        for node, answer in zip(nodes, answers, strict=True):
            if isinstance(answer, PveError):
                found.problems[node] = answer
                continue
            entries += answer
            if len(answer) == _PAGE:
                full.append(node)
        nodes, start = full, start + _PAGE
    return entries


def _get_node(upid: str) -> str:
    return upid.split(":")[1] if upid.count(":") > 1 else ""
