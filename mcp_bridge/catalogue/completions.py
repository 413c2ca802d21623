# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What completes a word that somebody types: by which tool each kind of value is read, and where its result has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mcp_bridge.result import Result


@dataclass(frozen=True)
class ValueSource:
    """How the values of one kind are read."""

    tool: str
    values: Callable[[Result], list[str]]
    arguments: Mapping[str, Any]


def _make_source(tool: str, noun: str, *names: str, **arguments: Any) -> ValueSource:
    """The values of some fields of everything that a result lists."""

    def values(result: Result) -> list[str]:
        return [str(one[name]) for name in names for one in result.data.get(noun) or () if one.get(name)]

    return ValueSource(tool, values, arguments)


SOURCES = {
    "guest": _make_source("list_guests", "guests", "name", "vmid"),
    "vmid": _make_source("list_guests", "guests", "vmid"),
    "node": _make_source("list_nodes", "nodes", "node"),
    "storage": _make_source("list_storage", "storage", "storage"),
    "run": _make_source("list_runs", "runs", "run_id", limit=50),
}


def filter_by_prefix(values: Iterable[str], prefix: str) -> list[str]:
    """Those that begin so, in whichever case, without repeats, in their order. Pure."""
    return [value for value in dict.fromkeys(values) if value.lower().startswith(prefix.lower())]
