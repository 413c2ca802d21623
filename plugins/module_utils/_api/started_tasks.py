# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the task that a request has started, whose answer was lost: by the lists of tasks since the request."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from .client import segment
from .errors import NODE_OFFLINE, TIMEOUT, UNREACHABLE, PveError
from .tasks import Upid

if TYPE_CHECKING:
    from .client import Client

# By how many seconds the clocks of nodes may differ.
_SKEW_SECONDS = 10
# Nobody waits longer for a request, so that its task begins within that time.
_LONGEST_REQUEST = 660
_MOST_TASKS = 500
_NODE = re.compile(r"^/nodes/(?P<node>[^/]+)/")
_GUEST = re.compile(r"^/nodes/[^/]+/(?:qemu|lxc)/(?P<vmid>\d+)(?:/|$)")
# The types of the tasks that a request may start, by its method and path; under HA some go another way.
_TYPES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern), tuple(types.split()))
    for pattern, types in {
        r"POST /nodes/[^/]+/qemu": "qmcreate qmrestore",
        r"DELETE /nodes/[^/]+/qemu/\d+": "qmdestroy",
        r"POST .*/qemu/\d+/status/start": "qmstart hastart",
        r"POST .*/qemu/\d+/status/stop": "qmstop hastop",
        r"POST .*/qemu/\d+/status/shutdown": "qmshutdown hastop",
        r"POST .*/qemu/\d+/status/reboot": "qmreboot",
        r"POST .*/qemu/\d+/status/reset": "qmreset",
        r"POST .*/qemu/\d+/status/suspend": "qmsuspend qmpause",
        r"POST .*/qemu/\d+/status/resume": "qmresume",
        r"POST .*/qemu/\d+/config": "qmconfig",
        r"POST .*/qemu/\d+/clone": "qmclone",
        r"POST .*/qemu/\d+/template": "qmtemplate",
        r"POST .*/qemu/\d+/migrate": "qmigrate hamigrate",
        r"POST .*/qemu/\d+/move_disk": "qmmove",
        r"POST .*/qemu/\d+/snapshot": "qmsnapshot",
        r"POST .*/qemu/\d+/snapshot/[^/]+/rollback": "qmrollback",
        r"DELETE .*/qemu/\d+/snapshot/[^/]+": "qmdelsnapshot",
        r"POST /nodes/[^/]+/lxc": "vzcreate vzrestore",
        r"DELETE /nodes/[^/]+/lxc/\d+": "vzdestroy",
        r"POST .*/lxc/\d+/status/start": "vzstart hastart",
        r"POST .*/lxc/\d+/status/stop": "vzstop hastop",
        r"POST .*/lxc/\d+/status/shutdown": "vzshutdown hastop",
        r"POST .*/lxc/\d+/status/reboot": "vzreboot",
        r"POST .*/lxc/\d+/status/suspend": "vzsuspend",
        r"POST .*/lxc/\d+/status/resume": "vzresume",
        r"POST .*/lxc/\d+/clone": "vzclone",
        r"POST .*/lxc/\d+/template": "vztemplate",
        r"POST .*/lxc/\d+/migrate": "vzmigrate hamigrate",
        r"POST .*/lxc/\d+/move_volume": "move_volume",
        r"POST .*/lxc/\d+/snapshot": "vzsnapshot",
        r"POST .*/lxc/\d+/snapshot/[^/]+/rollback": "vzrollback",
        r"DELETE .*/lxc/\d+/snapshot/[^/]+": "vzdelsnapshot",
        r"PUT .*/(?:qemu|lxc)/\d+/resize": "resize",
        r"POST /nodes/[^/]+/vzdump": "vzdump",
        r"POST /nodes/[^/]+/aplinfo": "download",
        r"POST .*/storage/[^/]+/download-url": "download",
        r"POST .*/storage/[^/]+/upload": "imgcopy",
        r"POST .*/storage/[^/]+/content/.+": "imgcopy",
        r"DELETE .*/storage/[^/]+/content/.+": "imgdel",
        r"DELETE .*/storage/[^/]+/prunebackups": "prunebackups",
    }.items()
)


@dataclass(frozen=True)
class SentRequest:
    """A request that may have started a task. I(sent_at): when, in seconds since the epoch by the server's clock.

    It may be up to a second early, as what answers say of that clock is.
    """

    method: str
    path: str
    params: Mapping[str, Any]
    sent_at: float

    @property
    def node(self) -> str | None:
        """The node whose task it is; None where the path names none."""
        match = _NODE.match(self.path)
        return unquote(match["node"]) if match else None

    @property
    def vmid(self) -> str | None:
        """The guest that the task is about, as far as the request says."""
        match = _GUEST.match(self.path)
        if match:
            return match["vmid"]
        named = str(self.params.get("vmid") or "")
        return named if named.isdecimal() else None

    @property
    def types(self) -> tuple[str, ...]:
        """The types of the task; none where any is possible."""
        request = f"{self.method} {self.path}"
        return next((types for pattern, types in _TYPES if pattern.fullmatch(request)), ())


@dataclass(frozen=True)
class StartedTasks:
    """The tasks that may be a request's: I(certain) began after it; I(possible) may have, as clocks may differ."""

    certain: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()


def find_started_tasks(client: Client, request: SentRequest, known: Collection[str] = ()) -> StartedTasks:
    """The tasks that this user has started since the request, of its type and about its guest, without the known ones.

    Raises L(PveError) when the lists can't be read, which leaves open whether there is one.
    """
    certain, possible = [], []
    for entry in _list_tasks(client, request):
        upid = entry["upid"]
        started = int(entry["starttime"])
        after = started - request.sent_at
        if upid in known or not -_SKEW_SECONDS <= after <= _LONGEST_REQUEST or not _is_of(client, request, upid):
            continue
        (certain if started >= int(request.sent_at) else possible).append(upid)
    return StartedTasks(tuple(certain), tuple(possible))


def _list_tasks(client: Client, request: SentRequest) -> list[dict[str, Any]]:
    if request.node is None:
        return list(client.get("/cluster/tasks"))
    filters: dict[str, Any] = {
        "source": "all",
        "since": max(0, int(request.sent_at) - _SKEW_SECONDS),
        "until": int(request.sent_at) + _LONGEST_REQUEST,
        "limit": _MOST_TASKS,
    }
    if request.vmid is not None and len(request.types) == 1:
        filters |= {"vmid": request.vmid, "typefilter": request.types[0]}
    try:
        return list(client.get(f"/nodes/{segment(request.node)}/tasks", **filters))
    except PveError as error:
        if error.code not in (UNREACHABLE, NODE_OFFLINE, TIMEOUT):
            raise
        # What the node has told the others may show the task; that it does not proves nothing.
        broadcast = [entry for entry in client.get("/cluster/tasks") if entry["node"] == request.node]
        if any(
            int(entry["starttime"]) >= request.sent_at and _is_of(client, request, entry["upid"]) for entry in broadcast
        ):
            return broadcast
        raise


def _is_of(client: Client, request: SentRequest, text: str) -> bool:
    task = Upid.parse(text)
    if request.node not in (None, task.node) or (request.types and task.type not in request.types):
        return False
    if client.connection.identity and task.user != client.connection.identity:
        return False
    # Tasks about a volume have more than the vmid as their id.
    return request.vmid is None or re.split(r"[@-]", task.id)[0] == request.vmid
