# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook's only task, done by the playbook's own process: forking a worker for it would cost more than most tasks.

A fork copies what it writes to, and Python writes to all that it looks at.
"""

from __future__ import annotations

import copy
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ansible.executor.process import worker  # type: ignore[import-untyped]
from ansible.plugins import strategy  # type: ignore[import-untyped]
from ansible.release import __version__  # type: ignore[import-untyped]

# Others may do more in a worker than what is undone here.
_KNOWN_VERSIONS = ("2.18.", "2.19.", "2.20.", "2.21.")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_tasks_in_process(environment: Mapping[str, str]) -> None:
    """Fork no workers in this process, if it is there for one task."""
    if environment.get("PVE_ONE_TASK") and __version__.startswith(_KNOWN_VERSIONS):
        strategy.WorkerProcess = Worker


class Worker(worker.WorkerProcess):  # type: ignore[misc]
    """A worker that has done its task when it has been started."""

    exitcode = 0

    def start(self) -> None:
        """Do the task, and leave this process as it was."""
        # A worker changes these, which are its own where it is a fork.
        own: Any = vars(self)
        own.update(_host=copy.copy(own["_host"]), _task=own["_task"].copy(), _task_vars=dict(own["_task_vars"]))
        with _preserve_process_state(), open(os.devnull, encoding="utf-8") as nothing:
            self._new_stdin = nothing
            self.run()

    def is_alive(self) -> bool:
        """Nothing is left to wait for."""
        return False

    def close(self) -> None:
        """There is no process to let go."""

    def _detach(self) -> None:
        """The terminal is this process's."""
        sys.stdout, sys.stderr = _Stream(sys.stdout), _Stream(sys.stderr)


class _Stream:
    """A stream of this process, where a worker would look for what a plugin wrote to its own by mistake."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def getvalue(self) -> str:
        """What there is to warn of: it is where it belongs."""
        return ""


@contextmanager
def _preserve_process_state() -> Iterator[None]:
    """What belongs to the whole process, kept from the worker."""
    streams, handlers = (sys.stdout, sys.stderr), [signal.getsignal(number) for number in _SIGNALS]
    display = worker.display
    # What it says goes the way of what the playbook says.
    display.set_queue = lambda _queue: None
    try:
        yield
    finally:
        del display.set_queue
        worker.current_worker = None
        sys.stdout, sys.stderr = streams
        for number, handler in zip(_SIGNALS, handlers, strict=True):
            signal.signal(number, handler)
