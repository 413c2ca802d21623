# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often somebody may ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

MOST_KEYS = 20_000


@dataclass
class RateLimit:
    """Allows at most `rate` requests per minute for each key (a token bucket per key).

    `burst` is how many may come at once; a whole minute's unless it is given. Keys that may do as much as new ones are
    forgotten, as are, of too many, those that were used longest ago.
    """

    rate: int
    clock: Callable[[], float] = time.monotonic
    burst: int | None = None
    _levels: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def consume(self, key: str) -> float:
        """Count one request; returns 0, or the seconds to wait when it is one too many."""
        with self._lock:
            now, most = self.clock(), self._capacity
            # Taken out and put in again: so they stand in the order of their use.
            level, updated_at = self._levels.pop(key, (most, now))
            self._forget_unused(now)
            level = min(most, level + (now - updated_at) * self.rate / 60)
            if level < 1:
                self._levels[key] = (level, now)
                return (1 - level) * 60 / self.rate
            self._levels[key] = (level - 1, now)
            return 0.0

    def give_back(self, key: str) -> None:
        """Count one request less."""
        with self._lock:
            if key in self._levels:
                level, updated_at = self._levels[key]
                self._levels[key] = (level + 1, updated_at)

    @property
    def _capacity(self) -> float:
        return float(self.burst or self.rate)

    def _forget_unused(self, now: float) -> None:
        full_seconds = self._capacity * 60 / self.rate
        for key, (_level, updated_at) in list(islice(self._levels.items(), 2)):
            if now - updated_at >= full_seconds or len(self._levels) >= MOST_KEYS:
                del self._levels[key]
