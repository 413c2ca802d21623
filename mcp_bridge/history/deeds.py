# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deeds: what may have changed something, made of the tasks of a cluster and of the requests of our runs. Pure.

What the HA manager, or a node for all of its guests, does because somebody asked for it is a part of that one's deed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mcp_bridge.history.documents import GUEST
from mcp_bridge.history.effects import Options, read_wished, shorten_type

if TYPE_CHECKING:
    from mcp_bridge.history.changes import FieldChange

# A task of the HA manager that starts so long after what was asked of it does that.
_MANAGER_SECONDS = 60
_CONFIG = "config"
# What a task is about that is about all guests of a node.
GUESTS = "guests"
_UPID = re.compile(
    r"UPID:(?P<node>[^:]+):[0-9A-Fa-f]+:[0-9A-Fa-f]+:(?P<start>[0-9A-Fa-f]+):(?P<type>[^:]+):(?P<id>[^:]*):(?P<user>[^:]+):"
)
# What a task is about that gives a disk of one guest to another.
_REASSIGNED = re.compile(r"\d+-\w+>(?P<key>\d+)-\w+")
# Types of tasks that only have others done, by the types of these: the HA manager does them as root@pam, a node as who
# asked for it.
_BY_MANAGER = {
    "hastart": ("start",),
    "hastop": ("stop", "shutdown"),
    "hamigrate": ("igrate", "migrate"),
}
_BY_NODE = {
    "startall": ("start",),
    "stopall": ("stop", "shutdown"),
    "suspendall": ("suspend", "pause"),
    "migrateall": ("igrate", "migrate"),
}
_MANAGER = "root@pam"
# Types of tasks that are about the guests of a node, and name none.
_OF_NODES = frozenset(_BY_NODE)

# Requests that leave no task, by where they go: the kind and key of what they change, and, of guests, the type of task
# that changes the same.
_PLACES: Sequence[tuple[re.Pattern[str], str, str]] = [
    (re.compile(pattern), kind, effect)
    for pattern, kind, effect in (
        (r"nodes/[^/]+/(?:qemu|lxc)/(?P<key>\d+)/firewall(?:/.*)?", GUEST, "firewall"),
        (r"nodes/[^/]+/(?:qemu|lxc)/(?P<key>\d+)/(?:config|unlink|cloudinit)", GUEST, _CONFIG),
        (r"nodes/[^/]+/(?:qemu|lxc)/(?P<key>\d+)/resize", GUEST, "resize"),
        (r"nodes/[^/]+/(?:qemu|lxc)/(?P<key>\d+)/(?:move_disk|move_volume)", GUEST, "move"),
        (r"nodes/[^/]+/(?:qemu|lxc)/(?P<key>\d+)/snapshot/[^/]+/config", GUEST, "rollback"),
        (r"nodes/[^/]+/(?:qemu|lxc)/(?P<key>\d+)/template", GUEST, "template"),
        (r"nodes/[^/]+/(?:qemu|lxc)/(?P<key>\d+)/status/(?:suspend|resume|reset)", GUEST, "reset"),
        (r"cluster/firewall/groups(?:/(?P<key>[^/]+).*)?", "firewall", "group/"),
        (r"cluster/firewall(?:/.*)?", "firewall", "cluster"),
        (r"nodes/(?P<key>[^/]+)/firewall(?:/.*)?", "firewall", "node/"),
        (r"pools(?:/(?P<key>.+))?", "pool", ""),
        (r"storage(?:/(?P<key>[^/]+))?", "storage", ""),
        (r"nodes/[^/]+/storage/(?P<key>[^/]+)/.+", "volumes", ""),
        (r"cluster/ha/resources(?:/(?P<key>[^/]+).*)?", "ha_resource", ""),
        (r"cluster/ha/rules(?:/(?P<key>[^/]+))?", "ha_rule", ""),
        (r"cluster/backup(?:/(?P<key>[^/]+))?", "backup_job", ""),
        (r"cluster/replication(?:/(?P<key>[^/]+))?", "replication", ""),
        (r"cluster/options", "options", ""),
        (r"cluster/sdn/.+", "sdn", ""),
        (r"cluster/mapping/.+", "mapping", ""),
        (r"nodes/(?P<key>[^/]+)/network(?:/.*)?", "network", "/"),
        (r"nodes/(?P<key>[^/]+)/(?:config|dns|time|hosts)", "node", ""),
        (r"access/users/[^/]+/token/.+", "token", ""),
        (r"access/users(?:/(?P<key>[^/]+))?", "user", ""),
        (r"access/groups(?:/(?P<key>[^/]+))?", "group", ""),
        (r"access/roles(?:/(?P<key>[^/]+))?", "role", ""),
        (r"access/domains(?:/(?P<key>[^/]+))?", "domain", ""),
        (r"access/acl", "acl", ""),
    )
]


@dataclass(frozen=True)
class Deed:
    """What may have changed something: a task, or a request of a run that started none.

    `type` is the task's without qm and vz, or, of a request, that of the task that changes the same. `kind` and `key`
    say of what; an empty key is any of that kind. `makes` are guests that it makes under other ids than its own, and
    `options` those of a guest's configuration that it sets, with their values; each None where that is not known.
    `part_of` is the actor of the deed that had it done.
    """

    type: str
    kind: str
    key: str
    node: str
    start: datetime
    end: datetime | None
    user: str
    upid: str | None = None
    run_id: str | None = None
    makes: frozenset[str] | None = None
    options: Options | None = None
    has_failed: bool = False
    part_of: str | None = None

    def has_set(self, field: FieldChange) -> bool:
        """Whether it is known to have set a field of a guest to what it is."""
        name = [*field.path.split("."), ""][1]
        return self.options is not None and str(read_wished(field.path, field.after)) in self.options.get(name, ())

    @property
    def actor(self) -> str:
        """What tells it from others' deeds: all of one run are one, and so is what it had done."""
        return self.part_of or self.run_id or self.upid or ""


