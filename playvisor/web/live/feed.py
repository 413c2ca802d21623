# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The feed of one server: the newest events, and who waits for the next one."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["run", "task", "plan", "change", "freeze", "session", "reset"]
MOST_EVENTS = 2000


@dataclass(frozen=True)
class Event:
    """Something that happened: its number in this feed, and what a page needs to know to read it anew."""

    number: int
    kind: Kind
    data: Mapping[str, Any]


class Feed:
    """Keeps the newest events. Belongs to one event loop."""

    def __init__(self) -> None:
        # A number is one of this server's process: after a restart nobody can go on from it.
        self._name = secrets.token_hex(4)
        self._events: deque[Event] = deque(maxlen=MOST_EVENTS)
        self._count = 0
        self._more = asyncio.Event()

    @property
    def newest(self) -> int:
        """The number of the newest event; 0 while there is none."""
        return self._count

    def publish(self, kind: Kind, data: Mapping[str, Any]) -> None:
        """Tell everybody who waits."""
        self._count += 1
        self._events.append(Event(self._count, kind, data))
        self._more.set()
        self._more = asyncio.Event()

    def list_after(self, number: int) -> list[Event] | None:
        """The events after a number, oldest first; None where some of them are no longer kept."""
        if number > self._count or number < self._count - len(self._events):
            return None
        return [event for event in self._events if event.number > number]

    async def wait(self, number: int, seconds: float) -> None:
        """Wait until there is an event after a number, or so many seconds have gone by."""
        if number < self._count:
            return
        try:
            await asyncio.wait_for(self._more.wait(), seconds)
        except TimeoutError:
            return

    def render_id(self, number: int) -> str:
        """The id of an event, as browsers give it back."""
        return f"{self._name}-{number}"

    def read_id(self, text: str) -> int | None:
        """The number in such an id; None for one of another process, and for what is none."""
        name, _dash, number = text.partition("-")
        return int(number) if name == self._name and number.isascii() and number.isdecimal() else None
