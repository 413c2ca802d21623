# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for many tasks: one request for the list of a node's tasks tells of all that run there."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .errors import PveError

# Tasks on one node that are waited for, from which on its list costs less than they do.
_MIN_WAITERS = 3


class TaskLists:
    """Which tasks run on which node. Safe to share between threads.

    I(fetch) returns the entries of C(GET /nodes/{node}/tasks?source=active).
    """

    def __init__(self, fetch: Callable[[str], list[dict[str, Any]]]) -> None:
        self._fetch = fetch
        self._waiting: dict[str, int] = defaultdict(int)
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._counting = threading.Lock()
        # When each node's list was asked for, and which tasks it said to run.
        self._running: dict[str, tuple[float, frozenset[str]]] = {}
        self._useless = False

    @contextmanager
    def register_wait(self, node: str) -> Iterator[None]:
        """Somebody waits for a task on this node."""
        with self._counting:
            self._waiting[node] += 1
        try:
            yield
        finally:
            with self._counting:
                self._waiting[node] -= 1

    def is_worthwhile(self, node: str) -> bool:
        """Whether so many wait for tasks on this node that its list should be asked."""
        return not self._useless and self._waiting[node] >= _MIN_WAITERS

    def is_listed_running(self, node: str, upid: str, since: float) -> bool:
        """Whether a task ran at some time after I(since), a C(time.monotonic()).

        Where that is false, it may run all the same: only a look at the task itself tells that, and how it ended.
        """
        if not self.is_worthwhile(node):
            return False
        with self._counting:
            lock = self._locks[node]
        # Whoever comes meanwhile waits for the list that this one asks for.
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
