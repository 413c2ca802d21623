# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeping this process's secrets from the other processes of the same user, such as the playbooks that it starts."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

_PR_SET_DUMPABLE = 4


def forbid_inspection() -> None:
    """Keep other processes of the same user from reading this one's memory. Linux only; root still can."""
    _set_dumpable(0)


def allow_inspection() -> None:
    """Undo `forbid_inspection`, in a fork that holds no secrets."""
    _set_dumpable(1)


def _set_dumpable(value: int) -> None:
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, value, 0, 0, 0)


def pop_variable(name: str) -> str | None:
    """Remove an environment variable and return its value; None when it is not set.

    Its memory is overwritten, since Linux goes on showing the environment that a process was started with.
    """
    value = os.environ.get(name)
    if value is None:
        return None
    library = ctypes.CDLL(None)
    library.getenv.restype = ctypes.c_void_p
    address = library.getenv(os.fsencode(name))
    if address:
        ctypes.memset(address, 0, len(os.fsencode(value)))
    del os.environ[name]
    return value
