# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refused log-ins as acts: counted, so that whoever tries without end can't fill the ledger."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from mcp_bridge.ledger.records import Act
from mcp_bridge.ledger.retention import LOGIN_REFUSED

_SECONDS = 60.0
_MOST_SOURCES = 10
_OTHERS = "others"


class RefusedLogins:
    """Counts refused log-ins by where they come from. Safe to use from several threads.

    The first one from a source is an act at once; those within the next minute are counted, and the next act says how
    many they were. Beyond ten sources in a minute, the rest count as one.
    """

    def __init__(self, append: Callable[[Act], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._append = append
        self._clock = clock
        self._lock = threading.Lock()
        # When a source was written last, and how many were refused since.
        self._seen: dict[str, tuple[float, int]] = {}

    def note(self, source: str, why: str) -> None:
        """Note one refused log-in: `source` is an address, `why` a few words without any secret. Raises LedgerError."""
        act = self._count(source, why)
        if act:
            self._append(act)

    def flush(self) -> None:
        """Write what is counted and not written, such as at the end of a server. Raises LedgerError."""
        with self._lock:
            counts = {source: count for source, (_since, count) in self._seen.items() if count}
            self._seen.clear()
        for source, count in counts.items():
            self._append(_make_act(source, count, ""))

    def _count(self, source: str, why: str) -> Act | None:
        with self._lock:
            now = self._clock()
            for name, (since, count) in list(self._seen.items()):
                if not count and now - since >= _SECONDS:
                    del self._seen[name]
            if source not in self._seen and len(self._seen) >= _MOST_SOURCES:
                source = _OTHERS
            since, count = self._seen.get(source, (now - _SECONDS, 0))
            if now - since < _SECONDS:
                self._seen[source] = (since, count + 1)
                return None
            self._seen[source] = (now, 0)
        return _make_act(source, count + 1, why)


def _make_act(source: str, count: int, why: str) -> Act:
    return Act(LOGIN_REFUSED, {"source": source, "count": count, "why": why[:200]}, LOGIN_REFUSED)
