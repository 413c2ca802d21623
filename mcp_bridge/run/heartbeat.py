# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says every few seconds what a run waits for, while nothing else is said: who hears nothing gives it up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from mcp_bridge.executor import Progress

SECONDS = 8.0
"""After so many seconds of silence something is said; clients wait for ten at least."""
_LOOK_SECONDS = 1.0


class Heartbeat:
    """Passes lines of progress on, and adds some of its own as long as the context lasts.

    `describe` says what is waited for right now, empty where only the last line tells.
    """

    def __init__(self, progress: Progress, describe: Callable[[], str]) -> None:
        self._progress = progress
        self._describe = describe
        self._ended = threading.Event()
        self._saying = threading.Lock()
        self._line = "Starting"
        self._began = self._said = time.monotonic()

    def __enter__(self) -> Heartbeat:
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        return self

    def __exit__(self, *_exception: Any) -> None:
        self._ended.set()

    def say(self, line: str) -> None:
        """Pass on a line."""
        self._line, self._began = line, time.monotonic()
        self._pass_on(line)

    def beat(self, now: float) -> None:
        """Say what is waited for, if it is time for it."""
        if now - self._said >= SECONDS:
            self._pass_on(self._describe() or f"{self._line} ({now - self._began:.0f} s)")

    def _pass_on(self, line: str) -> None:
        with self._saying:
            self._said = time.monotonic()
            self._progress(line)

    def _beat(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            # Nothing of a run depends on what is said of it.
            with suppress(Exception):
                self.beat(time.monotonic())


def describe_waits(waits: list[str]) -> str:
    """Some of what is waited for, as one line."""
    more = f", and {len(waits) - 3} more" if len(waits) > 3 else ""
    return f"{', '.join(waits[:3])}{more}"
