# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often somebody may ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class RateLimit:
    """Allows at most `rate` requests per minute for each key, in any burst (a token bucket per key)."""

    rate: int
    clock: Callable[[], float] = time.monotonic
    _levels: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def consume(self, key: str) -> float:
        """Count one request; returns 0, or the seconds to wait when it is one too many."""
        with self._lock:
            now = self.clock()
            level, updated_at = self._levels.get(key, (float(self.rate), now))
            level = min(float(self.rate), level + (now - updated_at) * self.rate / 60)
            if level < 1:
                self._levels[key] = (level, now)
                return (1 - level) * 60 / self.rate
            self._levels[key] = (level - 1, now)
            return 0.0
