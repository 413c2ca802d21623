# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One-time links, by which the person who runs the server comes in from a browser on the same machine."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable

LINK_SECONDS = 300.0


class Links:
    """Links that are good once, for some minutes. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ends: dict[str, float] = {}

    def make(self) -> str:
        """Make the code of a new link."""
        code = secrets.token_urlsafe(32)
        with self._lock:
            now = self._clock()
            self._ends = {known: end for known, end in self._ends.items() if end > now}
            self._ends[_hash(code)] = now + LINK_SECONDS
        return code

    def use(self, code: str) -> bool:
        """Use a code up; whether it was good."""
        with self._lock:
            return self._ends.pop(_hash(code), 0.0) > self._clock()


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()
