# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What completes a word that somebody types: by which tool each kind of value is read, and where its result has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mcp_bridge.result import Result


@dataclass(frozen=True)
class Reading:
    """How the values of one kind are read."""

    tool: str
    values: Callable[[Result], list[str]]
    arguments: Mapping[str, Any]


def _reading(tool: str, noun: str, *names: str, **arguments: Any) -> Reading:
    """The values of some fields of everything that a result lists."""

    def values(result: Result) -> list[str]:
        return [str(one[name]) for name in names for one in result.data.get(noun) or () if one.get(name)]

    return Reading(tool, values, arguments)


READINGS = {
    "guest": _reading("list_guests", "guests", "name", "vmid"),
    "vmid": _reading("list_guests", "guests", "vmid"),
    "node": _reading("list_nodes", "nodes", "node"),
    "storage": _reading("list_storage", "storage", "storage"),
    "run": _reading("list_runs", "runs", "run_id", limit=50),
}


def beginning(values: Iterable[str], begun: str) -> list[str]:
    """Those that begin so, in whichever case, without repeats, in their order. Pure."""
    return [value for value in dict.fromkeys(values) if value.lower().startswith(begun.lower())]
