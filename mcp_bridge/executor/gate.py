# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps a crowd of runs from computing all at once: more than there are cores only slow each other down."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

WIDTH = (os.cpu_count() or 1) + 1
# A run that takes longer mostly waits for the cluster, and must keep nobody from running.
_SECONDS = 1.0


class Gate:
    """Lets `width` runs pass at a time, each of which counts until it has ended, or for `seconds`."""

    def __init__(self, width: int = WIDTH, seconds: float = _SECONDS) -> None:
        self._free = threading.Semaphore(width)
        self._seconds = seconds

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Wait for a place, and give it back in time."""
        self._free.acquire()
        held = threading.Semaphore(1)

        def give_back() -> None:
            if held.acquire(blocking=False):
                self._free.release()

        late = threading.Timer(self._seconds, give_back)
        late.daemon = True
        late.start()
        try:
            yield
        finally:
            late.cancel()
            give_back()
