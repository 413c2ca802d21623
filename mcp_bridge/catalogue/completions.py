# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Completes words: which tool lists the values of each kind, and which fields of its result have them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mcp_bridge.result import Result
from mcp_bridge.text.plain import is_clean


@dataclass(frozen=True)
class ValueSource:
    """How the values of one kind are read: with a tool, its arguments, and from its result."""

    tool: str
    values: Callable[[Result], list[str]]
    arguments: Mapping[str, Any]


def _make_source(tool: str, noun: str, *names: str, **arguments: Any) -> ValueSource:
    """Take the values from the fields `names` of every entry of the list `noun` in the result."""

    def values(result: Result) -> list[str]:
        return [str(entry[name]) for name in names for entry in result.data.get(noun) or () if entry.get(name)]

    return ValueSource(tool, values, arguments)


SOURCES = {
    "guest": _make_source("list_guests", "guests", "name", "vmid"),
    "vmid": _make_source("list_guests", "guests", "vmid"),
    "node": _make_source("list_nodes", "nodes", "node"),
    "storage": _make_source("list_storage", "storage", "storage"),
    "task": _make_source("list_tasks", "tasks", "upid"),
    "backup": _make_source("list_backups", "volumes", "volid"),
    "run": _make_source("list_runs", "runs", "run_id", limit=50),
}


def filter_by_prefix(values: Iterable[str], prefix: str) -> list[str]:
    """Return the values that start with `prefix`, ignoring case, without duplicates, in order.

    A value that would have to be cleaned is left out: nobody could tell what they complete.
    """
    start = prefix.lower()
    return [value for value in dict.fromkeys(values) if value.lower().startswith(start) and is_clean(value)]
