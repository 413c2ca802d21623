# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Format numbers and times for people. Pure."""

from __future__ import annotations

from datetime import datetime

_SIZES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_SPANS = ((86400, "d"), (3600, "h"), (60, "min"))
_AGES = ((365 * 86400, "y"), (7 * 86400, "w"), (86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def format_size(number: float | None) -> str:
    """A number of bytes, such as `2.0 GiB`."""
    if number is None:
        return ""
    value, power = float(number), 0
    while abs(value) >= 1024 and power < len(_SIZES) - 1:
        value, power = value / 1024, power + 1
    return f"{value:.0f} {_SIZES[power]}" if power == 0 else f"{value:.1f} {_SIZES[power]}"


def format_share(part: float) -> str:
    """A share of 1, such as `7 %`; one decimal below 10 %, so that a little is not nothing."""
    percent = part * 100
    return f"{percent:.1f} %" if 0 < percent < 10 else f"{percent:.0f} %"


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


def format_age(time: float, now: float) -> str:
    """How long ago a time was, such as `3 h ago`, or how far ahead it is, such as `in 2 d`."""
    seconds = abs(now - time)
    if seconds < 1:
        return "now"
    length, unit = next(age for age in _AGES if seconds >= age[0])
    amount = f"{int(seconds // length)} {unit}"
    return f"{amount} ago" if time < now else f"in {amount}"


def format_time(time: float) -> str:
    """A time in seconds since the epoch as local time, such as `2026-11-30 04:18:36`."""
    return datetime.fromtimestamp(time).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def parse_timestamp(value: float | str) -> float:
    """Seconds since the epoch, from those or from ISO 8601. Raises ValueError for anything else."""
    return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else float(value)
