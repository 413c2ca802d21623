# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster's clock: follows real time unless it is frozen, moved, or told to run faster."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from dataclasses import dataclass, field


@dataclass(order=True, slots=True)
class _Waiter:
    deadline: float
    order: int
    future: asyncio.Future[None] = field(compare=False)


class Clock:
    """Virtual time in seconds since the epoch; sleepers wake by it.

    Everything that waits inside the simulated cluster waits on this clock. `speed` is virtual seconds per
    real second; 0 freezes it, and then only `run_until` moves it.
    """

    def __init__(self, start: float | None = None, speed: float = 1.0) -> None:
        self._base = time.time() if start is None else start
        self._anchor = time.monotonic()
        self._speed = speed
        self._waiters: list[_Waiter] = []
        self._order = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    def time(self) -> float:
        """Seconds since the epoch."""
        return self._base + (time.monotonic() - self._anchor) * self._speed

    @property
    def speed(self) -> float:
        """Virtual seconds per real second."""
        return self._speed

    def set_speed(self, speed: float) -> None:
        """Run faster, slower, or (0) not at all, from this moment on."""
        self._set(self.time())
        self._speed = speed
        self._arm()

    def set_time(self, moment: float) -> None:
        """Move to another moment, earlier or later; sleepers keep the time that they still have to sleep."""
        shift = moment - self.time()
        for waiter in self._waiters:
            waiter.deadline += shift
        self._set(moment)

    async def sleep(self, seconds: float) -> None:
        """Wait for virtual seconds; 0 or less only lets others run."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waiter = _Waiter(self.time() + seconds, next(self._order), asyncio.get_running_loop().create_future())
        heapq.heappush(self._waiters, waiter)
        self._arm()
        await waiter.future

    async def run_until(self, moment: float) -> None:
        """Move to `moment`, waking each sleeper at its own time on the way."""
        # Jobs that have just been started do not sleep yet.
        await self.run_until_idle()
        while self._waiters and self._waiters[0].deadline <= moment:
            waiter = heapq.heappop(self._waiters)
            if waiter.future.done():
                continue
            self._set(max(self.time(), waiter.deadline))
            waiter.future.set_result(None)
            await self.run_until_idle()
        self._set(max(self.time(), moment))
        self._arm()

    async def advance(self, seconds: float) -> None:
        """Move forward by `seconds`."""
        await self.run_until(self.time() + seconds)

    async def run_until_idle(self) -> None:
        """Run everything that can run without time passing."""
        for dummy in range(10):
            await asyncio.sleep(0)

    def next_deadline(self) -> float | None:
        """When the next sleeper wakes, if any sleeps."""
        pending = [waiter.deadline for waiter in self._waiters if not waiter.future.done()]
        return min(pending, default=None)

    def _set(self, moment: float) -> None:
        self._base = moment
        self._anchor = time.monotonic()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiters and self._speed > 0:
            delay = max(0.0, (self._waiters[0].deadline - self.time()) / self._speed)
            self._timer = asyncio.get_running_loop().call_later(delay, self._wake)

    def _wake(self) -> None:
        self._timer = None
        now = self.time()
        while self._waiters and self._waiters[0].deadline <= now:
            waiter = heapq.heappop(self._waiters)
            if not waiter.future.done():
                waiter.future.set_result(None)
        self._arm()
