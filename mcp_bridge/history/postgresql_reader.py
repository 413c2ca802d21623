# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queries on PostgreSQL: compiled as a view, looked through, then run in a transaction that can only read.

Everything is done in one transaction, which is always rolled back, by the extended protocol, which takes one statement.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterable
from decimal import Decimal
from math import isfinite
from typing import Any

from sqlalchemy import Engine

from mcp_bridge.history.functions import POSTGRESQL_FUNCTIONS
from mcp_bridge.history.refusals import refuse
from mcp_bridge.history.view_queries import build_queries
from mcp_bridge.history.views import VIEWS

_BATCH = 20
# Of many columns, each value may have its share of what is answered, and so many characters in any case.
_SHORTEST_CUT = 1000
# OIDs from here on are not PostgreSQL's own.
_FIRST_OTHER = 16384
# The types whose values are short; those of others are cut.
_SHORT = {16, 20, 21, 23, 26, 700, 701, 1082, 1083, 1114, 1184, 1186, 1266, 1700, 2950}
_RELATIONS = re.compile(r":relid (\d+)")
# Operators that are PostgreSQL's own only compute.
_FUNCTIONS = re.compile(r":(?:funcid|aggfnoid|winfnoid|tsmhandler) (\d+)")
_OPERATORS = re.compile(r":(?:opno|sortop|eqop) (\d+)|:opnos \(o([ \d]+)\)")
_NODES = re.compile(r"\{(TABLEFUNC|XMLEXPR|NEXTVALUEEXPR|CURRENTOFEXPR|TABLESAMPLECLAUSE)\b")
# CURRENT_ROLE and what follows it, which say who asks and where; those before it say what time it is.
_WHO = re.compile(r"\{SQLVALUEFUNCTION :op (?:9|1\d)\b")
_TYPES = re.compile(r":(?:consttype|resulttype|funcresulttype|vartype|array_typeid|element_typeid) (\d+)")
# Digits of a number that others read as a number.
_LONGEST_NUMBER = 300


def read(
    engine: Engine, sql: str, rows: int, seconds: float, size: int
) -> tuple[list[str], list[list[Any]], str | None]:
    """The columns and rows of a query, and which limit cut them off. Raises UsageError."""
    import psycopg

    with engine.connect() as connection:
        raw: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        try:
            return _Reader(raw, seconds).read(sql, rows, size)
        except psycopg.errors.QueryCanceled:
            raise refuse("time") from None
        except psycopg.errors.SyntaxError as error:
            several = "multiple commands" in str(error) or 'near ";"' in str(error)
            raise refuse("several" if several else "sql", _read_reason(error)) from None
        except psycopg.errors.UndefinedTable as error:
            raise refuse("table", _read_reason(error).split('"')[1]) from None
        except (psycopg.errors.OutOfMemory, psycopg.errors.ProgramLimitExceeded):
            raise refuse("memory") from None
        except psycopg.errors.ReadOnlySqlTransaction:
            raise refuse("statement") from None
        except psycopg.Error as error:
            raise refuse("sql", _read_reason(error)) from None
        finally:
            raw.rollback()
            # With all that was prepared on it.
            connection.invalidate()


