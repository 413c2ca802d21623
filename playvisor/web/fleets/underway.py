# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked again with every key that somebody types: only the newest of it goes on."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager


class Underway:
    """What is under way, by whose it is. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancels: dict[Hashable, threading.Event] = {}

    @contextmanager
    def replace(self, key: Hashable) -> Iterator[threading.Event]:
        """Cancel what is under way under this key; within the context, the event that cancels what follows it."""
        cancel = threading.Event()
        with self._lock:
            former = self._cancels.get(key)
            self._cancels[key] = cancel
        if former is not None:
            former.set()
        try:
            yield cancel
        finally:
            with self._lock:
                if self._cancels.get(key) is cancel:
                    del self._cancels[key]
