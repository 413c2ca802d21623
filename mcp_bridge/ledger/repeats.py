# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What named requests of the REST API were answered, so that one that is repeated is not done again.

It proves nothing, so it is not in the chain. Neither the name of a request nor what it asks for can be read here.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mcp_bridge.database.open import Database
from mcp_bridge.database.tables import request_keys
from mcp_bridge.database.transactions import transaction
from mcp_bridge.system.identity import format_timestamp

KEPT_SECONDS = 24 * 3600
MOST_KEYS = 2000
"""Of each asker; the oldest are forgotten."""
MOST_CHARACTERS = 2**18
"""Of an answer; of a larger one it is kept that it was given."""


@dataclass(frozen=True)
class Named:
    """A request that names itself by a `key`: who asks (`asker`, in any words that tell them apart), and for what."""

    asker: str
    key: str
    asked: str

    @property
    def id(self) -> str:
        """What it is known by."""
        return hashlib.sha256(f"{self.asker}\0{self.key}".encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """A hash of what is asked for, which tells nothing to who does not know the key."""
        return hmac.new(self.key.encode(), self.asked.encode(), "sha256").hexdigest()


@dataclass(frozen=True)
class Repeat:
    """What is known of a request that was made before: its `answer`, if there is one and it is not too large.

    `is_same` says whether it asked for the same; `is_answered` is false while it is under way, and for ever when its
    process ended without an answer.
    """

    is_same: bool
    is_answered: bool
    begun_at: str
    status: int = 0
    headers: Mapping[str, str] | None = None
    answer: str | None = None


class Repeats:
    """The named requests of one database. Several processes may use it at once; each request is begun once."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._clock = clock

    def begin(self, named: Named) -> Repeat | None:
        """Begin a request, which nobody else can do from now on; or what is known of the first one of this name.

        Raises LedgerError.
        """
        asker = hashlib.sha256(named.asker.encode()).hexdigest()
        with transaction(self._database.engine) as connection:
            now = self._clock()
            old = format_timestamp(now - timedelta(seconds=KEPT_SECONDS))
            connection.execute(delete(request_keys).where(request_keys.c.begun_at < old))
            marks = {"id": named.id, "asker": asker, "fingerprint": named.fingerprint}
            begun = {**marks, "begun_at": format_timestamp(now)}
            if _insert_new(connection, begun):
                _forget_oldest(connection, asker)
                return None
            row = connection.execute(select(request_keys).where(request_keys.c.id == named.id)).mappings().one()
        return _read(row, named)

    def end(self, named: Named, status: int, headers: Mapping[str, str], answer: str) -> None:
        """Keep what a request was answered. Raises LedgerError."""
        kept = answer if len(answer) <= MOST_CHARACTERS else None
        values = {"status": status, "headers": json.dumps(dict(headers)), "answer": kept}
        with transaction(self._database.engine) as connection:
            connection.execute(update(request_keys).where(request_keys.c.id == named.id).values(**values))

    def forget(self, named: Named) -> None:
        """Forget a request for which nothing was done: it may be made again. Raises LedgerError."""
        with transaction(self._database.engine) as connection:
            connection.execute(delete(request_keys).where(request_keys.c.id == named.id))


def _insert_new(connection: Connection, begun: Mapping[str, Any]) -> bool:
    """Insert a row unless there is one with its id; returns whether it did."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(request_keys).values(**begun).on_conflict_do_nothing()
    return connection.execute(statement.returning(request_keys.c.id)).first() is not None


def _forget_oldest(connection: Connection, asker: str) -> None:
    own = select(request_keys.c.id).where(request_keys.c.asker == asker)
    beyond = own.order_by(request_keys.c.begun_at.desc()).offset(MOST_KEYS).limit(MOST_KEYS)
    ids = [row.id for row in connection.execute(beyond)]
    if ids:
        connection.execute(delete(request_keys).where(request_keys.c.id.in_(ids)))


def _read(row: Mapping[Any, Any], named: Named) -> Repeat:
    return Repeat(
        is_same=hmac.compare_digest(str(row["fingerprint"]), named.fingerprint),
        is_answered=row["status"] is not None,
        begun_at=str(row["begun_at"]),
        status=row["status"] or 0,
        headers=json.loads(row["headers"]) if row["headers"] else {},
        answer=row["answer"],
    )
