# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times as people give them: how long ago, which day, or when. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from mcp_bridge.errors import UsageError

EXAMPLES = "1h, 2d, yesterday, monday 14:00, or 2026-11-30T08:00 (local time; with Z, UTC)"
"""How a time is written, for help and hints."""

_AGE = re.compile(r"(\d+)\s*(s|m|h|d|w|seconds?|minutes?|hours?|days?|weeks?)(?:\s+ago)?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = re.compile(rf"(today|yesterday|{'|'.join(_WEEKDAYS)})(?:\s+(?:at\s+)?(\d\d:\d\d(?::\d\d)?))?")


def parse_time(text: str, now: datetime) -> datetime:
    """A time in UTC: so long before `now` as `24h` says, a local day or ISO 8601, local where it names no zone.

    A day is its beginning, unless a time of it follows; the name of a weekday is the last one, or today. Raises
    UsageError for anything else.
    """
    text = text.strip()
    words = text.lower()
    try:
        if words == "now":
            return now.astimezone(UTC)
        if age := _AGE.fullmatch(words):
            return now.astimezone(UTC) - timedelta(**{_UNITS[age[2][0]]: int(age[1])})
        if day := _DAY.fullmatch(words):
            at = time.fromisoformat(day[2]) if day[2] else time()
            # Without a zone, it is local: days have as many hours as they have here.
            return datetime.combine(_find_day(day[1], now.astimezone().date()), at).astimezone(UTC)
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"{text!r} is not a time.", f"Write it like {EXAMPLES}.") from None


def parse_period(since: str | None, until: str | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Both ends of a period, None where none is given.

    Raises UsageError for what is no time, for one that ends before it begins, and for one that is yet to begin.
    """
    start, end = (None if text is None else parse_time(text, now) for text in (since, until))
    if since is not None and start is not None:
        require_past(since, start, now)
    if start and end and end < start:
        raise UsageError(
            f"The period ends before it begins: it is from {since} until {until}.", "Give the earlier time first."
        )
    return start, end


def require_past(text: str, moment: datetime, now: datetime) -> None:
    """Raise UsageError for a time that is yet to come: nothing is known of it."""
    if moment > now:
        raise UsageError(
            f"{text} is yet to come: it is {now.astimezone():%Y-%m-%d %H:%M} now, local time.",
            f"Write it like {EXAMPLES}.",
        )


def _find_day(name: str, today: date) -> date:
    """The last day of this name, today included."""
    if name in _WEEKDAYS:
        return today - timedelta(days=(today.weekday() - _WEEKDAYS.index(name)) % 7)
    return today - timedelta(days=1 if name == "yesterday" else 0)
