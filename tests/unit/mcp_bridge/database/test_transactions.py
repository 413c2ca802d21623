"""A database that can't be used: its own words, and what to do about these."""

from __future__ import annotations

import sqlite3

import pytest

from mcp_bridge.database.open import Database
from mcp_bridge.database.transactions import describe_unusable, transaction
from mcp_bridge.errors import LedgerError


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("database is locked", "wait for it"),
        ("database or disk is full", "Free space"),
        ("attempt to write a readonly database", "mounted read-only"),
        ("connection failed: Connection refused", "database server runs"),
        ("file is not a database", "Check PLAYVISOR_LEDGER_URL"),
    ],
)
def test_the_hint_is_about_what_is_wrong(reason, advice):
    error = describe_unusable(sqlite3.OperationalError(reason))

    assert reason in error.message
    assert advice in error.hint
    assert "Nothing runs without it" in error.hint


def test_a_database_that_another_program_has_locked_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("mcp_bridge.database.open._BUSY_SECONDS", 0)
    database = Database(tmp_path / "state")
    other = sqlite3.connect(database.engine.url.database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    with pytest.raises(LedgerError, match="database is locked"), transaction(database.engine):
        pass
    other.close()
