# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between two documents of an object, and who did it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

What = Literal["appeared", "changed", "gone", "back"]
Source = Literal["run", "task", "several", "outside", "unseen"]

KNOWN = "known"
"""What a version says of an object that was there when its kind was looked at first: nobody saw it appear."""
_ABSENT = object()
# What tells the entries of a list apart, where each has one of its own.
_NAMES = ("name", "cidr", "id")


@dataclass(frozen=True)
class FieldChange:
    """A field that changed; None where there is none. A path is such as `config.cores`, `snapshots.before-upgrade`."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Attribution:
    """Who did it: one of our runs, a task of Proxmox VE, or what left neither, between `not_before` and `at`.

    It is `unseen` where no task is known that did it, and not all tasks could be read.

    Where that is not certain, or not of all fields, it is `several`: `upid` and `user` are those who may have done it.
    Where `not_before` is None, nobody had looked before.
    """

    source: Source
    run_id: str | None
    upid: str | None
    user: str | None
    not_before: datetime | None
    at: datetime


@dataclass(frozen=True)
class Change:
    """What happened to an object. `id` names the version that it made."""

    kind: str
    key: str
    name: str
    node: str | None
    what: What
    fields: tuple[FieldChange, ...]
    attribution: Attribution
    cluster: str = ""
    object_id: int = 0
    id: int = 0


def diff_documents(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """The fields that differ, in the order of their paths.

    A section that only one of the two has says nothing: it was not read for the other.
    """
    if before == after:
        return ()
    sections = sorted(before.keys() & after.keys())
    return tuple(
        change
        for section in sections
        if before[section] != after[section]
        for change in _diff(section, before[section], after[section])
    )


def _diff(path: str, before: Any, after: Any) -> Iterator[FieldChange]:
    if isinstance(before, dict) and isinstance(after, dict):
        names = before.keys() | after.keys()
        for name in sorted(name for name in names if before.get(name, _ABSENT) != after.get(name, _ABSENT)):
            yield from _diff(f"{path}.{name}", before.get(name, _ABSENT), after.get(name, _ABSENT))
        return
    if isinstance(before, list) and isinstance(after, list):
        old_entries, new_entries = _name_entries(before), _name_entries(after)
        if old_entries is not None and new_entries is not None and old_entries != new_entries:
            yield from _diff(path, old_entries, new_entries)
            return
    yield FieldChange(path, None if before is _ABSENT else before, None if after is _ABSENT else after)


def _name_entries(entries: Sequence[Any]) -> dict[str, Any] | None:
    """The entries of a list by what names each of them; None where nothing does."""
    if not all(isinstance(entry, dict) for entry in entries):
        return None
    for key in _NAMES:
        named = {entry.get(key): entry for entry in entries}
        if len(named) == len(entries) and all(isinstance(name, str) for name in named):
            return named
    return None
