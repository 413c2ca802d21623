# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a playbook's only task in the playbook's own process: forking a worker would cost more than most tasks.

A fork copies each page that it writes to, and Python writes to every object that it reads.
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

# Other versions may do more in a worker than is undone here.
_KNOWN_VERSIONS = ("2.18.", "2.19.", "2.20.", "2.21.")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_tasks_in_process(environment: Mapping[str, str]) -> None:
    """Fork no workers in this process, if it runs a single task (PVE_ONE_TASK)."""
    if environment.get("PVE_ONE_TASK") and __version__.startswith(_KNOWN_VERSIONS):
        strategy.WorkerProcess = Worker


class Worker(worker.WorkerProcess):  # type: ignore[misc]
    """A worker that runs its task when it is started."""

    exitcode = 0

    def start(self) -> None:
        """Run the task, and leave this process as it was."""
        # A worker changes these; in a fork, they would be copies.
        attributes: Any = vars(self)
        attributes.update(
            _host=copy.copy(attributes["_host"]),
            _task=attributes["_task"].copy(),
            _task_vars=dict(attributes["_task_vars"]),
        )
        with _preserve_process_state(), open(os.devnull, encoding="utf-8") as nothing:
            self._new_stdin = nothing
            self.run()

    def is_alive(self) -> bool:
        """Return false: the task has ended."""
        return False

    def close(self) -> None:
        """Do nothing: there is no process."""

    def _detach(self) -> None:
        """Keep the terminal, which this process still needs."""
        sys.stdout, sys.stderr = _Stream(sys.stdout), _Stream(sys.stderr)


class _Stream:
    """A stream of this process, in place of the buffer in which a worker finds what plugins printed by mistake."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def getvalue(self) -> str:
        """Return nothing to warn of: the output is where it belongs."""
        return ""


@contextmanager
def _preserve_process_state() -> Iterator[None]:
    """Restore, at the end of the context, what a worker changes of the whole process."""
    streams, handlers = (sys.stdout, sys.stderr), [signal.getsignal(number) for number in _SIGNALS]
    display = worker.display
    # What the worker prints goes the same way as what the playbook prints.
    display.set_queue = lambda _queue: None
    try:
        yield
    finally:
        del display.set_queue
        worker.current_worker = None
        sys.stdout, sys.stderr = streams
        for number, handler in zip(_SIGNALS, handlers, strict=True):
            signal.signal(number, handler)
