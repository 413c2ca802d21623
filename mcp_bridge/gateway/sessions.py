# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runs that are under way, each known by its key."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from mcp_bridge.auth.caller import Caller
from mcp_bridge.gateway.credentials import Answer
from mcp_bridge.gateway.grants import Grant
from mcp_bridge.gateway.trace import Trace

# How many denied requests are named; the trace has all of them.
_MAX_NAMED = 20

Check = Callable[[], str | None]
"""Called right before each request that is no GET: why it may not be sent now, None when it may."""


@dataclass(eq=False)
class Flight:
    """A GET under way, how many requests wait for it, and how many answers its run had got when it started."""

    task: asyncio.Task[Answer]
    answers_at_start: int
    waiters: int = 0


@dataclass(eq=False)
class Session:
    """One playbook run: what it may send, what it has sent and started, and what is under way for it.

    `answers` counts what it has got, `requests` what it waits for. `owner` may have the consoles that it opens.
    """

    grant: Grant
    trace: Trace
    check: Check
    owner: Caller | None = None
    denied: list[str] = field(default_factory=list)
    upids: list[str] = field(default_factory=list)
    flights: dict[str, Flight] = field(default_factory=dict)
    answers: int = 0
    requests: int = 0

    def deny(self, method: str, path: str) -> None:
        """Note a request that was not granted."""
        self.trace.deny(method, path)
        if len(self.denied) < _MAX_NAMED:
            self.denied.append(f"{method} {path}")


class Sessions:
    """Keys and the runs that they stand for. Safe to use from several threads."""

    def __init__(self) -> None:
        self._sessions: dict[bytes, Session] = {}
        self._changing = threading.Lock()

    def add(self, session: Session) -> str:
        """Admit a run; returns its key, of which only a hash is kept."""
        key = secrets.token_urlsafe(32)
        with self._changing:
            self._sessions[_hash_key(key)] = session
        return key

    def find(self, key: str) -> Session | None:
        """The run with this key; None when there is none."""
        with self._changing:
            return self._sessions.get(_hash_key(key))

    def remove(self, key: str) -> None:
        """Forget a key, so that requests with it are refused."""
        with self._changing:
            self._sessions.pop(_hash_key(key), None)


def _hash_key(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
