# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stderr for servers: whoever writes to it never waits for whoever reads it, and the same is not said without end.

Logging, warnings and tracebacks of Python go through `sys.stderr`, so this takes its place.
"""

from __future__ import annotations

import io
import os
import queue
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

# Lines a minute: of one kind, and in all. The rest is counted, and told as one line a minute later.
MOST_OF_A_KIND = 20
MOST_LINES = 400
_MINUTE = 60.0
_LONGEST_LINE = 4000
# Lines that wait for a reader; what comes then is dropped, and counted.
_MOST_WAITING = 1000
_LAST_SECONDS = 1.0
_KIND_LETTERS = 48
_VARYING = re.compile(r"[0-9a-fA-F]*[0-9][0-9a-fA-F]*|'[^']*'|\"[^\"]*\"")


class LineLimit:
    """Lets through so many lines a minute, of each kind and in all, and counts the others."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began_at = clock()
        self._seen: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()
        self._lines = 0

    def pass_line(self, line: str) -> bool:
        """Whether a line may be written; counts it either way."""
        kind = _VARYING.sub("#", line)[:_KIND_LETTERS]
        # What there is no room for in the table is one kind.
        kind = kind if kind in self._seen or len(self._seen) < MOST_LINES else ""
        self._seen[kind] += 1
        if self._seen[kind] <= MOST_OF_A_KIND and self._lines < MOST_LINES:
            self._lines += 1
            return True
        self._left_out[kind] += 1
        return False

    def end_minute(self, *, is_last: bool = False) -> list[str]:
        """The lines about what was left out, when a minute is over; counting then begins anew."""
        if not is_last and self._clock() - self._began_at < _MINUTE:
            return []
        told = [f"and {count:,} more: {kind or 'of other kinds'}" for kind, count in self._left_out.most_common(3)]
        others = sum(count for _kind, count in self._left_out.most_common()[3:])
        told += [f"and {others:,} more lines of other kinds"] if others else []
        self._began_at, self._lines = self._clock(), 0
        self._seen.clear()
        self._left_out.clear()
        return told


class BoundedStderr(io.TextIOBase):
    """Text for a file descriptor that is written by a thread of its own, as fast as it is read there."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._limit = LineLimit()
        self._lock = threading.RLock()
        self._unfinished = threading.local()
        self._lines: queue.Queue[str | None] = queue.Queue(_MOST_WAITING)
        self._dropped = 0
        self._thread = threading.Thread(target=self._write_lines, name="stderr", daemon=True)
        self._thread.start()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        return "backslashreplace"

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        """Take whole lines to be written; the rest of the last one waits for its end."""
        *lines, rest = (getattr(self._unfinished, "text", "") + text).split("\n")
        self._unfinished.text = rest[:_LONGEST_LINE]
        for line in lines:
            self._put(line[:_LONGEST_LINE])
        return len(text)

    def flush(self) -> None:
        """Do nothing: nobody waits for the reader."""

    def finish(self) -> None:
        """Write what is left, if it is read within a second."""
        with self._lock:
            told = self._limit.end_minute(is_last=True)
        for line in told:
            self._enqueue(line)
        with suppress(queue.Full):
            self._lines.put(None, timeout=_LAST_SECONDS)
        self._thread.join(_LAST_SECONDS)

    def _put(self, line: str) -> None:
        with self._lock:
            told = self._limit.end_minute()
            if self._limit.pass_line(line):
                told.append(line)
        for one in told:
            self._enqueue(one)

    def _enqueue(self, line: str) -> None:
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._dropped += 1

    def _write_lines(self) -> None:
        while True:
            try:
                line = self._lines.get(timeout=_MINUTE)
            except queue.Empty:
                with self._lock:
                    told = self._limit.end_minute()
                for one in told:
                    self._enqueue(one)
                continue
            if line is None:
                return
            if self._dropped:
                line, self._dropped = f"and {self._dropped:,} lines that nobody read in time\n{line}", 0
            self._write_through(f"{line}\n".encode("utf-8", "backslashreplace"))

    def _write_through(self, data: bytes) -> None:
        # A reader that is gone takes nothing any more.
        with suppress(OSError):
            while data:
                data = data[os.write(self._descriptor, data) :]


@contextmanager
def bound_stderr() -> Iterator[None]:
    """Put a bounded stderr in the place of this process's."""
    before, bounded = sys.stderr, BoundedStderr(2)
    sys.stderr = bounded
    try:
        yield
    finally:
        sys.stderr = before
        bounded.finish()
