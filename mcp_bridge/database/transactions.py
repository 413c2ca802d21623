# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transactions: those that write, and those that see one state and keep nobody from writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from mcp_bridge.errors import LedgerError

# What to do, by words of the database.
_ADVICE = {
    "database is locked": "Another program has it locked: wait for it, or end it, and call this again.",
    "disk is full": "Free space where PLAYVISOR_STATE_DIR is, and call this again.",
    "readonly database": "Check the access rights of PLAYVISOR_STATE_DIR, and whether its disk is mounted read-only.",
    "connection failed": "Check that the database server runs, and PLAYVISOR_LEDGER_URL.",
}
_CHECK = "Check PLAYVISOR_LEDGER_URL and PLAYVISOR_STATE_DIR, free space and access rights."


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction; on SQLite it is the only writing one from its start. Raises LedgerError."""
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise describe_unusable(error) from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the ledger and keeps nobody from writing. Raises LedgerError."""
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection = connection.execution_options(reading=True)
            else:
                # Elsewhere each statement would see what was committed before it.
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection
    except SQLAlchemyError as error:
        raise describe_unusable(error) from error


def describe_unusable(error: Exception) -> LedgerError:
    """The error for people: the database's own words, without SQL and its parameters."""
    reason = str(getattr(error, "orig", None) or error).splitlines()[0]
    advice = next((advice for words, advice in _ADVICE.items() if words in reason), _CHECK)
    return LedgerError(f"The ledger can't be used: {reason}.", f"{advice} Nothing runs without it.")
