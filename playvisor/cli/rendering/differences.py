# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between before and after, one line for each difference. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playvisor.cli.rendering.values import format_value

# What names an entry of a list.
_KEYS = ("slot", "key", "name", "snapname", "id", "cidr", "volid", "storage", "interface", "vmid")
# Values that only say that there is nothing.
_EMPTY: tuple[Any, ...] = (None, "", [], {})
_MEBIBYTES = ("memory", "balloon", "swap")


def describe_change(row: Mapping[str, Any]) -> list[str]:
    """The differences between a row's `before` and `after`, or that there is none, and what else became of it."""
    failure = row.get("failure")
    lines = describe_differences(row.get("before"), row.get("after"))
    if isinstance(failure, Mapping):
        return [f"failed: {failure.get('message')}"]
    if not lines:
        lines = ["changed"] if row.get("changed") else ["as wished already"]
    notes = {
        "restart_required": "waits for a restart",
        "unknown": "it is not known whether all of it was done",
    }
    return lines + [text for name, text in notes.items() if row.get(name)]


def describe_differences(before: Any, after: Any) -> list[str]:
    """One line for each difference, such as `cores: 2 → 4`, `+ tags: web` and `- net1: …`."""
    return list(_compare("", _unwrap(before), _unwrap(after)))


def _unwrap(value: Any) -> Any:
    """The only value of an object such as {state: running}, which needs no name."""
    return next(iter(value.values())) if isinstance(value, Mapping) and set(value) == {"state"} else value


def _compare(path: str, before: Any, after: Any) -> Iterator[str]:
    if before == after or (before in _EMPTY and after in _EMPTY):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in {**before, **after}:
            yield from _compare(f"{path}{'.' if path else ''}{name}", before.get(name), after.get(name))
    elif _is_list(before) and _is_list(after):
        yield from _compare_lists(path, before, after)
    elif path.rpartition(".")[2] == "exists" and isinstance(after, bool):
        yield "created" if after else "deleted"
    elif before in _EMPTY:
        yield f"+ {_label(path)}{_write(after)}"
    elif after in _EMPTY:
        yield f"- {_label(path)}{_write(before)}"
    else:
        unit = " MiB" if path in _MEBIBYTES else ""
        yield f"{_label(path)}{_write(before)}{unit} → {_write(after)}{unit}"


def _compare_lists(path: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[str]:
    key = _find_key([*before, *after])
    if key:
        old, new = ({str(item[key]): item for item in items} for items in (before, after))
        for name in {**old, **new}:
            one, other = old.get(name), new.get(name)
            if one is not None and other is not None:
                yield from _compare(f"{path} {name}", one, other)
            else:
                sign, item = ("+", other) if one is None else ("-", one)
                rest = _write({inner: value for inner, value in (item or {}).items() if inner != key})
                yield f"{sign} {path} {name}{f': {rest}' if rest else ''}"
        if list(old) != list(new) and set(old) == set(new):
            yield f"{path}: order {', '.join(new)}"
        return
    for item in before:
        if item not in after:
            yield f"- {_label(path)}{_write(item)}"
    for item in after:
        if item not in before:
            yield f"+ {_label(path)}{_write(item)}"


def _find_key(items: Sequence[Any]) -> str | None:
    """What names each of the entries, if they are objects and something does."""
    if not items or not all(isinstance(item, Mapping) for item in items):
        return None
    return next((key for key in _KEYS if all(item.get(key) not in _EMPTY for item in items)), None)


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _label(path: str) -> str:
    return f"{path}: " if path else ""


def _write(value: Any) -> str:
    if isinstance(value, Mapping):
        return format_value({name: item for name, item in value.items() if item not in _EMPTY and item is not False})
    return format_value(value) or "nothing"
