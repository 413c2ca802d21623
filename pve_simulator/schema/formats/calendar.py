# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calendar events as systemd and Proxmox VE write them: `mon..fri 8:00`, `*/15`, `daily` (pvescheduler)."""

from __future__ import annotations

import re

from pve_simulator.schema.errors import FormatError
from pve_simulator.schema.formats._base import format_error
from pve_simulator.schema.formats._words import words

_SHORTCUTS = frozenset(
    words("minutely hourly daily weekly monthly yearly annually quarterly semiannually semi-annually")
)
_DAY = r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
_DAYS = re.compile(rf"{_DAY}(?:\.\.{_DAY})?(?:,{_DAY}(?:\.\.{_DAY})?)*", re.IGNORECASE)
_VALUE = r"(?:\*|\d+)(?:\.\.\d+)?(?:/\d+)?"
_VALUES = rf"{_VALUE}(?:,{_VALUE})*"
_DATE = re.compile(rf"(?:({_VALUES})-)?({_VALUES})-({_VALUES})")
_TIME = re.compile(rf"({_VALUES})(?::({_VALUES}))?(?::({_VALUES}))?")
# What the numbers of years, months and days have to be below; of hours, minutes and seconds; of minutes by themselves.
_DATE_LIMITS, _CLOCK, _MINUTES = (2200, 13, 32), (24, 60, 60), (60,)
_ONE_DAY = re.compile(rf"^{_DAY}$", re.IGNORECASE)


def verify_calendar_event(value: str) -> None:
    """Take a calendar event; anything else is `unable to parse calendar event`."""
    text = value.strip()
    if text.lower() in _SHORTCUTS:
        return
    words = [word for word in re.split(r"\s+", text) if word]
    if words and words[-1].upper() == "UTC":
        words.pop()
    kinds = [_kind(word) for word in words]
    if not kinds or kinds not in (
        ["days"], ["date"], ["time"], ["days", "time"], ["days", "date"], ["date", "time"], ["days", "date", "time"]
    ):  # fmt: skip
        reason = f"unable to parse calendar event - unable to parse '{value}'"
        raise FormatError(f"invalid calendar event '{value}' - {reason}\n\n")


def _kind(word: str) -> str:
    if _DAYS.fullmatch(word):
        return "days"
    date = _DATE.fullmatch(word)
    if date:
        return "date" if _are_in_range(date.groups(), _DATE_LIMITS) else ""
    time = _TIME.fullmatch(word)
    limits = _CLOCK if time and time[2] is not None else _MINUTES
    return "time" if time and _are_in_range(time.groups(), limits) else ""


def _are_in_range(parts: tuple[str | None, ...], limits: tuple[int, ...]) -> bool:
    """The numbers of each part and their steps are below its limit, and ranges run forwards."""
    for part, limit in zip(parts, limits, strict=False):
        for item in (part or "").split(","):
            span, slash, step = item.partition("/")
            bounds = [int(number) for number in re.findall(r"\d+", span)]
            if any(bound >= limit for bound in bounds) or bounds != sorted(bounds):
                return False
            if slash and not 0 < int(step) < limit:
                return False
    return True


def verify_day_of_week(value: str) -> None:
    """Take mon, tue, wed, thu, fri, sat, sun."""
    if not _ONE_DAY.search(value) or len(value) != 3:
        raise format_error(f"invalid day '{value}'")
