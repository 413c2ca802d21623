# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ages such as C(36h) or C(2w), and times that are given as an age or otherwise."""

from __future__ import annotations

import re
from datetime import datetime

from .._api.errors import INVALID_PARAMETER, PveError

_AGE = re.compile(r"(\d+)([mhdw])")
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
    return int(match[1]) * _SECONDS[match[2]]


def parse_time(text: str, now: float) -> int:
    """Seconds since the epoch, of an age before C(now), of ISO 8601 (local without a zone), or of such seconds."""
    text = text.strip()
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
            "Write how long ago it was, such as 90m, 24h or 7d, or a date and time, such as 2026-11-30T08:00.",
        ) from None
