# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user of this process, and the time as the ledger writes it."""

from __future__ import annotations

import getpass
import os
from datetime import UTC, datetime


def current_timestamp() -> str:
    """The time now in UTC, as the ledger writes it: ISO 8601 with microseconds and `Z`."""
    return format_timestamp(datetime.now(UTC))


def format_timestamp(time: datetime) -> str:
    """A time in UTC, as the ledger writes it."""
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


def local_user() -> str:
    """The operating system's user that this process runs as."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a number without a name.
        return str(os.getuid())
