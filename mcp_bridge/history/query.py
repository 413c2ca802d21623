# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The door for SQL: one statement that reads the documented views, within limits, and nothing else.

SQLite decides on every table, column and function that a statement uses, as it is compiled, in a process whose memory
is limited. PostgreSQL compiles a statement without running it, and what it made of it is looked through.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from mcp_bridge.errors import UsageError
from mcp_bridge.history import postgresql_reader, sqlite_process
from mcp_bridge.history.refusals import advise, refuse
from mcp_bridge.text.redaction import make_writable

MOST_ROWS = 1000
MOST_SECONDS = 10.0
LARGEST_ANSWER = 2**20
"""Bytes of all rows as JSON."""
LONGEST_QUERY = 20_000
"""Characters of a statement."""

# White space and comments before the first word.
_FIRST_WORD = re.compile(r"(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*([^\W\d]*)", re.DOTALL)
_READS = ("SELECT", "WITH", "VALUES")


@dataclass(frozen=True)
class QueryResult:
    """What a query returned; `truncated` says which limit cut it off: `rows` or `bytes`."""

    columns: tuple[str, ...]
    rows: list[list[Any]]
    truncated: str | None = None


def run_query(
    engine: Engine,
    sql: str,
    *,
    rows: int = MOST_ROWS,
    seconds: float = MOST_SECONDS,
    bytes: int = LARGEST_ANSWER,
) -> QueryResult:
    """Run one statement that reads views. Raises UsageError when it does anything else, fails, or takes too long."""
    statement = sql.strip().rstrip(";").rstrip()
    if len(statement) > LONGEST_QUERY or "\0" in statement:
        raise refuse("length", str(LONGEST_QUERY))
    if statement != make_writable(statement):
        raise refuse("text")
    first = _FIRST_WORD.match(statement)
    word = first[1].upper() if first else ""
    if word not in _READS:
        raise refuse("word", word)
    read = postgresql_reader.read if engine.dialect.name == "postgresql" else sqlite_process.read
    try:
        columns, found, truncated = read(engine, statement, rows, seconds, bytes)
    except UsageError as error:
        raise advise(error, statement) from None
    return QueryResult(tuple(columns), found, truncated)
