# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How busy a guest was, from the measurements of Proxmox VE."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

TIMEFRAMES = ("hour", "day", "week", "month", "year")
METRICS = ("cpu", "mem", "diskread", "diskwrite", "netin", "netout")
# Nobody reads more points than this.
_MAX_POINTS = 60


def describe_history(timeframe: str, measured: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """C(usage) and C(history) from C(GET .../rrddata), whose entries have only a time while the guest was off."""
    points = _thin_out(sorted(measured, key=lambda entry: entry["time"]))
    usage: dict[str, Any] = {"timeframe": timeframe}
    for name in METRICS:
        usage[f"{name}_average"] = _combine(_mean, name, measured)
        usage[f"{name}_peak"] = _combine(max, name, points)
    return {"usage": usage, "history": points}


def _thin_out(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    size = -(-len(entries) // _MAX_POINTS) or 1
    groups = [entries[start : start + size] for start in range(0, len(entries), size)]
    return [
        {"time": int(group[0]["time"]), **{name: _combine(_mean, name, group) for name in METRICS}} for group in groups
    ]


def _combine(aggregate: Callable[[list[float]], float], name: str, entries: Iterable[dict[str, Any]]) -> float | None:
    values = [float(entry[name]) for entry in entries if entry.get(name) is not None]
    return _round(name, aggregate(values)) if values else None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _round(name: str, value: float) -> float:
    return round(value, 4) if name == "cpu" else round(value)
