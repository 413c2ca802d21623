# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fair shares of what clients have in common: nobody gets all of it, and who waits gets the next one in turn."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable

import anyio

from mcp_bridge.result import Failure, Result


class TooMany(Exception):
    """So much of one client waits already, or it has waited for so long, that no more of it is accepted."""


class Shares:
    """So many `slots`, shared by the identities that ask for them. For one event loop.

    An identity gets a slot while it has fewer than half of those that no other has, or none at all: so there is one
    left for whoever comes next. Otherwise it waits, at most `most_waiting` times at once and `wait_seconds` each.
    Unless they are `is_shared`, there is nobody else: all slots are for whoever asks, and waiting has no limit.
    """

    def __init__(self, slots: int, most_waiting: int, wait_seconds: float, *, is_shared: bool = True) -> None:
        self._is_shared = is_shared
        self._slots = slots
        self._most_waiting = most_waiting
        self._wait_seconds = wait_seconds
        self._held: Counter[str] = Counter()
        # In the order in which their identities get the next free slot.
        self._waiting: dict[str, deque[anyio.Event]] = {}

    async def acquire(self, identity: str) -> Callable[[], None]:
        """Wait for a slot; returns the function that gives it back. Raises TooMany."""
        if identity in self._waiting or not self._may_have(identity):
            await self._wait(identity)
        else:
            self._held[identity] += 1
        is_held = True

        def give_back() -> None:
            nonlocal is_held
            if is_held:
                is_held = False
                self._give_back(identity)

        return give_back

    def count(self, identity: str) -> tuple[int, int]:
        """How many slots an identity has, and how many it waits for."""
        return self._held[identity], len(self._waiting.get(identity, ()))

    async def _wait(self, identity: str) -> None:
        queue = self._waiting.setdefault(identity, deque())
        if len(queue) >= self._most_waiting and self._is_shared:
            raise TooMany
        turn = anyio.Event()
        queue.append(turn)
        try:
            with anyio.move_on_after(self._wait_seconds if self._is_shared else None):
                await turn.wait()
        except BaseException:
            if turn.is_set():
                self._give_back(identity)
            raise
        finally:
            if not turn.is_set():
                queue.remove(turn)
                if not queue:
                    self._waiting.pop(identity, None)
        if not turn.is_set():
            raise TooMany

    def _may_have(self, identity: str) -> bool:
        own, every = self._held[identity], self._held.total()
        if every >= self._slots:
            return False
        return not self._is_shared or own < max(1, (self._slots - (every - own)) // 2)

    def _give_back(self, identity: str) -> None:
        self._held[identity] -= 1
        if not self._held[identity]:
            del self._held[identity]
        # In turn: whoever gets one goes to the end of the line.
        for waiting in list(self._waiting):
            if not self._may_have(waiting):
                continue
            queue = self._waiting.pop(waiting)
            self._held[waiting] += 1
            queue.popleft().set()
            if queue:
                self._waiting[waiting] = queue


def make_busy_result(tool: str, held: int, waiting: int) -> Result:
    """Make the result of a call that was not started, since its client has so many under way and waiting."""
    message = (
        f"This client has {held} such calls under way and {waiting} that wait for their turn; nothing was started."
    )
    failure = Failure(code="busy", message=message, hint="Wait until some of them have ended; then call it again.")
    return Result(run_id="", tool=tool[:64], status="failed", summary=message, failure=failure)


def make_withdrawn_result(tool: str) -> Result:
    """Make the result of a call that was cancelled while it waited for its turn."""
    message = "It was cancelled while it waited for its turn; nothing was started."
    failure = Failure(code="cancelled", message=message)
    return Result(run_id="", tool=tool[:64], status="cancelled", summary=message, failure=failure)
