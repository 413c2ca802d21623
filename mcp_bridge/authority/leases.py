# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locks of guests as rows of the ledger's database: each is held for some time, renewed, and taken over afterwards.

The database's clock counts, so the clocks of hosts need not agree.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Engine, text

from mcp_bridge.database.open import Database
from mcp_bridge.database.transactions import reading, transaction
from mcp_bridge.errors import LedgerError
from mcp_bridge.system import processes

LEASE_SECONDS = 30.0
"""How long a process that died keeps others out."""
_POLL_SECONDS = 0.25

# PostgreSQL: now() is the time of the transaction's start.
_TAKE = text(
    "INSERT INTO leases (name, owner, expires_at) VALUES (:name, :owner, now() + make_interval(secs => :seconds)) "
    "ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at "
    "WHERE leases.expires_at < now()"
)
_RENEW = text(
    "UPDATE leases SET expires_at = now() + make_interval(secs => :seconds) "
    "WHERE owner = :owner AND expires_at >= now()"
)
_RELEASE = text("DELETE FROM leases WHERE owner = :owner")
_HELD = text("SELECT name FROM leases WHERE name = ANY(:names) AND expires_at >= now()")


@contextmanager
def hold_leases(
    database: Database,
    names: Sequence[str],
    cancel: threading.Event,
    free: Collection[str] = (),
    on_wait: Callable[[str], None] = lambda _name: None,
) -> Iterator[bool]:
    """Hold the leases of some names, taken in their order; False when `cancel` was set before all were taken.

    It is False, too, when somebody has one of `free`. `on_wait` is called when one has to be waited for. `cancel` is
    set when a lease can't be renewed in time. Raises LedgerError when the database can't be used.
    """
    started = processes.read_start_time(os.getpid())
    # One process may hold several at once, each by an owner of its own.
    owner = f"{socket.gethostname()[:200]}:{os.getpid()}:{started}:{uuid.uuid4()}"
    held, done = _Held(database.engine, owner), threading.Event()
    renewer = threading.Thread(target=held.keep_renewed, args=(cancel, done), name="leases", daemon=True)
    renewer.start()
    try:
        yield all(held.take(name, cancel, on_wait, may_wait=name not in free) for name in names)
    finally:
        done.set()
        renewer.join()
        held.release()


def find_held_leases(database: Database, names: Sequence[str]) -> list[str]:
    """Those of the names whose leases somebody holds. Raises LedgerError when the database can't be used."""
    with reading(database.engine) as connection:
        return list(connection.execute(_HELD, {"names": list(names)}).scalars())


class _Held:
    """The leases of one owner."""

    def __init__(self, engine: Engine, owner: str) -> None:
        self._engine = engine
        self._owner = owner
        self._count = 0
        # The taking and the renewing of leases are in turns, so that the count is right.
        self._lock = threading.Lock()
        self._renewed_at = time.monotonic()

    def take(
        self, name: str, cancel: threading.Event, on_wait: Callable[[str], None], *, may_wait: bool = True
    ) -> bool:
        """Take a lease, and wait for it; False when `cancel` was set, or it may not wait, while somebody held it."""
        has_waited = False
        while True:
            with self._lock, transaction(self._engine) as connection:
                values = {"name": name, "owner": self._owner, "seconds": LEASE_SECONDS}
                if connection.execute(_TAKE, values).rowcount:
                    self._count += 1
                    return True
            if not may_wait:
                return False
            if not has_waited:
                on_wait(name)
                has_waited = True
            if cancel.wait(_POLL_SECONDS):
                return False

    def keep_renewed(self, cancel: threading.Event, done: threading.Event) -> None:
        """Renew until it is done; when that fails for as long as a lease lasts, somebody else may hold it."""
        while not done.wait(LEASE_SECONDS / 6):
            if not self._renew() and not done.is_set():
                cancel.set()
                return

    def _renew(self) -> bool:
        """Renew all leases; False when one is lost."""
        with self._lock:
            if not self._count:
                self._renewed_at = time.monotonic()
                return True
            asked_at = time.monotonic()
            try:
                with transaction(self._engine) as connection:
                    renewed = connection.execute(_RENEW, {"owner": self._owner, "seconds": LEASE_SECONDS}).rowcount
            except LedgerError:
                # The database may be back before the leases end; some time is left for stopping.
                return time.monotonic() - self._renewed_at < LEASE_SECONDS * 2 / 3
            self._renewed_at = asked_at
            return renewed == self._count

    def release(self) -> None:
        """Give the leases back; if that can't be done, they end by themselves."""
        try:
            with transaction(self._engine) as connection:
                connection.execute(_RELEASE, {"owner": self._owner})
        except LedgerError:
            return
