# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A circuit breaker: while a cluster is down, requests fail at once. Pure, apart from the clock that is passed in."""

from __future__ import annotations

from collections.abc import Callable

# Connections in a row that must fail, and seconds until the next one is tried.
_FAILURES = 3
_PAUSE = 2.0


class Breaker:
    """Counts failed connections in a row; after three, only one every two seconds is tried."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._next_try = 0.0
        self.cause = ""

    def may_connect(self) -> bool:
        """Whether to try to connect. While the circuit is open, a yes makes the next ones wait for its outcome."""
        if self._failures < _FAILURES:
            return True
        if self._clock() < self._next_try:
            return False
        self._next_try = self._clock() + _PAUSE
        return True

    def record_failure(self, cause: str) -> None:
        """Note that a connection failed; `cause` is what requests are answered with meanwhile."""
        self._failures += 1
        self._next_try = self._clock() + _PAUSE
        self.cause = cause

    def record_success(self) -> None:
        """Note that the cluster answered, which closes the circuit."""
        self._failures = 0
