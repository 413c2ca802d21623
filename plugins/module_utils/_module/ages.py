# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ages such as C(36h) or C(2w), and times that are given as an age or otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from .._api.client import Client
from .._api.errors import INVALID_PARAMETER, PveError

_AGE = re.compile(r"(\d+)\s*(m|h|d|w|minutes?|hours?|days?|weeks?)(?:\s+ago)?")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = re.compile(rf"(now|today|yesterday|{'|'.join(_WEEKDAYS)})(?:(?<!now)\s+(?:at\s+)?(\d\d:\d\d))?", re.IGNORECASE)
# What is longer is no year, nor a date such as 20261130.
_LONGEST_YEAR = 8
_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}


def parse_age(text: str) -> int:
    """Seconds of an age such as C(36h) or C(2w)."""
    match = _AGE.fullmatch(text)
    if not match:
        raise PveError(
            INVALID_PARAMETER, f"{text!r} is not an age.", "Write a number and a unit, m, h, d or w, such as 36h."
        )
    return int(match[1]) * _SECONDS[match[2][0]]


def read_period(client: Client, params: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """The options C(since) and C(until) as seconds since the epoch; an age counts from now by the server's clock."""
    texts = [params[option] for option in ("since", "until")]
    # A time that is none is refused before anything is read.
    times = [parse_time(text, 0.0) if text else None for text in texts]
    if any(pattern.fullmatch((text or "").strip()) for text in texts for pattern in (_AGE, _DAY)):
        now = client.read_time()
        times = [parse_time(text, now) if text else None for text in texts]
    return times[0], times[1]


def is_within(moment: int, since: int | None, until: int | None) -> bool:
    """Whether a time is in a period, which may be open on either side."""
    return (since is None or moment >= since) and (until is None or moment <= until)


def parse_time(text: str, now: float) -> int:
    """Seconds since the epoch, of an age before C(now), a day, ISO 8601 (local without a zone), or of such seconds."""
    text = text.strip()
    try:
        if day := _DAY.fullmatch(text):
            return _find_day(day[1].lower(), day[2], now)
    except ValueError:
        # A time that no day has.
        pass
    if _AGE.fullmatch(text):
        return int(now) - parse_age(text)
    if text.isdecimal() and len(text) > _LONGEST_YEAR:
        return int(text)
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError, OSError):
        raise PveError(
            INVALID_PARAMETER,
            f"{text!r} is not a time.",
            "Write how long ago it was, such as 90m, 24h or 7d, or when, such as yesterday or 2026-11-30T08:00.",
        ) from None


def _find_day(name: str, clock: str | None, now: float) -> int:
    """The last local day of a name, today included, at its beginning or at a time of it."""
    if name == "now":
        return int(now)
    today = datetime.fromtimestamp(now).date()
    back = int(name == "yesterday")
    if name in _WEEKDAYS:
        back = (today.weekday() - _WEEKDAYS.index(name)) % 7
    at = time.fromisoformat(clock) if clock else time()
    return int(datetime.combine(today - timedelta(days=back), at).timestamp())
