# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds what somebody has changed since a run: to undo that run would undo theirs, too. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Changed = Mapping[str, Any]

# These are undone one by one, so that what others have added to them stays.
_UNDONE_ONE_BY_ONE = frozenset({"tags", "snapshots", "current"})
# Of these, each part is undone by itself; others as a whole.
_PARTS = frozenset({"disks", "options", "rules"})
_LONGEST_VALUE = 80


def find_changes_since(left: Iterable[Changed], found: Iterable[Changed]) -> dict[str, str]:
    """The changes by others to what a run has left, each by the id of its guest or the name of its firewall.

    `left` are guests or firewalls of the run's result, `found` those of a plan that was made now. A value that is as it
    was before the run is undone already.
    """
    now = {_identify(one): one for one in found}
    changes = {}
    for one in left:
        current = now.get(_identify(one), {})
        differing = [*_describe_changed_values(one, current), *_describe_other_snapshots(one, current)]
        if differing:
            changes[_identify(one)] = "; ".join(differing)
    return changes


def _describe_changed_values(left: Changed, found: Changed) -> Iterator[str]:
    before, after, now = left.get("before") or {}, left.get("after") or {}, found.get("before") or {}
    for key in after:
        if key in now and key not in _UNDONE_ONE_BY_ONE:
            yield from _describe_changes(key, *(_get_by_key(values.get(key)) for values in (before, after, now)))


def _describe_other_snapshots(left: Changed, found: Changed) -> Iterator[str]:
    """Those that have the names of the snapshots that the run has taken."""
    existed = {snapshot["name"] for snapshot in (left.get("before") or {}).get("snapshots") or ()}
    taken, now = left.get("snaptimes") or {}, found.get("snaptimes") or {}
    for name in taken:
        if name not in existed and name in now and now[name] != taken[name]:
            yield f"snapshot {name} is another one of that name by now"


def _identify(changed: Changed) -> str:
    return str(changed.get("vmid") or describe_target(changed))


def describe_target(changed: Changed) -> str:
    """A guest or firewall of a result, for the start of a sentence."""
    if "vmid" in changed:
        return f"Guest {changed['vmid']} ({changed['name']})"
    return " ".join(["Firewall", *(str(changed[name]) for name in ("level", "node", "group") if changed.get(name))])


def _get_by_key(value: Any) -> Any:
    """Rules by their keys, without those that have none."""
    if isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
        return {item["key"]: item for item in value if item.get("key")}
    return value


def _describe_changes(name: str, before: Any, after: Any, now: Any) -> Iterator[str]:
    if before == after or now in (before, after):
        return
    if name in _PARTS and isinstance(now, Mapping):
        for part in {**before, **after}:
            yield from _describe_changes(f"{name}.{part}", before.get(part), after.get(part), now.get(part))
        return
    is_parted = isinstance(after, Mapping) and isinstance(now, Mapping)
    pairs = {f"{name}.{key}": (after.get(key), now.get(key)) for key in {**after, **now}} if is_parted else {}
    for part, (left, found) in (pairs or {name: (after, now)}).items():
        if left != found:
            yield f"{part} is {_render(found)} by now, and was left as {_render(left)}"


def _render(value: Any) -> str:
    text = "nothing" if value in (None, "") else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
