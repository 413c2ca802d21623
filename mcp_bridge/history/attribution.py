# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who made a change: a run of ours, a task of Proxmox VE, or somebody outside that left none. Pure.

A deed, which is a task or a request of a run that started none, counts for a field that its kind of task can change,
of the object that it names, in the interval in which the field changed. Where more than one may have done it, all are
named: nothing is guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mcp_bridge.history.deeds import GUESTS, Deed, parse_upid
from mcp_bridge.history.documents import GUEST
from mcp_bridge.history.effects import can_change, is_known

if TYPE_CHECKING:
    from mcp_bridge.history.changes import Attribution, Change, FieldChange

# A deed counts that is so long out of the interval, if none in it does: the cluster's overview is up to 10 s old, and
# clocks differ.
_OVERVIEW_SECONDS = 15
_CLOCK_SECONDS = 3
# Characters of all that may have done it; more would not fit into its column.
_LONGEST_NAMES = 250
_NOBODY = {
    "outside": "outside, no task",
    "earlier": "an earlier change",
    "unseen": "not known, as not all tasks could be read",
}
# Types of tasks that make a guest without naming it: they name the one that they copy.
_COPIES = frozenset({"clone"})
# Types of tasks after which a storage holds something else.
_OF_VOLUMES = frozenset(
    {"imgdel", "imgcopy", "imgrestore", "upload", "download", "prunebackups", "dump", "create", "restore", "clone"}
    | {"destroy", "move", "move_volume", "resize", "template", "snapshot", "delsnapshot", "rollback", "config"}
)
# Fields of guests that are changed at another object.
_FIELDS_ELSEWHERE = {"pool": "overview.pool", "ha_resource": "overview.hastate"}


class Attributor:
    """Finds who made changes among deeds; `unread` are the nodes whose tasks could not all be read, None for any."""

    def __init__(self, deeds: Iterable[Deed], unread: Collection[str | None] = ()) -> None:
        self._unread = frozenset(unread)
        self._by_key: dict[tuple[str, str], list[Deed]] = defaultdict(list)
        self._by_kind: dict[str, list[Deed]] = defaultdict(list)
        for deed in deeds:
            self._by_key[deed.kind, deed.key].append(deed)
            self._by_kind[deed.kind].append(deed)
        self._copies = [deed for deed in self._by_kind[GUEST] if deed.type in _COPIES]

    def attribute(self, change: Change) -> Attribution:
        """Who made a change, whose `attribution` has the interval: one run, one task, several deeds, or outside."""
        interval = change.attribution
        if self._is_blind(change):
            interval = replace(interval, source="unseen")
        near = list(self._list_near(change))
        found = [_choose(near, change, field) for field in _list_fields(change)]
        by = _attribute_to([deed for of_field in found for deed in of_field], interval)
        if not any(found) or (by.source != "several" and all(found)):
            return by
        fields = {field.path: of_field for field, of_field in zip(change.fields, found, strict=False)}
        of_fields = {path: _attribute_to(deeds, interval) for path, deeds in fields.items()}
        return replace(by, source="several", of_fields=of_fields)

    def _is_blind(self, change: Change) -> bool:
        """Whether a task that can't be seen may have made a change."""
        former = (field.before for field in change.fields if field.path == "overview.node")
        return change.kind in (GUEST, "volumes") and not self._unread.isdisjoint({None, change.node, *former})

    def _list_near(self, change: Change) -> Iterator[Deed]:
        """The deeds about the object of a change."""
        kind, key = change.kind, change.key
        yield from self._by_key.get((kind, key), ())
        if key:
            yield from self._by_key.get((kind, ""), ())
        if kind == GUEST:
            for node in {change.node, *(field.before for field in change.fields if field.path == "overview.node")}:
                yield from self._by_key.get((GUESTS, str(node)), ())
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
            others = (*self._by_kind[GUEST], *self._by_kind[""])
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
    if by.source == "task" and tasks:
        # What was asked for comes before what was done for it.
        return f"{by.user} ({min(tasks, key=lambda parts: parts['start'])['type']})"
    names = [*dict.fromkeys(f"{parts['user']} ({parts['type']})" for parts in tasks), *([run] if run else [])]
    names += ["others"] if "…" in upids else []
    if not names:
        return f"not certain: several runs of {by.user}" if by.source == "several" else _NOBODY["outside"]
    return names[0] if len(names) == 1 else f"not certain: {' or '.join(names)}"


def _list_fields(change: Change) -> Sequence[FieldChange | None]:
    """The fields that changed; None stands for the object itself, which came or went."""
    return (change.fields if change.what == "changed" else ()) or (None,)


def _can_change(deed: Deed, change: Change, field: FieldChange | None) -> bool:
    if change.kind != GUEST:
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
    return deed.type in ("create", "restore") or not is_known(deed.type)


def _overlaps(deed: Deed, interval: Attribution, seconds: int) -> bool:
    """Whether a deed was in an interval, or so many seconds out of it."""
    slack = timedelta(seconds=seconds)
    if deed.start > interval.at + slack:
        return False
    return interval.not_before is None or deed.end is None or deed.end >= interval.not_before - slack
