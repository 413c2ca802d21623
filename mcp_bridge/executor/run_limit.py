# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits how many runs compute at a time: more runs than cores only slow each other down."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

WIDTH = (os.cpu_count() or 1) + 1
# A run that takes longer mostly waits for the cluster, and must not hold up others.
_SECONDS = 1.0


class RunLimit:
    """Lets `width` runs in at a time; each counts until it has ended, but for no longer than `seconds`."""

    def __init__(self, width: int = WIDTH, seconds: float = _SECONDS) -> None:
        self._free = threading.Semaphore(width)
        self._seconds = seconds

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Wait for a place, and release it at the end of the context, or after `seconds` if that is sooner."""
        self._free.acquire()
        unreleased = threading.Semaphore(1)

        def release_once() -> None:
            if unreleased.acquire(blocking=False):
                self._free.release()

        timer = threading.Timer(self._seconds, release_once)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            release_once()
