# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Merge three ways, per field: what a fleet wishes, what is there, and what was applied last. Pure.

Both the wish and what was applied last are planned from the same observation, by the same function. What only the wish
would change is new in it. What both would change, somebody else has changed since: a conflict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._api.errors import PveError
from .._module.plan import Plan
from .paths import matches, rank, render_path

if TYPE_CHECKING:
    Path = tuple[str, ...]
    _MakePlan = Callable[[Mapping[str, Any]], Plan]

# What becomes of a field that somebody else has changed: the plan fails, it stays as they made it, or the fleet takes
# it back.
FAIL, KEEP, TAKE = POLICIES = ("fail", "keep", "take")
WISH, DRIFT = "wish", "drift"

# Lists of devices, each property of which is a field, and lists whose entries are fields; with what names an entry.
_DEVICES = {"disks": "slot", "nics": "slot"}
_KEYED = {"ipconfig": "interface"}
# Options that hold others by name.
_MAPPINGS = ("config", "options")
# What no plan shows by the name of its option.
_OTHER_NAMES = {
    "exists": ("state",),
    "template": ("state",),
    "managed": ("state",),
    "tags": ("add_tags", "remove_tags"),
    # Cloud-init.
    "ciuser": ("user",),
    "cipassword": ("password",),
    "sshkeys": ("ssh_keys",),
    "nameserver": ("nameservers",),
    "ciupgrade": ("upgrade",),
    "cicustom": ("custom",),
    "drive": ("drive_storage",),
    # Network devices.
    "macaddr": ("mac",),
    "hwaddr": ("mac",),
}


@dataclass(frozen=True)
class Change:
    """A field that a plan changes, I(path) being its place in the document."""

    path: Path
    before: Any
    after: Any
    origin: str = WISH


@dataclass(frozen=True)
class Conflict:
    """A field that somebody else has changed since the fleet was applied last."""

    path: Path
    desired: Any
    observed: Any
    last: Any
    policy: str = FAIL

    def describe(self) -> dict[str, Any]:
        values = {"desired": self.desired, "observed": self.observed, "last": self.last}
        return {"path": render_path(self.path), **values, "policy": self.policy}


@dataclass(frozen=True)
class Rules:
    """What a document says of conflicts: policies by pattern, and the patterns of what is not managed."""

    on_conflict: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()

    def for_object(self, path: Sequence[str], entry: Mapping[str, Any]) -> Rules:
        """These rules with those that the entry at I(path) has itself, whose patterns begin there and count more."""
        start = render_path(path)
        own = {f"{start}.{pattern}": policy for pattern, policy in (entry.get("on_conflict") or {}).items()}
        ignored = (f"{start}.{pattern}" for pattern in entry.get("ignore") or ())
        rest = {pattern: policy for pattern, policy in self.on_conflict.items() if pattern not in own}
        return Rules({**own, **rest}, (*self.ignore, *ignored))

    def is_ignored(self, path: Sequence[str]) -> bool:
        return any(matches(pattern, path) for pattern in self.ignore)

    def find_policy(self, path: Sequence[str]) -> str:
        """The policy of the pattern that means the path most exactly."""
        found = [pattern for pattern in self.on_conflict if matches(pattern, path)]
        # Of equals, max() returns the first one.
        return self.on_conflict[max(found, key=rank)] if found else FAIL


@dataclass(frozen=True)
class Merged:
    """What is to be done: the wish that is left of an entry, its plan, the changes and the conflicts.

    I(failure) is why there is no plan. The changes are then those that are asked for, unless somebody else has made
    something that can't be taken back.
    """

    entry: Mapping[str, Any]
    plan: Plan | None
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    failure: PveError | None = None


def merge(
    make_plan: _MakePlan,
    path: Sequence[str],
    desired: Mapping[str, Any],
    last: Mapping[str, Any] | None,
    rules: Rules,
    describe: Callable[[Mapping[str, Any]], Plan | None] = lambda entry: None,
) -> Merged:
    """Merge the entry at I(path), of an object that exists: I(make_plan) plans an entry from what was observed.

    Without what was applied I(last), each difference is a wish. I(describe) returns the states before and after of an
    entry which can't be planned.
    """
    entry = leave_out(desired, _find_settled(path, desired, last, rules))
    plan, failure, found = _plan(make_plan, describe, path, entry)
    if last is None or not found:
        return _finish(entry, plan, found, (), failure)
    drifted = {change.path: change.after for change in _plan(make_plan, describe, path, last)[2]}
    conflicts = tuple(
        Conflict(change.path, change.after, change.before, drifted[change.path], rules.find_policy(change.path))
        for change in found
        if change.path in drifted
    )
    kept = [conflict.path[len(path) :] for conflict in conflicts if conflict.policy == KEEP]
    if kept:
        entry = leave_out(entry, kept)
        plan, failure, found = _plan(make_plan, describe, path, entry)
    changes = tuple(Change(one.path, one.before, one.after, DRIFT if one.path in drifted else WISH) for one in found)
    return _finish(entry, plan, changes, conflicts, failure)


