# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calendar events, by which backup jobs run: C(mon..fri 8:00), C(*/15), C(daily)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .kinds import Text, split_words

_SHORTCUTS = split_words("minutely hourly daily weekly monthly yearly annually quarterly semiannually semi-annually")
_DAY = r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
_DAYS = re.compile(rf"{_DAY}(?:(?:\.\.|-){_DAY})?(?:,{_DAY}(?:(?:\.\.|-){_DAY})?)*", re.IGNORECASE)
_VALUE = r"(?:\*|\d+)(?:\.\.\d+)?(?:/\d+)?"
_VALUES = rf"{_VALUE}(?:,{_VALUE})*"
_DATE = re.compile(rf"(?:({_VALUES})-)?({_VALUES})-({_VALUES})")
_TIME = re.compile(rf"({_VALUES})(?::({_VALUES}))?(?::({_VALUES}))?")
# What the numbers of years, months and days have to be below; of hours, minutes and seconds; of minutes by themselves.
_DATE_LIMITS, _CLOCK, _MINUTES = (2200, 13, 32), (24, 60, 60), (60,)


@dataclass(frozen=True)
class Calendar(Text):
    """A calendar event: days, a date and a time, of which some may be left out."""

    def check_text(self, value: Any) -> str:
        text = normalize_schedule(Text.check_text(self, value))
        words = text.split()
        if words and words[-1].upper() == "UTC":
            words.pop()
        kinds = [_find_kind(word) for word in words]
        in_order = [kind for kind in ("days", "date", "time") if kind in kinds]
        if text.lower() not in _SHORTCUTS and (not kinds or kinds != in_order):
            raise ValueError(
                "it must be a calendar event of Proxmox VE, such as 02:30, mon..fri 22:00, sun *-*-1..7 3:00, */15 or "
                "daily"
            )
        return text


def normalize_schedule(text: str) -> str:
    """A calendar event as Proxmox VE keeps it: with single spaces, and C(..) between the ends of a range of days."""
    return " ".join(word.replace("-", "..") if _DAYS.fullmatch(word) else word for word in text.split())


def _find_kind(word: str) -> str:
    if _DAYS.fullmatch(word):
        return "days"
    date = _DATE.fullmatch(word)
    if date:
        return "date" if _are_in_range(date.groups(), _DATE_LIMITS) else ""
    time = _TIME.fullmatch(word)
    limits = _CLOCK if time and time[2] is not None else _MINUTES
    return "time" if time and _are_in_range(time.groups(), limits) else ""


def _are_in_range(parts: tuple[str | None, ...], limits: tuple[int, ...]) -> bool:
    """Whether the numbers of each part and their steps are below its limit, and ranges run forwards."""
    for part, limit in zip(parts, limits, strict=False):
        for item in (part or "").split(","):
            span, slash, step = item.partition("/")
            bounds = [int(number) for number in re.findall(r"\d+", span)]
            if any(bound >= limit for bound in bounds) or bounds != sorted(bounds):
                return False
            if slash and not 0 < int(step) < limit:
                return False
    return True
