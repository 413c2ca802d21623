# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often somebody may try to come in: by address and in all, never by the name that is tried."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from mcp_bridge.auth.rate_limit import RateLimit
from playvisor.web.problems import Problem

ADDRESS_RATE = 2
"""Failed attempts of one address within a minute."""
ADDRESS_BURST = 10
"""The same at once, before that."""
MOST_ATTEMPTS = 60
"""Failed attempts of all addresses within a minute."""
MOST_AT_ONCE = 8
"""Attempts that are checked at a time."""
REFUSAL_SECONDS = 4.0
"""A refusal takes at least so long, whatever the reason: Proxmox VE gives some of them after three seconds."""
_EVERYWHERE = "everywhere"
# Whoever has one address of IPv6 has a network of this size.
_V6_PREFIX = 64


@dataclass
class Attempts:
    """The attempts at one server. Safe to use from several threads."""

    refusal_seconds: float = REFUSAL_SECONDS
    by_address: RateLimit = field(default_factory=lambda: RateLimit(ADDRESS_RATE, burst=ADDRESS_BURST))
    in_all: RateLimit = field(default_factory=lambda: RateLimit(MOST_ATTEMPTS))
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _slots: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(MOST_AT_ONCE))

    @contextmanager
    def count(self, address: str, *, is_guessable: bool = True) -> Iterator[None]:
        """Let one attempt be made; it is not counted unless a Problem with status 401 comes of it.

        What nobody can guess, such as a one-time link, waits for no attempts of other addresses, and its refusal for
        nothing. Raises Problem 429 for one too many.
        """
        key = shorten_address(address)
        self._consume(self.by_address, key, "from this address")
        try:
            if is_guessable:
                self._consume(self.in_all, _EVERYWHERE, "at this server")
        except Problem:
            self.by_address.give_back(key)
            raise
        if not self._slots.acquire(blocking=False):
            self._forget(key, is_guessable)
            raise _refuse("Too many people sign in at this moment", 1)
        began = self.clock()
        try:
            yield
        except Problem as problem:
            if problem.status != 401 or problem.body["code"] == "otp_needed":
                self._forget(key, is_guessable)
            elif is_guessable:
                self.sleep(max(0.0, self.refusal_seconds - (self.clock() - began)))
            raise
        except BaseException:
            self._forget(key, is_guessable)
            raise
        else:
            self._forget(key, is_guessable)
        finally:
            self._slots.release()

    def _forget(self, key: str, is_guessable: bool) -> None:
        self.by_address.give_back(key)
        if is_guessable:
            self.in_all.give_back(_EVERYWHERE)

    def _consume(self, limit: RateLimit, key: str, where: str) -> None:
        wait = limit.consume(key)
        if wait:
            raise _refuse(f"There were too many attempts {where}", max(1, round(wait)))


def shorten_address(address: str) -> str:
    """What attempts are counted by: an address, or the network of one of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    mapped = getattr(parsed, "ipv4_mapped", None)
    if parsed.version == 4 or mapped:
        return str(mapped or parsed)
    return str(ipaddress.ip_network((parsed, _V6_PREFIX), strict=False))


def _refuse(what: str, seconds: int) -> Problem:
    return Problem(
        429,
        f"{what}; wait {seconds} s.",
        "Nothing is locked: it goes on by itself.",
        code="busy",
        headers={"retry-after": str(seconds)},
    )