class _Reader:
    """One query in its transaction."""

    def __init__(self, connection: Any, seconds: float) -> None:
        self._connection = connection
        self._deadline = time.monotonic() + seconds

    def read(self, sql: str, rows: int, size: int) -> tuple[list[str], list[list[Any]], str | None]:
        self._limit_time()
        for setting in ("lock_timeout = '5s'", "jit = off", "max_parallel_workers_per_gather = 0"):
            self._execute(f"SET LOCAL {setting}")
        for name, query in build_queries("postgresql", sql).items():
            self._execute(f"CREATE TEMPORARY VIEW {name} AS {query}")
        self._require_reading(sql)
        self._execute("SET TRANSACTION READ ONLY")
        self._execute(f"DECLARE described NO SCROLL CURSOR FOR {sql}")
        columns = self._execute("FETCH 0 FROM described").description
        self._execute("CLOSE described")
        longest = max(_SHORTEST_CUT, 2 * size // max(1, len(columns)))
        values = ", ".join(
            f"q.c{number}" if column.type_code in _SHORT else f"left(q.c{number}::text, {longest})"
            for number, column in enumerate(columns)
        )
        names = ", ".join(f"c{number}" for number in range(len(columns)))
        selected = f"SELECT {values} FROM (\n{sql}\n) AS q({names})" if columns else sql
        self._execute(f"DECLARE answer NO SCROLL CURSOR FOR {selected}")
        found, truncated = self._fetch(rows, size)
        return [column.name for column in columns], found, truncated

    def _require_reading(self, sql: str) -> None:
        """Have the query compiled, and refuse what is not allowed in what comes of it."""
        name = f"v{secrets.token_hex(16)}"
        # A view's own columns need names that differ; those of a subquery don't.
        self._execute(f"CREATE TEMPORARY VIEW {name} AS SELECT 1 AS one WHERE EXISTS (\n{sql}\n)")
        query = "SELECT ev_action::text FROM pg_catalog.pg_rewrite WHERE ev_class = %s::regclass"
        (tree,) = self._connection.execute(query, (f"pg_temp.{name}",)).fetchone()
        if ":hasRecursive true" in tree:
            raise refuse("recursive")
        if ":hasForUpdate true" in tree:
            raise refuse("lock")
        if node := _NODES.search(tree):
            raise refuse("function", node[1])
        if _WHO.search(tree):
            raise refuse("function", "current_user, or one like it,")
        self._require_views({int(oid) for oid in _RELATIONS.findall(tree)}, name)
        self._require_functions({int(oid) for oid in _FUNCTIONS.findall(tree)} - {0})
        operators = {int(oid) for pair in _OPERATORS.findall(tree) for oid in " ".join(pair).split()}
        if any(oid >= _FIRST_OTHER for oid in operators):
            raise refuse("function", "of an operator that is not PostgreSQL's own")
        self._require_types({int(oid) for oid in _TYPES.findall(tree)})

    def _require_views(self, relations: set[int], own: str) -> None:
        query = (
            "SELECT relname, relnamespace = pg_catalog.pg_my_temp_schema() FROM pg_catalog.pg_class WHERE oid = ANY(%s)"
        )
        for name, is_temporary in self._connection.execute(query, (list(relations),)).fetchall():
            if not is_temporary or name not in (*VIEWS, own):
                raise refuse("table", name)

    def _require_types(self, types: set[int]) -> None:
        """Refuse types whose values are looked up in the catalog, such as regclass: they tell what else there is."""
        query = (
            "SELECT typname FROM pg_catalog.pg_type WHERE oid = ANY(%s) AND oid < %s "
            "AND left(ltrim(typname, '_'), 3) = 'reg'"
        )
        for (name,) in self._connection.execute(query, (list(types), _FIRST_OTHER)).fetchall():
            raise refuse("type", name.lstrip("_"))

    def _require_functions(self, functions: set[int]) -> None:
        query = "SELECT proname, pronamespace = 'pg_catalog'::regnamespace FROM pg_catalog.pg_proc WHERE oid = ANY(%s)"
        for name, is_built_in in self._connection.execute(query, (list(functions),)).fetchall():
            if not is_built_in or name not in POSTGRESQL_FUNCTIONS:
                raise refuse("function", name)

    def _fetch(self, most: int, most_bytes: int) -> tuple[list[list[Any]], str | None]:
        found: list[list[Any]] = []
        size = 0
        while True:
            self._limit_time()
            batch = self._execute(f"FETCH {_BATCH} FROM answer").fetchall()
            for row in batch:
                values = [_make_plain(value) for value in row]
                size += len(json.dumps(values))
                if len(found) == most or size > most_bytes:
                    return found, "rows" if len(found) == most else "bytes"
                found.append(values)
            if len(batch) < _BATCH:
                return found, None

    def _limit_time(self) -> None:
        left = int((self._deadline - time.monotonic()) * 1000)
        if left <= 0:
            raise refuse("time")
        self._execute(f"SET LOCAL statement_timeout = {left}")

    def _execute(self, sql: str) -> Any:
        # Prepared, it is one statement, whatever it is made of.
        return self._connection.execute(sql, prepare=True)


def _make_plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Decimal) and value.is_finite():
        if value.adjusted() > _LONGEST_NUMBER:
            return str(value)
        return int(value) if value == value.to_integral_value() else float(value)
    return value if isinstance(value, float) and isfinite(value) else str(value)


def _read_reason(error: Exception) -> str:
    lines: Iterable[str] = str(error).splitlines()
    return next(iter(lines), type(error).__name__).removesuffix(".")
