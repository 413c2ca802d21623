# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests that change something, and a freeze that waits for them: once it returns, none is sent any more.

Whoever sends one opens the gate first, then looks whether it is frozen, sends, and closes the gate when it is answered.
Whoever freezes writes that it is frozen, and then waits until no gate is open that was opened before.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "writes.lock"
_POLL_SECONDS = 0.02


class WriteGate:
    """The gate of one state directory: all processes that use the directory share it. Safe to use from threads."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / NAME
        self._lock = threading.Lock()
        self._count = 0
        self._file: int | None = None

    @contextmanager
    def open_for_write(self) -> Iterator[None]:
        """Keep the gate open while one request is checked and sent. Raises OSError; then nothing may be sent."""
        with self._lock:
            if self._file is None:
                self._file = self._open(fcntl.LOCK_SH)
            self._count += 1
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1
                if not self._count and self._file is not None:
                    os.close(self._file)
                    self._file = None

    def wait_until_closed(self, seconds: float) -> bool:
        """Wait until every request that was let through is answered; False when the time is up before.

        Call it once everybody who opens the gate anew sees that it is frozen. Raises OSError.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                os.close(self._open(fcntl.LOCK_EX | fcntl.LOCK_NB))
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(_POLL_SECONDS)
            else:
                return True

    def _open(self, operation: int) -> int:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, operation)
        except BaseException:
            os.close(file)
            raise
        return file
