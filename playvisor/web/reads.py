# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Identical reads of the cluster that are under way at the same time: they share one run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field

from mcp_bridge.ledger.store import Ledger
from mcp_bridge.result import Result
from playvisor.web.tools import is_change

_MOST_ENDED = 200


@dataclass(frozen=True)
class _Read:
    """A read that is under way, and the ledger's newest entry when it began."""

    after: int
    result: Future[Result] = field(default_factory=Future)


class SharedReads:
    """The reads of one server that are under way. Safe to use from several threads."""

    def __init__(self, ledger: Callable[[], Ledger]) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, _Read] = {}

    def read(self, key: Hashable, read: Callable[[], Result]) -> Result:
        """Read, or wait for what somebody reads already under the same key.

        A read that began before a change had ended is not shared: who asks now is to see the change.
        """
        own = _Read(self._ledger().last_entry())
        with self._lock:
            other = self._under_way.get(key)
            if other is None:
                self._under_way[key] = own
        if other is not None:
            return read() if self._is_overtaken(other) else other.result.result()
        try:
            result = read()
        except BaseException as error:
            own.result.set_exception(error)
            raise
        else:
            own.result.set_result(result)
            return result
        finally:
            with self._lock:
                del self._under_way[key]

    def _is_overtaken(self, read: _Read) -> bool:
        """Whether a change has ended since a read began; yes where too much has to be looked through for it."""
        ended = self._ledger().list_ended(read.after, _MOST_ENDED)
        return len(ended) == _MOST_ENDED or any(is_change(row.tool) for row in ended)
