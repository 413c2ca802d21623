# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which session has asked for which console: nobody else gets it, and nobody gets it twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

WAITING_SECONDS = 10.0
"""For so long a console waits for its browser; Proxmox VE waits no longer for us."""


class AskedConsoles:
    """The consoles that wait for their browsers. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # The session of each, and when it waits no longer.
        self._waiting: dict[str, tuple[str, float]] = {}

    def add(self, console_id: str, session_id: str) -> None:
        """Note that a session has asked for a console."""
        with self._lock:
            now = self._clock()
            self._waiting = {known: entry for known, entry in self._waiting.items() if entry[1] > now}
            self._waiting[console_id] = session_id, now + WAITING_SECONDS

    def take(self, console_id: str, session_id: str) -> bool:
        """Let a session have its console; whether there is one of its own that waits."""
        with self._lock:
            owner, end = self._waiting.get(console_id, ("", 0.0))
            if owner != session_id or end <= self._clock():
                return False
            del self._waiting[console_id]
            return True
