# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measurements over time, as rrddata gives them: one entry for each step, with values where something was measured."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any

# Timeframe -> seconds between entries, and how many entries.
_FRAMES = {
    "hour": (60, 60),
    "day": (60, 1440),
    "week": (1800, 336),
    "month": (1800, 1440),
    "year": (21600, 1440),
    "decade": (604800, 570),
}
NODE_PRESSURES = ("cpusome", "iofull", "iosome", "memoryfull", "memorysome")
GUEST_PRESSURES = ("cpufull", *NODE_PRESSURES)


def series(
    now: float, timeframe: str, was_measured: Callable[[float], bool], sample: Callable[[float], Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The entries up to now; where nothing was measured, they have a time and nothing else."""
    step, count = _FRAMES.get(timeframe, _FRAMES["hour"])
    last = int(now) // step * step
    moments = range(last - (count - 1) * step, last + step, step)
    return [{"time": moment, **(sample(float(moment)) if was_measured(moment) else {})} for moment in moments]


def wave(key: str, moment: float) -> float:
    """A figure between 0 and 1 that is always the same for the same key and moment."""
    return (zlib.crc32(f"{key}/{int(moment)}".encode()) % 1000) / 1000
