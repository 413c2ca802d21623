# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user of this process, and the time as the ledger writes it."""

from __future__ import annotations

import grp
import os
import pwd
from datetime import UTC, datetime


def current_timestamp() -> str:
    """The time now in UTC, as the ledger writes it: ISO 8601 with microseconds and `Z`."""
    return format_timestamp(datetime.now(UTC))


def format_timestamp(time: datetime) -> str:
    """A time in UTC, as the ledger writes it."""
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


def local_user() -> str:
    """The user that this process runs as, by its user id: `$USER` and `$LOGNAME` say what anybody wants."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        # A container may run as a number without a name.
        return f"uid:{os.getuid()}"


def is_user(name: str) -> bool:
    """Whether this machine has a user of that name."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def list_groups(user: str) -> tuple[str, ...]:
    """The groups of a user of this machine, in alphabetical order; none for a user whom it does not have."""
    try:
        gids = os.getgrouplist(user, pwd.getpwnam(user).pw_gid)
    except (KeyError, OSError):
        return ()
    return tuple(sorted({name for gid in gids if (name := _get_group(gid))}))


def _get_group(gid: int) -> str | None:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return None
