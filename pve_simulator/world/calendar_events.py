# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""When calendar events happen: `daily`, `mon..fri 8..17:0/15`, `*/15`, `2026-12-24 18:00` (pvescheduler)."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_SHORTCUTS = {
    "minutely": "*-*-* *:*",
    "hourly": "*-*-* *:00",
    "daily": "*-*-* 0:00",
    "weekly": "mon *-*-* 0:00",
    "monthly": "*-*-1 0:00",
    "quarterly": "*-1,4,7,10-1 0:00",
    "semiannually": "*-1,7-1 0:00",
    "semi-annually": "*-1,7-1 0:00",
    "yearly": "*-1-1 0:00",
    "annually": "*-1-1 0:00",
}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Long enough for any 29th of February that falls on a certain weekday.
_HORIZON_DAYS = 366 * 30


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """The moments of an event: sets of years (None: all), months, days, weekdays, hours, minutes, seconds."""

    years: frozenset[int] | None
    months: frozenset[int]
    days: frozenset[int]
    weekdays: frozenset[int]
    hours: frozenset[int]
    minutes: frozenset[int]
    seconds: frozenset[int]

    def next_after(self, moment: float) -> int | None:
        """The first moment after this one, in UTC; None when there is none any more."""
        start = datetime.fromtimestamp(int(moment) + 1, UTC)
        clocks = [(h, m, s) for h in sorted(self.hours) for m in sorted(self.minutes) for s in sorted(self.seconds)]
        for number in range(_HORIZON_DAYS):
            day = start + timedelta(days=number)
            if not self._includes_day(day):
                continue
            earliest = (start.hour, start.minute, start.second) if number == 0 else (0, 0, 0)
            for hour, minute, second in clocks:
                if (hour, minute, second) >= earliest:
                    return int(day.replace(hour=hour, minute=minute, second=second, microsecond=0).timestamp())
        return None

    def _includes_day(self, day: datetime) -> bool:
        return (
            day.weekday() in self.weekdays
            and day.month in self.months
            and day.day in self.days
            and (self.years is None or day.year in self.years)
        )


def parse_event(text: str) -> CalendarEvent:
    """An event whose syntax has been checked (`pve-calendar-event`)."""
    words = _SHORTCUTS.get(text.strip().lower(), text.strip()).split()
    if words and words[-1].upper() == "UTC":
        words.pop()
    weekdays = frozenset(range(7))
    years: frozenset[int] | None = None
    months, days = frozenset(range(1, 13)), frozenset(range(1, 32))
    clock = "0:00"
    for word in words:
        if word[0].isalpha():
            weekdays = _weekdays(word)
        elif re.search(r"\d-|\*-", word):
            parts = word.split("-")
            days = _numbers(parts[-1], 1, 31)
            months = _numbers(parts[-2], 1, 12)
            years = _numbers(parts[-3], 1970, 2200) if len(parts) > 2 and parts[-3] != "*" else None
        else:
            clock = word
    pieces = clock.split(":")
    if len(pieces) == 1:
        pieces = ["*", *pieces]
    seconds = _numbers(pieces[2], 0, 59) if len(pieces) > 2 else frozenset({0})
    return CalendarEvent(years, months, days, weekdays, _numbers(pieces[0], 0, 23), _numbers(pieces[1], 0, 59), seconds)


def list_times(text: str, start: float, count: int) -> list[int]:
    """The next times of an event after a moment."""
    event = parse_event(text)
    times: list[int] = []
    moment: float = start
    while len(times) < count:
        following = event.next_after(moment)
        if following is None:
            break
        times.append(following)
        moment = following
    return times


def in_words(moment: int) -> str:
    """A time as the API writes it: `Sat Nov 21 00:00:00 2026`."""
    return time.asctime(time.gmtime(moment))


def _weekdays(word: str) -> frozenset[int]:
    days: set[int] = set()
    for item in word.lower().split(","):
        ends = [_DAYS.index(day[:3]) for day in re.split(r"\.\.|-", item)]
        first, last = ends[0], ends[-1]
        days |= {number % 7 for number in range(first, last + 1 if last >= first else last + 8)}
    return frozenset(days)


def _numbers(text: str, low: int, high: int) -> frozenset[int]:
    numbers: set[int] = set()
    for item in text.split(","):
        span, slash, step = item.partition("/")
        first, dots, last = span.partition("..")
        start = low if first == "*" else int(first)
        end = int(last) if dots else high if slash or first == "*" else start
        numbers.update(range(start, end + 1, int(step) if slash else 1))
    return frozenset(numbers)
