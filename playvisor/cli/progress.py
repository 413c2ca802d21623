# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show on a terminal what a run is doing: its newest lines, and how long it has taken."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mcp_bridge.executor import Progress
from playvisor.cli import console, units

if TYPE_CHECKING:
    from rich.console import Group

# Room for the steps of a run and, when it takes long, for the log lines of its tasks in Proxmox VE.
_LINES = 6
_NUMBERS = re.compile(r"\d+")


@contextmanager
def show_progress(*, quiet: bool) -> Iterator[Progress]:
    """Yields the function that takes a run's progress; it does nothing unless stderr is a terminal."""
    if quiet or not console.get_stderr().is_terminal:
        yield lambda _line: None
        return
    from rich.live import Live

    display = _Display()
    with Live(get_renderable=display.render, console=console.get_stderr(), transient=True, refresh_per_second=8):
        yield display.add_line


class _Display:
    """The newest lines under a spinner. Lines come from another thread than the one that draws."""

    def __init__(self) -> None:
        from rich.spinner import Spinner

        self._spinner = Spinner("dots")
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._phase = "Starting"
        self._began = time.monotonic()

    def add_line(self, line: str) -> None:
        """Add a line such as `Applying: ...`."""
        phase, colon, text = line.partition(": ")
        self._phase = phase if colon else line
        if text and self._lines and _NUMBERS.sub("", text) == _NUMBERS.sub("", self._lines[-1]):
            # The same wait, or percentage, some time later.
            self._lines.pop()
        if text:
            self._lines.append(text)

    def render(self) -> Group:
        from rich.console import Group
        from rich.text import Text

        seconds = time.monotonic() - self._began
        self._spinner.update(text=Text(f"{self._phase} ({units.format_duration(seconds)})"))
        return Group(
            self._spinner, *(Text(f"  {line}", "dim", no_wrap=True, overflow="ellipsis") for line in self._lines)
        )
