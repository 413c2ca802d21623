# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Format numbers for people. Pure."""

from __future__ import annotations

_SIZES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_SPANS = ((86400, "d"), (3600, "h"), (60, "min"))


def format_size(number: float | None) -> str:
    """A number of bytes, such as `2.0 GiB`."""
    if number is None:
        return ""
    value, power = float(number), 0
    while value >= 1024 and power < len(_SIZES) - 1:
        value, power = value / 1024, power + 1
    return f"{value:.0f} {_SIZES[power]}" if power == 0 else f"{value:.1f} {_SIZES[power]}"


def format_duration(seconds: float | None) -> str:
    """A number of seconds, such as `3 d 4 h`."""
    if seconds is None:
        return ""
    rest, parts = int(seconds), []
    for length, unit in _SPANS:
        if rest >= length:
            parts.append(f"{rest // length} {unit}")
            rest %= length
    return " ".join(parts[:2]) or f"{rest} s"
