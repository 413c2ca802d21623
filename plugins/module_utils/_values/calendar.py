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
_DATE = re.compile(rf"(?:(?:{_VALUES})-)?{_VALUES}-{_VALUES}")
_TIME = re.compile(rf"({_VALUES})(?::({_VALUES}))?(?::({_VALUES}))?")
# Hours, minutes, seconds; a number by itself is minutes.
_CLOCK, _MINUTES = (24, 60, 60), (60,)


@dataclass(frozen=True)
class Calendar(Text):
    """A calendar event: days, a date and a time, of which some may be left out."""

    def check_text(self, value: Any) -> str:
        text = Text.check_text(self, value)
        words = text.split()
        if words and words[-1].upper() == "UTC":
            words.pop()
        kinds = [_find_kind(word) for word in words]
        in_order = [kind for kind in ("days", "date", "time") if kind in kinds]
        if text.strip().lower() not in _SHORTCUTS and (not kinds or kinds != in_order):
            raise ValueError(
                "it must be a calendar event of Proxmox VE, such as 02:30, mon..fri 22:00, sun *-*-1..7 3:00, */15 or "
                "daily"
            )
        return text


def _find_kind(word: str) -> str:
    if _DAYS.fullmatch(word):
        return "days"
    if _DATE.fullmatch(word):
        return "date"
    match = _TIME.fullmatch(word)
    return "time" if match and _is_time(match.groups()) else ""


def _is_time(parts: tuple[str | None, ...]) -> bool:
    """Whether hours and minutes, or minutes by themselves, are in their ranges."""
    limits = _CLOCK if parts[1] is not None else _MINUTES
    for part, limit in zip(parts, limits, strict=False):
        for item in (part or "").split(","):
            bounds = [int(number) for number in re.findall(r"\d+", item.partition("/")[0])]
            if any(bound >= limit for bound in bounds) or bounds != sorted(bounds):
                return False
    return True