def _plan(
    make_plan: _MakePlan,
    describe: Callable[[Mapping[str, Any]], Plan | None],
    path: Sequence[str],
    entry: Mapping[str, Any],
) -> tuple[Plan | None, PveError | None, tuple[Change, ...]]:
    """The plan of an entry, or why there is none; and in which fields what is there differs from it."""
    try:
        plan = make_plan(entry)
    except PveError as error:
        states = describe(entry)
        return None, error, _list_differences(states, path, entry) if states is not None else ()
    return plan, None, list_changes(plan, path, entry)


def _finish(
    entry: Mapping[str, Any],
    plan: Plan | None,
    changes: tuple[Change, ...],
    conflicts: tuple[Conflict, ...],
    failure: PveError | None,
) -> Merged:
    is_wish = all(conflict.policy == KEEP for conflict in conflicts)
    return Merged(entry, plan, changes if failure is None or is_wish else (), conflicts, failure)


def _find_settled(
    path: Sequence[str], desired: Mapping[str, Any], last: Mapping[str, Any] | None, rules: Rules
) -> list[Path]:
    """The fields that are left as they are, whatever is there: ignored ones, and unchanged wishes that are to be kept.

    The latter need no plan, which may be impossible: such as that of a disk that somebody has made larger.
    """
    fields = list(list_fields(desired))
    ignored = [one for one, _value in fields if rules.is_ignored((*path, *one))]
    known = dict(list_fields(last or {}))
    kept = [
        one
        for one, value in fields
        if one in known and known[one] == value and rules.find_policy((*path, *one)) == KEEP
    ]
    return [*ignored, *kept]


def list_changes(plan: Plan, path: Sequence[str], entry: Mapping[str, Any]) -> tuple[Change, ...]:
    """The fields in which a plan's state before differs from the one after, by their places in the document."""
    return _list_differences(plan, path, entry) if plan.steps else ()


def _list_differences(plan: Plan, path: Sequence[str], entry: Mapping[str, Any]) -> tuple[Change, ...]:
    return tuple(
        Change((*path, *locate(entry, one)), before, after) for one, before, after in _compare(plan.before, plan.after)
    )


def _compare(before: Any, after: Any, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    if before == after:
        return
    # Of devices, each property is a field; of everything else, each option.
    is_deep = len(path) < (3 if path and path[0] in _DEVICES else 2 if path == ("options",) else 1)
    if not is_deep or not isinstance(before, Mapping) or not isinstance(after, Mapping):
        yield path, before, after
        return
    for key in {**before, **after}:
        yield from _compare(before.get(key), after.get(key), (*path, str(key)))


def locate(entry: Mapping[str, Any], shown: Sequence[str]) -> Path:
    """Where an entry has the option that plans show as I(shown)."""
    first, *rest = shown
    if first in _DEVICES and rest:
        wish = next((item for item in entry.get(first) or () if item[_DEVICES[first]] == rest[0]), {})
        return (first, rest[0], *(step for name in rest[1:] for step in _find_option(wish, name, "options")))
    address = first.removeprefix("ipconfig")
    if address != first and "ipconfig" in entry:
        return ("ipconfig", address)
    return (*_find_option(entry, first, "config"), *rest)


def _find_option(wish: Mapping[str, Any], name: str, others: str) -> Path:
    """The option that shows as I(name), or its place in the option I(others), which holds what has none of its own."""
    if name in wish:
        return (name,)
    if name in (wish.get(others) or {}):
        return (others, name)
    alternatives = _OTHER_NAMES.get(name, (name,))
    return (next((one for one in alternatives if one in wish), alternatives[0]),)


def list_fields(entry: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """The fields of an entry with their values: of devices by slot and property, of everything else by option."""
    for key, value in entry.items():
        if key in _DEVICES and value:
            for item in value:
                named = {name: part for name, part in item.items() if name != _DEVICES[key]}
                yield from (((key, item[_DEVICES[key]], *path), part) for path, part in list_fields(named))
        elif key in _KEYED and value:
            yield from (((key, str(item[_KEYED[key]])), item) for item in value)
        elif key in _MAPPINGS and isinstance(value, Mapping):
            yield from (((key, str(name)), part) for name, part in value.items())
        elif value is not None:
            yield (key,), value


def leave_out(entry: Mapping[str, Any], paths: Iterable[Sequence[str]]) -> Mapping[str, Any]:
    """The entry without what these paths mean; what has no wish left goes with them."""
    gone = frozenset(map(tuple, paths))
    return _leave_out(entry, (), gone) if gone else entry


def _leave_out(wish: Mapping[str, Any], path: Path, gone: frozenset[Path]) -> dict[str, Any]:
    left: dict[str, Any] = {}
    for key, value in wish.items():
        place = (*path, str(key))
        if place in gone:
            continue
        name = _DEVICES.get(key) or _KEYED.get(key)
        if name and value:
            items = [(item, _leave_out(item, (*place, str(item[name])), gone)) for item in value if item]
            value = [rest for item, rest in items if (*place, str(item[name])) not in gone and _says_more(item, rest)]
        elif key in _MAPPINGS and isinstance(value, Mapping):
            value = _leave_out(value, place, gone)
        if value or not wish[key]:
            left[key] = value
    return left


def _says_more(item: Mapping[str, Any], rest: Mapping[str, Any]) -> bool:
    """Whether what is left of a wish for a device is still one: more than where it is and that it is there."""
    return rest == item or any(name not in ("slot", "state", "interface") for name in rest)
