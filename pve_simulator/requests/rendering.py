# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sizes and durations as Proxmox VE words them in task logs (PVE::Format)."""

from __future__ import annotations

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def render_bytes(size: float, precision: int = 2) -> str:
    """`1.50 GiB`; `1.5 GiB` with precision 1."""
    unit = 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size /= 1024
        unit += 1
    return f"{size:.{precision}f} {_UNITS[unit]}"


def render_duration(seconds: float) -> str:
    """`1h 2m 3s`, without what is zero at its beginning; `0s` when there is nothing."""
    total = int(seconds)
    text = ""
    for length, unit in ((604800, "w"), (86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        number, total = divmod(total, length)
        if number:
            text += f" {number}{unit}"
    return text.strip() or "0s"


def render_clock(seconds: float) -> str:
    """`00:01:05`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest:02d}"
