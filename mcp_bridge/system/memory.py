# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeping what this process knows from the other processes of the same user, such as the playbooks that it starts."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

_PR_SET_DUMPABLE = 4


def forbid_inspection() -> None:
    """Let no process of the same user look into this one's memory; Linux only, and root may all the same."""
    _set_dumpable(0)


def allow_inspection() -> None:
    """Undo it, in a fork that knows nothing which must be kept."""
    _set_dumpable(1)


def _set_dumpable(value: int) -> None:
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, value, 0, 0, 0)


def pop_variable(name: str) -> str | None:
    """An environment variable, which is overwritten: Linux goes on showing what a process was started with."""
    value = os.environ.get(name)
    if value is None:
        return None
    library = ctypes.CDLL(None)
    library.getenv.restype = ctypes.c_void_p
    place = library.getenv(os.fsencode(name))
    if place:
        ctypes.memset(place, 0, len(os.fsencode(value)))
    del os.environ[name]
    return value
