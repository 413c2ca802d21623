# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for many tasks with one request per node: the list of the tasks that run there."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .errors import PveError

# With so many tasks to wait for on one node, its list costs less than they do.
_MIN_WAITERS = 3


class TaskLists:
    """Which tasks run on which node. Safe to share between threads.

    I(fetch) returns the entries of C(GET /nodes/{node}/tasks?source=active).
    """

    def __init__(self, fetch: Callable[[str], list[dict[str, Any]]]) -> None:
        self._fetch = fetch
        self._waiters: dict[str, int] = defaultdict(int)
        self._node_locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()
        # When each node's list was fetched, and which tasks ran then.
        self._running: dict[str, tuple[float, frozenset[str]]] = {}
        self._useless = False

    @contextmanager
    def register_wait(self, node: str) -> Iterator[None]:
        """Count a task that is waited for on this node."""
        with self._lock:
            self._waiters[node] += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiters[node] -= 1

    def is_worthwhile(self, node: str) -> bool:
        """Whether so many tasks are waited for on this node that its list should be fetched."""
        return not self._useless and self._waiters[node] >= _MIN_WAITERS

    def is_listed_running(self, node: str, upid: str, since: float) -> bool:
        """Whether the node's list shows that a task ran at some time after I(since), a C(time.monotonic()).

        False does not prove that it has ended: only the status of the task itself does, and says how.
        """
        if not self.is_worthwhile(node):
            return False
        with self._lock:
            lock = self._node_locks[node]
        # Other threads wait for the list that this one fetches.
        with lock:
            fetched_at, running = self._running.get(node, (0.0, frozenset()))
            if fetched_at < since:
                fetched_at = time.monotonic()
                try:
                    entries = self._fetch(node)
                except PveError:
                    self._useless = True
                    return False
                running = frozenset(entry["upid"] for entry in entries if "endtime" not in entry)
                self._running[node] = fetched_at, running
        return upid in running
