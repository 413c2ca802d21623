# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions of people in browsers: short, listed, and ended at once. Only the hash of a cookie is kept."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from mcp_bridge.auth.caller import Caller
from playvisor.web.signin.roles import Right, list_rights

IDLE_SECONDS = 3600.0
LONGEST_SECONDS = 12 * 3600.0
MOST_SESSIONS = 32
"""Of one person."""


@dataclass(frozen=True)
class Session:
    """One person in one browser. Times are seconds since 1970; `csrf` has to come with what changes something.

    `name` is what people call them, `address` and `browser` say from where they came in.
    """

    id: str
    caller: Caller
    roles: tuple[str, ...]
    began_at: float
    used_at: float
    name: str = ""
    address: str = ""
    browser: str = ""
    csrf: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def rights(self) -> frozenset[Right]:
        """What this person may do here."""
        return list_rights(self.roles)

    @property
    def expires_at(self) -> float:
        """When it ends unless it is used again before."""
        return min(self.used_at + IDLE_SECONDS, self.began_at + LONGEST_SECONDS)


class Sessions:
    """The sessions of one server. Safe to use from several threads.

    They are in memory: with the server they end, and nothing on disk lets anybody in.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._ended: list[Session] = []

    def open(
        self, caller: Caller, roles: tuple[str, ...], *, name: str = "", address: str = "", browser: str = ""
    ) -> tuple[Session, str]:
        """Begin a session; returns it and the secret for the cookie. Of too many of one person, the oldest ends."""
        secret, now = secrets.token_urlsafe(32), self._clock()
        session = Session(str(uuid.uuid4()), caller, roles, now, now, name, address, browser)
        with self._lock:
            self._drop_expired(now)
            own = [key for key, one in self._sessions.items() if one.caller.identity == caller.identity]
            for key in own[: max(0, len(own) + 1 - MOST_SESSIONS)]:
                self._ended.append(self._sessions.pop(key))
            self._sessions[_hash(secret)] = session
        return session, secret

    def find(self, secret: str, *, is_use: bool = True) -> Session | None:
        """The session of a cookie, which is used by this, unless `is_use` says so; None for one that has ended."""
        with self._lock:
            now = self._clock()
            session = self._sessions.get(_hash(secret))
            if session is None or session.expires_at <= now:
                return None
            if is_use:
                session = self._sessions[_hash(secret)] = replace(session, used_at=now)
            return session

    def is_open(self, session_id: str) -> bool:
        """Whether a session has not ended; that is no use of it."""
        with self._lock:
            now = self._clock()
            return any(one.id == session_id and one.expires_at > now for one in self._sessions.values())

    def list_all(self) -> list[Session]:
        """Those that have not ended, the newest first."""
        with self._lock:
            self._drop_expired(self._clock())
            return sorted(self._sessions.values(), key=lambda session: session.began_at, reverse=True)

    def close(self, session_id: str) -> Session | None:
        """End a session; returns it as it was, None when there was none."""
        with self._lock:
            keys = [key for key, session in self._sessions.items() if session.id == session_id]
            return self._sessions.pop(keys[0]) if keys else None

    def take_ended(self) -> list[Session]:
        """Those that have ended by themselves, each once."""
        with self._lock:
            self._drop_expired(self._clock())
            ended, self._ended = self._ended, []
            return ended

    def _drop_expired(self, now: float) -> None:
        for key in [key for key, session in self._sessions.items() if session.expires_at <= now]:
            self._ended.append(self._sessions.pop(key))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
