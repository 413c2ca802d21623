# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The history's clock in a server that lasts: every few minutes one of the servers that share a database syncs it."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress

from mcp_bridge.errors import PlayvisorError

_log = logging.getLogger(__name__)

# A server that is left before has looked at nothing.
_FIRST_SECONDS = 60.0
# A cluster that does not answer is asked less and less often.
_LONGEST_SECONDS = 3600.0
_DOUBLINGS = 12
# What a tick that is under way gets to end in.
_END_SECONDS = 5.0
# Whoever waits for an answer comes first, where there are not enough cores.
_NICENESS = 10


class Ticks:
    """Calls a function every so many seconds, in a thread of its own, from a minute after its start until it is closed.

    The function gets the event that cancels it, and returns the seconds until it is due again. After failures in a row,
    it is called less and less often.
    """

    def __init__(self, tick: Callable[[threading.Event], float], seconds: float) -> None:
        self._tick = tick
        self._seconds = seconds
        self._stop = threading.Event()
        self._cancel = threading.Event()
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """End it; a tick that is under way is cancelled."""
        self._stop.set()
        self._cancel.set()
        if self._thread.is_alive():
            self._thread.join(_END_SECONDS)

    def _run(self) -> None:
        with suppress(OSError, AttributeError):
            # Of this thread only, on Linux.
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        wait = min(_FIRST_SECONDS, self._seconds)
        while not self._stop.wait(wait):
            wait = self._tick_once()

    def _tick_once(self) -> float:
        # Each has one of its own: whoever loses the lease of a tick loses no more than that.
        self._cancel = threading.Event()
        try:
            wait = self._tick(self._cancel)
        except PlayvisorError as error:
            return self._note_failure(f"{error.message} {error.hint or ''}".strip())
        except Exception as error:
            # Whatever it is, the server goes on, and so does its clock.
            return self._note_failure(f"{type(error).__name__}: {error}")
        self._failures = 0
        return wait

    def _note_failure(self, why: str) -> float:
        """Tell the first of several failures; returns the seconds until the next try."""
        if not self._failures and not self._stop.is_set():
            _log.warning("The history could not be synced: %s", why)
        self._failures += 1
        return max(self._seconds, min(self._seconds * 2.0 ** min(self._failures, _DOUBLINGS), _LONGEST_SECONDS))
