# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process of its own for one query on SQLite, so that the system limits its memory and time.

It reads a request in JSON on stdin and writes the answer on stdout; it imports nothing but the standard library.
"""

from __future__ import annotations

import json
import math
import resource
import secrets
import sqlite3
import sys
import time
from collections.abc import Iterable
from typing import Any

_STEPS = 1000
_LONGEST_VALUE = 2**20
# A long one with many % takes for ever.
_LONGEST_PATTERN = 100
_NESTED_TABLES = ("json_each", "json_tree")


def main() -> None:
    """Answer the one request."""
    request = json.load(sys.stdin)
    _limit_process(request)
    try:
        answer = run_request(request)
    except MemoryError:
        answer = {"error": "memory", "detail": ""}
    sys.stdout.write(json.dumps(answer))


def _limit_process(request: dict[str, Any]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (request["memory"], request["memory"]))
    seconds = int(request["seconds"]) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run_request(request: dict[str, Any]) -> dict[str, Any]:
    """The columns and rows of a query, or why there are none."""
    connection = sqlite3.connect(f"file:{request['path']}?mode=ro", uri=True, isolation_level=None)
    # What is sorted stays in memory, which is limited, and fills no disk.
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA busy_timeout = {int(request['seconds'] * 1000)}")
    guard = _Guard(connection, request)
    deadline = time.monotonic() + request["seconds"]
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        cursor = connection.execute(request["sql"])
        if cursor.description is None:
            return {"error": "statement", "detail": ""}
        columns = [column[0] for column in cursor.description]
        rows, truncated = read_rows(cursor, request["rows"], request["bytes"])
        return {"columns": columns, "rows": rows, "truncated": truncated}
    except sqlite3.Warning as error:
        # Until Python 3.12; later it is a ProgrammingError.
        return {"error": "several", "detail": str(error)}
    except sqlite3.Error as error:
        return _describe(error, guard, time.monotonic() > deadline)


class _Guard:
    """What decides on everything that a query wants to do."""

    def __init__(self, connection: sqlite3.Connection, request: dict[str, Any]) -> None:
        self.refused: tuple[str, str] | None = None
        self._functions = frozenset(request["functions"])
        self._bases = frozenset(request["bases"])
        tables = connection.execute("SELECT name FROM main.sqlite_master WHERE type IN ('table', 'view')")
        self._others = {name.lower() for (name,) in tables} - self._bases
        self._views = frozenset(request["views"])
        # A name that a query gives to a table of its own can be that of a view, and would be let through as such: what
        # reads the tables has a name that nobody can know.
        self._inner = frozenset(self._create(connection, name, sql) for name, sql in request["views"].items())
        for table in _NESTED_TABLES:
            # On its first use it is declared, as a change of the schema.
            connection.execute(f"SELECT * FROM {table}('[]')").fetchall()
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _LONGEST_PATTERN)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.setlimit(sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0)
        connection.execute("PRAGMA query_only = ON")
        connection.set_authorizer(self._decide)

    @staticmethod
    def _create(connection: sqlite3.Connection, name: str, sql: str) -> str:
        inner = f"v{secrets.token_hex(16)}"
        connection.execute(f"CREATE TEMP VIEW {inner} AS {sql}")
        connection.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM temp.{inner}")
        return inner

    def _decide(self, action: int, first: str | None, second: str | None, base: str | None, view: str | None) -> int:
        if action == sqlite3.SQLITE_SELECT or (
            action == sqlite3.SQLITE_READ and self._may_read(first, second, base, view)
        ):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and str(second).lower() in self._functions:
            return sqlite3.SQLITE_OK
        if self.refused is None:
            kinds = {
                sqlite3.SQLITE_READ: ("table", str(first)),
                sqlite3.SQLITE_FUNCTION: ("function", str(second)),
                sqlite3.SQLITE_RECURSIVE: ("recursive", ""),
            }
            self.refused = kinds.get(action, ("statement", ""))
        return sqlite3.SQLITE_DENY

    def _may_read(self, table: str | None, column: str | None, base: str | None, view: str | None) -> bool:
        name = str(table).lower()
        if base == "temp":
            return name in self._views or name in self._inner
        if view in self._inner:
            return name in self._bases or name in _NESTED_TABLES
        if column == "":
            # That there is a row, and no more: of a table of a view's, or of one that the query itself defines.
            own = base is None and name not in self._others and not name.startswith(("sqlite_", "pragma_", "dbstat"))
            return name in self._bases or own
        return name in _NESTED_TABLES


def read_rows(cursor: Iterable[tuple[Any, ...]], most: int, most_bytes: int) -> tuple[list[list[Any]], str | None]:
    """The rows as plain data, up to a number of rows and of bytes, and which of them cut them off."""
    rows: list[list[Any]] = []
    size = 0
    for row in cursor:
        values = [_make_plain(value) for value in row]
        size += len(json.dumps(values))
        if len(rows) == most or size > most_bytes:
            return rows, "rows" if len(rows) == most else "bytes"
        rows.append(values)
    return rows, None


def _make_plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _describe(error: sqlite3.Error, guard: _Guard, is_late: bool) -> dict[str, Any]:
    detail = str(error)
    if guard.refused:
        return {"error": guard.refused[0], "detail": guard.refused[1]}
    if is_late:
        return {"error": "time", "detail": ""}
    if "one statement at a time" in detail:
        return {"error": "several", "detail": ""}
    if "out of memory" in detail:
        return {"error": "memory", "detail": ""}
    return {"error": "sql", "detail": detail}


if __name__ == "__main__":
    main()
