# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How busy a guest was, from the measurements of Proxmox VE."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

TIMEFRAMES = ("hour", "day", "week", "month", "year")
METRICS = ("cpu", "mem", "diskread", "diskwrite", "netin", "netout")


def describe_history(timeframe: str, measured: Sequence[dict[str, Any]], most: int) -> dict[str, Any]:
    """C(usage) and C(history) from C(GET .../rrddata), whose entries have only a time while the guest was off.

    The history has I(most) points at most; the usage is that of all that was measured.
    """
    entries = sorted(measured, key=lambda entry: entry["time"])
    usage: dict[str, Any] = {"timeframe": timeframe}
    for name in METRICS:
        known = [(float(entry[name]), int(entry["time"])) for entry in entries if entry.get(name) is not None]
        values = [value for value, _time in known]
        usage[f"{name}_average"] = _round(name, _mean(values)) if known else None
        usage[f"{name}_min"] = _round(name, min(values)) if known else None
        usage[f"{name}_peak"] = _round(name, max(values)) if known else None
        usage[f"{name}_peak_time"] = max(known, key=lambda pair: pair[0])[1] if known else None
        usage[f"{name}_last"] = _round(name, values[-1]) if known else None
    return {"usage": usage, "history": _thin_out(entries, most)}


def _thin_out(entries: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    size = -(-len(entries) // most) or 1
    groups = [entries[start : start + size] for start in range(0, len(entries), size)]
    return [{"time": int(group[0]["time"]), **{name: _average(name, group) for name in METRICS}} for group in groups]


def _average(name: str, entries: Iterable[dict[str, Any]]) -> float | None:
    values = [float(entry[name]) for entry in entries if entry.get(name) is not None]
    return _round(name, _mean(values)) if values else None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _round(name: str, value: float) -> float:
    return round(value, 4) if name == "cpu" else round(value)
