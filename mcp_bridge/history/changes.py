# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between two documents of an object, and who did it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

What = Literal["appeared", "changed", "gone", "back"]
Source = Literal["run", "task", "several", "outside", "earlier", "unseen"]

KNOWN = "known"
"""What a version says of an object that was there when its kind was looked at first: nobody saw it appear."""
_ABSENT = object()
# Where in a rendered field stands who changed it, and what of that.
_DOER_AT = 3
_DOER = ("source", "run_id", "upid", "user")
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

    Where that is not certain, or not of all fields, it is `several`: `upid` and `user` are those who may have done it,
    and `of_fields` says who changed which field, by its path. It is `unseen` where no task is known that did it, and
    not all tasks could be read. Where `not_before` is None, nobody had looked before.
    """

    source: Source
    run_id: str | None
    upid: str | None
    user: str | None
    not_before: datetime | None
    at: datetime
    of_fields: Mapping[str, Attribution] = field(default_factory=dict)

    def get_doer(self, path: str) -> Attribution:
        """Who changed one field."""
        return self.of_fields.get(path, self)


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


def render_fields(fields: Iterable[FieldChange], by: Attribution) -> list[list[Any]]:
    """Fields as plain data, each with who changed it where that is said of each."""
    doers = {path: [getattr(one, name) for name in _DOER] for path, one in by.of_fields.items()}
    return [
        [each.path, each.before, each.after, *([doers[each.path]] if each.path in doers else [])] for each in fields
    ]


def parse_fields(rendered: Iterable[Sequence[Any]], by: Attribution) -> tuple[tuple[FieldChange, ...], Attribution]:
    """Fields that were rendered, and who made the change with who changed which of them."""
    parts = list(rendered)
    doers = {part[0]: dict(zip(_DOER, part[_DOER_AT], strict=True)) for part in parts if len(part) > _DOER_AT}
    of_fields = {path: replace(by, **doer) for path, doer in doers.items()}
    return tuple(FieldChange(*part[:_DOER_AT]) for part in parts), replace(by, of_fields=of_fields)


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
