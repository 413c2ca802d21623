# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values as text: for people by the kind of value, or as they are for other programs. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from playvisor.cli import units

_SPARKS = "▁▂▃▄▅▆▇█"
_SPARK_WIDTH = 20


def format_moment(value: Any, now: float, *, brief: bool = False) -> str:
    """A time as local time with its age, or only its age; 0 is `never`, and what is no time stays as it is."""
    with suppress(ValueError, TypeError, OverflowError, OSError):
        time = units.parse_timestamp(value)
        age = units.format_age(time, now)
        return "never" if not time else age if brief else f"{units.format_time(time)} ({age})"
    return str(value)


def format_value(value: Any) -> str:
    """Any plain data in words: lists as `a, b`, objects as `name=value`; empty for what is empty."""
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return " ".join(f"{name}={_format_part_of(item)}" for name, item in value.items() if item is not None)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ("; " if any(isinstance(item, Mapping) for item in value) else ", ").join(map(format_value, value))
    return str(value)


def format_raw(value: Any) -> str:
    """A value for other programs to read: as it is, lists as `a,b`, objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Sequence) and not isinstance(value, str) and not any(isinstance(i, Mapping) for i in value):
        return ",".join(map(format_raw, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (Mapping, list)) else str(value)


def _format_part_of(value: Any) -> str:
    text = format_value(value)
    return f"({text})" if isinstance(value, (Mapping, list)) and len(value) > 1 else text


def format_part(value: Any, whole: Any) -> str:
    """A number of bytes, and what share of a whole that is."""
    if not isinstance(value, (int, float)):
        return str(value)
    share = f" ({units.format_share(value / whole)})" if isinstance(whole, (int, float)) and whole else ""
    return f"{units.format_size(value)}{share}"


def _format_place(value: Any) -> str:
    """Whose firewall it is: that of a guest, a node, a security group or the cluster."""
    if value.get("vmid"):
        return f"guest {value['vmid']} ({value.get('name')})"
    if value.get("group"):
        return f"group {value['group']}"
    return f"node {value['node']}" if value.get("node") else str(value.get("level") or "cluster")


def _format_spark(points: Any) -> str:
    """The course of numbers from 0 to 1 as a line of blocks; a gap is where nothing was measured."""
    step = max(1, -(-len(points) // _SPARK_WIDTH))
    groups = [[point for point in points[at : at + step] if point is not None] for at in range(0, len(points), step)]
    return "".join(
        _SPARKS[min(len(_SPARKS) - 1, int(sum(group) / len(group) * len(_SPARKS)))] if group else " "
        for group in groups
    )


def _format_number(function: Callable[[Any], str]) -> Callable[[Any], str]:
    """The function for numbers, also those in text; anything else is written as it is."""

    def format_number(value: Any) -> str:
        if isinstance(value, str) and value.isdecimal():
            value = int(value)
        return function(value) if isinstance(value, (int, float)) else str(value)

    return format_number


FORMATS: dict[str, Callable[[Any], str]] = {
    "text": format_value,
    "id": str,
    "short": lambda value: str(value)[:8],
    "list": format_value,
    "named": format_value,
    "plain": format_value,
    "state": str,
    "yes": lambda value: "yes" if value else "",
    "count": lambda value: str(len(value)) if isinstance(value, (list, Mapping)) else str(value),
    "size": _format_number(units.format_size),
    "mebibytes": _format_number(lambda value: units.format_size(value * 1024 * 1024)),
    "rate": _format_number(lambda value: f"{units.format_size(value)}/s"),
    "percent": _format_number(units.format_share),
    "duration": _format_number(lambda value: units.format_duration(value) if value else ""),
    "moment": lambda value: units.format_time(units.parse_timestamp(value)),
    "place": _format_place,
    "spark": _format_spark,
}
"""How each kind of value is written that needs nothing beside it."""