@dataclass(frozen=True)
class SentWrite:
    """A request other than GET that a run of ours sent, with the task that it started and the guests it may make.

    `ended` is when the run had ended, `options` what it sets of a guest's configuration, None where that is not known.
    """

    run_id: str
    user: str
    at: datetime
    ended: datetime | None
    method: str
    path: str
    upid: str | None = None
    makes: frozenset[str] = frozenset()
    options: Options | None = None


@dataclass(frozen=True)
class TaskEnd:
    """A task as the cluster lists it: when and how it ended, None while it runs."""

    upid: str
    end: datetime | None
    status: str | None


def parse_upid(upid: str) -> dict[str, str] | None:
    """The parts of a task's id: node, start (hexadecimal), type, id, user. None for other text."""
    match = _UPID.match(upid)
    return match.groupdict() if match else None


def make_deeds(tasks: Iterable[TaskEnd], writes: Iterable[SentWrite]) -> list[Deed]:
    """The deeds of tasks and of requests of ours, of which those that started a task are that task's."""
    known = {task.upid: task for task in tasks}
    by_task: dict[str, SentWrite] = {}
    deeds: list[Deed | None] = []
    for write in writes:
        if write.upid is None:
            deeds.append(_make_write_deed(write))
        else:
            by_task[write.upid] = write
            known.setdefault(write.upid, TaskEnd(write.upid, write.ended, None))
    for upid, task in known.items():
        deeds += _make_task_deeds(task, by_task.get(upid))
    return _join_parts([deed for deed in deeds if deed is not None])


def _join_parts(deeds: Sequence[Deed]) -> list[Deed]:
    """The deeds, with what was done for another one as a part of that, of who asked for it."""
    askers: dict[tuple[str, str], list[Deed]] = defaultdict(list)
    for deed in sorted(deeds, key=lambda deed: deed.start, reverse=True):
        if deed.type in _BY_MANAGER or deed.type in _BY_NODE:
            askers[deed.kind, deed.key].append(deed)

    def join(deed: Deed) -> Deed:
        if deed.kind != GUEST or deed.upid is None or deed.run_id is not None:
            return deed
        near = (*askers.get((GUEST, deed.key), ()), *askers.get((GUESTS, deed.node), ()))
        asker = next((one for one in near if _has_done(one, deed)), None)
        return deed if asker is None else replace(deed, user=asker.user, run_id=asker.run_id, part_of=asker.actor)

    return [join(deed) for deed in deeds]


def _has_done(asker: Deed, deed: Deed) -> bool:
    """Whether a deed is what another one has done."""
    if asker.type in _BY_NODE:
        is_its = deed.user == asker.user and (asker.end is None or deed.start <= asker.end)
        return is_its and deed.type in _BY_NODE[asker.type] and deed.start >= asker.start
    late = timedelta(seconds=_MANAGER_SECONDS)
    is_its = deed.user == _MANAGER and asker.start <= deed.start <= asker.start + late
    return is_its and deed.type in _BY_MANAGER[asker.type]


def _make_task_deeds(task: TaskEnd, write: SentWrite | None) -> list[Deed]:
    """The deed of a task, once for each guest that it is about; one that a run of ours has started is the run's."""
    parts = parse_upid(task.upid)
    if parts is None:
        return []
    kind, key, type_ = _read_target(parts)
    deed = Deed(
        type=type_,
        kind=kind,
        key=key,
        node=parts["node"],
        start=datetime.fromtimestamp(int(parts["start"], 16), UTC),
        end=task.end,
        user=write.user if write else parts["user"],
        upid=task.upid,
        run_id=write.run_id if write else None,
        makes=write.makes if write else None,
        options=write.options if write else None,
        has_failed=task.status not in (None, "OK") and not str(task.status).startswith("WARNINGS"),
    )
    reassigned = _REASSIGNED.fullmatch(parts["id"])
    return [deed, replace(deed, key=reassigned["key"])] if reassigned else [deed]


def _make_write_deed(write: SentWrite) -> Deed | None:
    """The deed of a request that started no task; None where it is not known what it changes."""
    path = write.path.strip("/").removeprefix("api2/json/")
    for pattern, kind, effect in _PLACES:
        match = pattern.fullmatch(path)
        if match is None:
            continue
        key = (match.groupdict().get("key") or "") if pattern.groups else ""
        if effect == "/":
            key = f"{key}/"
        elif kind == "firewall":
            key = f"{effect}{key}" if key or effect == "cluster" else ""
        return Deed(
            type=effect if kind == GUEST else "",
            kind=kind,
            key=key,
            node="",
            start=write.at,
            end=write.at,
            user=write.user,
            run_id=write.run_id,
            makes=frozenset(),
            options=write.options if effect == _CONFIG else None,
        )
    return None


def _read_target(parts: Mapping[str, str]) -> tuple[str, str, str]:
    """The kind and key of what a task is about, and its type as deeds have it."""
    type_ = shorten_type(parts["type"])
    if type_ in _OF_NODES:
        return GUESTS, parts["node"], type_
    if type_ in ("imgdel", "prunebackups"):
        return "volumes", parts["id"].rpartition("@")[2], type_
    if parts["type"] == "srvreload" and parts["id"] == "networking":
        return "network", f"{parts['node']}/", type_
    if parts["type"] == "reloadnetworkall":
        return "sdn", "", type_
    vmid = re.match(r"\d+", parts["id"])
    if vmid:
        return GUEST, vmid[0], type_
    return "", parts["id"], type_
