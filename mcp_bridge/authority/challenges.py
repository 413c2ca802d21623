# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Challenges for passkeys: each is good for one purpose, once, for some minutes.

A challenge says by itself what it is for and until when, so that asking for many of them takes no memory; only those
that were used are remembered until they end.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable

CHALLENGE_SECONDS = 300
_NONCE, _END = 16, 8


class Challenges:
    """The challenges of one process. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._used: dict[bytes, int] = {}

    def make(self, purpose: str) -> bytes:
        """Make a challenge for a purpose."""
        end = int(self._clock()) + CHALLENGE_SECONDS
        head = secrets.token_bytes(_NONCE) + end.to_bytes(_END, "big")
        return head + self._sign(head, purpose)

    def is_good(self, challenge: bytes, purpose: str) -> bool:
        """Whether a challenge was made here for this purpose, is not too old, and was not used."""
        head, signature = challenge[: _NONCE + _END], challenge[_NONCE + _END :]
        if not hmac.compare_digest(signature, self._sign(head, purpose)):
            return False
        with self._lock:
            return _read_end(head) > self._clock() and challenge not in self._used

    def use(self, challenge: bytes, purpose: str) -> bool:
        """Use a challenge up; whether it was good until now."""
        if not self.is_good(challenge, purpose):
            return False
        with self._lock:
            now = self._clock()
            self._used = {known: end for known, end in self._used.items() if end > now}
            is_first = challenge not in self._used
            self._used[challenge] = _read_end(challenge[: _NONCE + _END])
            return is_first

    def _sign(self, head: bytes, purpose: str) -> bytes:
        return hmac.digest(self._key, head + purpose.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _read_end(head: bytes) -> int:
    return int.from_bytes(head[_NONCE:], "big")
