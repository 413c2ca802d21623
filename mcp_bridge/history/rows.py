# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the history's writers share: one at a time for each cluster, rows that may be there already, state, times."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Table, select, text
from sqlalchemy.dialects import postgresql, sqlite

from mcp_bridge.database.tables import history_state
from mcp_bridge.database.transactions import transaction
from mcp_bridge.system.identity import format_timestamp

# Any number; with the cluster's, it is the lock of who writes its history.
_WRITING = 0x70766869
LEAST = timedelta(microseconds=1)
"""The least time between two versions of an object."""


@contextmanager
def writing(engine: Engine, *clusters: str) -> Iterator[Connection]:
    """A transaction that is the only one to write the history of some clusters. Raises LedgerError."""
    with transaction(engine) as connection:
        if connection.dialect.name == "postgresql":
            # On SQLite, there is one writing transaction at a time.
            lock = text("SELECT pg_advisory_xact_lock(:writing, hashtext(:cluster))")
            for cluster in sorted(clusters):
                connection.execute(lock, {"writing": _WRITING, "cluster": cluster})
        yield connection


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], columns: Collection[str]) -> None:
    """Write rows; of those that are there already, by their primary key, these columns."""
    if not rows:
        return
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(table)
    renewed = {name: statement.excluded[name] for name in columns}
    keys = list(table.primary_key.columns)
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=renewed), list(rows))


def read_state(connection: Connection, cluster: str, prefix: str) -> dict[str, Any]:
    """What is known of a cluster beside its objects under names that begin with a prefix, by name."""
    query = select(history_state.c.name, history_state.c.value).where(
        history_state.c.cluster == cluster, history_state.c.name.startswith(prefix, autoescape=True)
    )
    return {name: json.loads(value) for name, value in connection.execute(query)}


def write_state(connection: Connection, cluster: str, values: Mapping[str, Any]) -> None:
    """Write some of it."""
    rows = [{"cluster": cluster, "name": name, "value": json.dumps(value)} for name, value in values.items()]
    upsert(connection, history_state, rows, ["value"])


def format_time(time: datetime | None) -> str | None:
    """A time as the database has it."""
    return None if time is None else format_timestamp(time)


def parse_time(text: str | None) -> datetime | None:
    """A time that the database has."""
    return None if text is None else datetime.fromisoformat(text)
