# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times as people give them: how long ago, or when. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from mcp_bridge.errors import UsageError

_AGE = re.compile(r"(\d+)\s*(m|h|d|w|minutes?|hours?|days?|weeks?)(?:\s+ago)?")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_time(text: str, now: datetime) -> datetime:
    """A time in UTC: so long before `now` as `24h` says, or ISO 8601, local where it names no zone.

    Raises UsageError for anything else.
    """
    text = text.strip()
    try:
        if age := _AGE.fullmatch(text):
            return now.astimezone(UTC) - timedelta(**{_UNITS[age[2][0]]: int(age[1])})
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text!r} is not a time.",
            "Write how long ago it was, such as 90m, 24h or 7d, or a date and time, such as 2026-11-30T08:00.",
        ) from None
