# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often somebody may ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_KEYS = 10_000


@dataclass
class RateLimit:
    """Allows at most `rate` requests per minute for each key (a token bucket per key).

    `burst` is how many may come at once; a whole minute's unless it is given.
    """

    rate: int
    clock: Callable[[], float] = time.monotonic
    burst: int | None = None
    # The one that was used longest ago first.
    _levels: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def consume(self, key: str) -> float:
        """Count one request; returns 0, or the seconds to wait when it is one too many."""
        with self._lock:
            now, most = self.clock(), float(self.burst or self.rate)
            level, updated_at = self._levels.pop(key, (most, now))
            level = min(most, level + (now - updated_at) * self.rate / 60)
            if level < 1:
                self._levels[key] = (level, now)
                return (1 - level) * 60 / self.rate
            if len(self._levels) >= MOST_KEYS:
                # Whoever is forgotten has not asked for longer than all others.
                del self._levels[next(iter(self._levels))]
            self._levels[key] = (level - 1, now)
            return 0.0

    def give_back(self, key: str) -> None:
        """Count one request less."""
        with self._lock:
            if key in self._levels:
                level, updated_at = self._levels[key]
                self._levels[key] = (level + 1, updated_at)
