# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Progress of an apply: how many of the objects of a wave are done, told to whoever watches."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from .._api.tasks import write_progress
from .units import WAVES
from .waves import has_steps

if TYPE_CHECKING:
    from .apply import Applied

# What follows sooner upon another line is not told, unless it is the last of its wave.
_PAUSE_SECONDS = 1.0


class Progress:
    """Tells of each wave how many of the objects that change in it are done. Safe to use from several threads."""

    def __init__(self, states: Iterable[Applied], get_time: Callable[[], float] = time.monotonic) -> None:
        self._waves: dict[int, dict[str, list[Applied]]] = defaultdict(lambda: defaultdict(list))
        for state in states:
            if has_steps(state.unit):
                self._waves[state.unit.wave][state.unit.path].append(state)
        self._left = {wave: len(objects) for wave, objects in self._waves.items()}
        self._finished: set[str] = set()
        self._get_time, self._told = get_time, get_time()
        self._lock = threading.Lock()

    def note(self, state: Applied) -> None:
        """Note that a unit has come to its end, however that is."""
        with self._lock:
            wave, is_new = state.unit.wave, state.unit.id not in self._finished
            self._finished.add(state.unit.id)
            self._left[wave] -= is_new and self._is_finished(self._waves[wave][state.unit.path])
            if not self._left[wave] or self._get_time() - self._told >= _PAUSE_SECONDS:
                self._told = self._get_time()
                write_progress([self._describe(wave)])

    def _describe(self, wave: int) -> str:
        """C(Wave 4, guests: 40 of 120 done, 1 failed)."""
        objects = self._waves[wave].values()
        finished = [states for states in objects if self._is_finished(states)]
        failed = sum(any(state.outcome.failure is not None for state in states) for states in finished)
        done = sum(all(state.is_done for state in states) for states in finished)
        skipped = len(finished) - done - failed
        others = [f"{number} {what}" for number, what in ((failed, "failed"), (skipped, "skipped")) if number]
        return ", ".join([f"Wave {wave + 1}, {WAVES[wave]}: {done} of {len(objects)} done", *others])

    def _is_finished(self, states: Iterable[Applied]) -> bool:
        return all(state.unit.id in self._finished for state in states)
