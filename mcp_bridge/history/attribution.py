# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who made a change: a run of ours, a task of Proxmox VE, or somebody outside that left none. Pure.

A deed, which is a task or a request of a run that started none, counts for a field that its kind of task can change,
of the object that it names, in the interval in which the field changed. Where more than one may have done it, all are
named: nothing is guessed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp_bridge.history.changes import Attribution, Change, FieldChange

# A deed counts that is so long out of the interval, if none in it does: the cluster's overview is up to 10 s old, and
# clocks differ.
_OVERVIEW_SECONDS = 15
_CLOCK_SECONDS = 3

Options = Mapping[str, Collection[str | None]]
"""What requests set of a configuration: by option the values, None for one that they delete."""

_GUEST = "guest"
_CONFIG = "config"
# Characters of all that may have done it; more would not fit into its column.
_LONGEST_NAMES = 250
_NOBODY = {"outside": "outside, no task", "earlier": "an earlier change"}
# What a task is about that is about all guests of a node.
_GUESTS = "guests"
_UPID = re.compile(
    r"UPID:(?P<node>[^:]+):[0-9A-Fa-f]+:[0-9A-Fa-f]+:(?P<start>[0-9A-Fa-f]+):(?P<type>[^:]+):(?P<id>[^:]*):(?P<user>[^:]+):"
)
_DISKS = ("config.disks", "overview.maxdisk")
_DISK = re.compile(r"config\.(scsi|sata|ide|virtio|efidisk|tpmstate|unused|mp|rootfs)\d*(\.|$)")
_LOCKS = ("overview.lock", "config.lock", "config.digest")
# What changes in a configuration without being named by the request that changes it.
_SIDE_EFFECT = re.compile(r"unused\d+|boot|bootdisk|lock|digest|meta|smbios1|vmgenid|parent|vmstate|runningcpu")
# Options that show in the overview of a guest, by their names there; any other may show as well.
_IN_OVERVIEW = {
    "name": ("name", "hostname"),
    "tags": ("tags",),
    "cpus": ("cores", "sockets", "vcpus", "cpulimit"),
    "maxmem": ("memory",),
}
_NUMBER = re.compile(r"\d+")
_RUNNING = (
    "overview.status =running",
    "overview.hastate",
    "overview.cpus",
    "overview.maxmem",
    "pending",
    "config.runningcpu",
)
_STOPPED = ("overview.status =stopped", "overview.hastate", "pending")
_MOVED = ("overview.node", "overview.status", "overview.hastate", *_DISKS, *_LOCKS)
_CONFIGURED = (
    "config",
    "pending",
    *(f"overview.{name}" for name in ("name", "tags", "cpus", "maxmem", "maxdisk", "template", "lock")),
)
_ALL = ("overview", "config", "pending", "snapshots", "firewall")

# What each type of task can change of the guest that it names: paths of fields, with `=value` only if that came of it,
# with `+` or `-` only what was added or removed. `config.disks` are all disks.
_EFFECTS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("start", "resume", "hastart", "startall"), (*_RUNNING, *_LOCKS)),
    **dict.fromkeys(("stop", "shutdown", "hastop", "stopall"), (*_STOPPED, *_LOCKS)),
    **dict.fromkeys(("reboot", "reset"), (*_RUNNING, *_STOPPED, *_LOCKS)),
    **dict.fromkeys(("suspend", "pause", "suspendall"), (*_STOPPED, "config.vmstate", *_LOCKS)),
    **dict.fromkeys(("igrate", "migrate", "hamigrate", "migrateall"), _MOVED),
    **dict.fromkeys(("create", "restore"), _ALL),
    "clone": ("overview.lock", "config.lock"),
    "destroy": _ALL,
    "config": _CONFIGURED,
    "template": ("overview.template", "config.template", *_DISKS, *_LOCKS),
    **dict.fromkeys(("resize", "move", "move_volume"), _DISKS + _LOCKS),
    "snapshot": ("snapshots +", "config.parent", *_LOCKS),
    "delsnapshot": ("snapshots -", "config.parent", *_LOCKS),
    "rollback": _ALL,
    "dump": ("overview.status", *_LOCKS),
    "firewall": ("firewall",),
    **dict.fromkeys(("vncproxy", "vncshell", "spiceproxy", "spiceshell", "termproxy"), ()),
}
# Types of tasks that make a guest without naming it: they name the one that they copy.
_COPIES = frozenset({"clone"})
# Types of tasks that are about the guests of a node, and name none.
_OF_NODES = frozenset({"startall", "stopall", "suspendall", "migrateall"})
# Types of tasks after which a storage holds something else.
_OF_VOLUMES = frozenset(
    {"imgdel", "imgcopy", "imgrestore", "upload", "download", "prunebackups", "dump", "create", "restore", "clone"}
    | {"destroy", "move", "move_volume", "resize", "template", "snapshot", "delsnapshot", "rollback", "config"}
)

# Fields of guests that are changed at another object.
_FIELDS_ELSEWHERE = {"pool": "overview.pool", "ha_resource": "overview.hastate"}

# Requests that leave no task, by where they go: the kind and key of what they change, and, of guests, the type of task
# that changes the same.
_PLACES: Sequence[tuple[re.Pattern[str], str, str]] = [
    (re.compile(pattern), kind, effect)
    for pattern, kind, effect in (
        (r"nodes/[^/]+/(?:qemu|lxc)/(?P<key>\d+)/firewall(?:/.*)?", _GUEST, "firewall"),
        (r"nodes/[^/]+/(?:qemu|lxc)/(?P<key>\d+)/(?:config|unlink|cloudinit)", _GUEST, _CONFIG),
        (r"nodes/[^/]+/(?:qemu|lxc)/(?P<key>\d+)/resize", _GUEST, "resize"),
        (r"nodes/[^/]+/(?:qemu|lxc)/(?P<key>\d+)/(?:move_disk|move_volume)", _GUEST, "move"),
        (r"nodes/[^/]+/(?:qemu|lxc)/(?P<key>\d+)/snapshot/[^/]+/config", _GUEST, "rollback"),
        (r"nodes/[^/]+/(?:qemu|lxc)/(?P<key>\d+)/template", _GUEST, "template"),
        (r"nodes/[^/]+/(?:qemu|lxc)/(?P<key>\d+)/status/(?:suspend|resume|reset)", _GUEST, "reset"),
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

    def has_set(self, field: FieldChange) -> bool:
        """Whether it is known to have set a field of a guest to what it is."""
        name = [*field.path.split("."), ""][1]
        return self.options is not None and str(field.after) in self.options.get(name, ())

    @property
    def actor(self) -> str:
        """What tells it from others' deeds: all of one run are one."""
        return self.run_id or self.upid or ""


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
    deeds += [_make_task_deed(task, by_task.get(upid)) for upid, task in known.items()]
    return [deed for deed in deeds if deed is not None]


def _make_task_deed(task: TaskEnd, write: SentWrite | None) -> Deed | None:
    """The deed of a task; one that a run of ours has started is the run's. None where its id is none."""
    parts = parse_upid(task.upid)
    if parts is None:
        return None
    kind, key, type_ = _read_target(parts)
    return Deed(
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
            type=effect if kind == _GUEST else "",
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


class Attributor:
    """Finds who made changes among deeds."""

    def __init__(self, deeds: Iterable[Deed]) -> None:
        self._by_key: dict[tuple[str, str], list[Deed]] = defaultdict(list)
        self._by_kind: dict[str, list[Deed]] = defaultdict(list)
        for deed in deeds:
            self._by_key[deed.kind, deed.key].append(deed)
            self._by_kind[deed.kind].append(deed)
        self._copies = [deed for deed in self._by_kind[_GUEST] if deed.type in _COPIES]

    def attribute(self, change: Change) -> Attribution:
        """Who made a change, whose `attribution` has the interval: one run, one task, several deeds, or outside."""
        interval = change.attribution
        near = list(self._list_near(change))
        found = [_choose(near, change, field) for field in _list_fields(change)]
        by = _attribute_to([deed for of_field in found for deed in of_field], interval)
        if not any(found) or (by.source != "several" and all(found)):
            return by
        fields = {field.path: of_field for field, of_field in zip(change.fields, found, strict=False)}
        of_fields = {path: _attribute_to(deeds, interval) for path, deeds in fields.items()}
        return replace(by, source="several", of_fields=of_fields)

    def _list_near(self, change: Change) -> Iterator[Deed]:
        """The deeds about the object of a change."""
        kind, key = change.kind, change.key
        yield from self._by_key.get((kind, key), ())
        if key:
            yield from self._by_key.get((kind, ""), ())
        if kind == _GUEST:
            for node in {change.node, *(field.before for field in change.fields if field.path == "overview.node")}:
                yield from self._by_key.get((_GUESTS, str(node)), ())
            for place in _FIELDS_ELSEWHERE:
                yield from self._by_kind[place]
            if change.what != "changed":
                yield from (deed for deed in self._copies if deed.key != key)
        elif kind == "network":
            yield from self._by_key.get((kind, f"{key.partition('/')[0]}/"), ())
        elif kind == "volumes":
            storage, _at, node = key.partition("@")
            if node:
                yield from self._by_key.get((kind, storage), ())
            others = (*self._by_kind[_GUEST], *self._by_kind[""])
            yield from (deed for deed in others if deed.type in _OF_VOLUMES and node in ("", deed.node))


def _attribute_to(found: Sequence[Deed], interval: Attribution) -> Attribution:
    """Who made what any of these deeds can have made: their one run or task, several, or nobody that left any."""
    if not found:
        return interval
    deeds = {(deed.actor, deed.upid): deed for deed in found}.values()
    runs = {deed.run_id for deed in deeds}
    is_sure = len({deed.actor for deed in deeds}) == 1
    # Of several, those with a task are named by that.
    bare = runs if len(runs) == 1 else {deed.run_id for deed in deeds if not deed.upid}
    return replace(
        interval,
        source=("run" if None not in runs else "task") if is_sure else "several",
        run_id=bare.pop() if len(bare) == 1 else None,
        upid=_join(" ", (deed.upid for deed in deeds if deed.upid)) or None,
        user=_join(", ", sorted({deed.user for deed in deeds})),
    )


def _choose(near: Sequence[Deed], change: Change, field: FieldChange | None) -> list[Deed]:
    """The deeds that can have changed a field, or made the object come or go: as near and as successful as there are.

    A task that failed may have changed something all the same.
    """
    seconds = _OVERVIEW_SECONDS if field is None or field.path.startswith("overview.") else _CLOCK_SECONDS
    able: dict[tuple[bool, bool], list[Deed]] = defaultdict(list)
    for deed in near:
        if _overlaps(deed, change.attribution, seconds) and _can_change(deed, change, field):
            able[deed.has_failed, not _overlaps(deed, change.attribution, 0)].append(deed)
    found = able[min(able)] if able else []
    exact = [deed for deed in found if field is not None and deed.has_set(field)]
    # Of requests that set it, those count that set it to what it is.
    return [deed for deed in found if deed in exact or deed.options is None] if exact else found


def _join(separator: str, names: Iterable[str]) -> str:
    """As many different names as a column takes, then an ellipsis."""
    joined = ""
    for name in dict.fromkeys(names):
        longer = f"{joined}{separator}{name}" if joined else name
        if len(longer) > _LONGEST_NAMES:
            return f"{joined}{separator}…"
        joined = longer
    return joined


def can_change(type_: str, path: str, before: Any, after: Any, options: Options | None = None) -> bool:
    """Whether a task of a type, or a request that set these options, can have changed a field of its guest so."""
    if options is not None and not _can_set(options, path, after):
        return False
    effects = _EFFECTS.get(_shorten_type(type_))
    if effects is None:
        # A type of task that is not known may do anything.
        return True
    return any(_matches(effect, path, before, after) for effect in effects)


def _can_set(options: Options, path: str, after: Any) -> bool:
    """Whether a field of a guest can have become so by a request that set these options."""
    section, name = [*path.split("."), ""][:2]
    if section == "overview":
        return name not in _IN_OVERVIEW or any(option in options for option in _IN_OVERVIEW[name])
    if section not in ("config", "pending"):
        return True
    if name not in options:
        return _SIDE_EFFECT.fullmatch(name) is not None
    # Whatever else it was set to, Proxmox VE may write another way.
    is_plain = all(value is not None and _NUMBER.fullmatch(value) for value in options[name])
    return section == "pending" or not is_plain or (after is not None and str(after) in options[name])


def describe_who(fields: Sequence[FieldChange], by: Attribution) -> str:
    """Who made a change of these fields, in a few words; where it was not one for all of them, of which fields."""
    found: dict[str, list[str]] = defaultdict(list)
    for field in fields:
        found[describe_doer(by.get_doer(field.path))].append(field.path)
    if len(found) > 1:
        return "; ".join(f"{name}: {', '.join(paths)}" for name, paths in found.items())
    return next(iter(found), None) or describe_doer(by)


def describe_doer(by: Attribution) -> str:
    """Who it was, in a few words."""
    if by.source in _NOBODY:
        return _NOBODY[by.source]
    run = f"run {by.run_id[:8]}" if by.run_id else ""
    if by.source == "run":
        return f"{by.user} ({run})"
    upids = (by.upid or "").split()
    tasks = [parts for upid in upids if (parts := parse_upid(upid))]
    names = [*dict.fromkeys(f"{parts['user']} ({parts['type']})" for parts in tasks), *([run] if run else [])]
    names += ["others"] if "…" in upids else []
    if not names:
        return f"not certain: several runs of {by.user}" if by.source == "several" else _NOBODY["outside"]
    return names[0] if len(names) == 1 else f"not certain: {' or '.join(names)}"


def _list_fields(change: Change) -> Sequence[FieldChange | None]:
    """The fields that changed; None stands for the object itself, which came or went."""
    return (change.fields if change.what == "changed" else ()) or (None,)


def _can_change(deed: Deed, change: Change, field: FieldChange | None) -> bool:
    if change.kind != _GUEST:
        return True
    if deed.kind in _FIELDS_ELSEWHERE:
        is_its = deed.kind == "pool" or not deed.key or deed.key.rpartition(":")[2] == change.key
        return is_its and field is not None and field.path == _FIELDS_ELSEWHERE[deed.kind]
    if field is not None:
        return can_change(deed.type, field.path, field.before, field.after, deed.options)
    if change.what == "gone":
        return deed.type in ("destroy", "restore")
    if deed.type in _COPIES:
        # A copy that somebody else made may be any guest that is new.
        return deed.key != change.key and (deed.makes is None or change.key in deed.makes)
    return deed.type in ("create", "restore") or deed.type not in _EFFECTS


def _overlaps(deed: Deed, interval: Attribution, seconds: int) -> bool:
    """Whether a deed was in an interval, or so many seconds out of it."""
    slack = timedelta(seconds=seconds)
    if deed.start > interval.at + slack:
        return False
    return interval.not_before is None or deed.end is None or deed.end >= interval.not_before - slack


@cache
def _shorten_type(type_: str) -> str:
    """The type of a task without the kind of guest: qmstart and vzstart are both start."""
    return type_[2:] if type_[:2] in ("qm", "vz") and type_ != "qm" else type_


def _read_target(parts: Mapping[str, str]) -> tuple[str, str, str]:
    """The kind and key of what a task is about, and its type as deeds have it."""
    type_ = _shorten_type(parts["type"])
    if type_ in _OF_NODES:
        return _GUESTS, parts["node"], type_
    if type_ in ("imgdel", "prunebackups"):
        return "volumes", parts["id"].rpartition("@")[2], type_
    if parts["type"] == "srvreload" and parts["id"] == "networking":
        return "network", f"{parts['node']}/", type_
    if parts["type"] == "reloadnetworkall":
        return "sdn", "", type_
    vmid = re.match(r"\d+", parts["id"])
    if vmid:
        return _GUEST, vmid[0], type_
    return "", parts["id"], type_


def _matches(effect: str, path: str, before: Any, after: Any) -> bool:
    prefix, _space, condition = effect.partition(" ")
    if prefix == "config.disks":
        return _DISK.match(path) is not None
    if path != prefix and not path.startswith(f"{prefix}."):
        return False
    if condition.startswith("="):
        return str(after) == condition[1:]
    return {"": True, "+": before is None, "-": after is None}[condition]
