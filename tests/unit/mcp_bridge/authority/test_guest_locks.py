"""Locks in files of the state directory."""

from __future__ import annotations

import threading

import pytest

from mcp_bridge.authority.guest_locks import hold
from mcp_bridge.database.open import Database
from mcp_bridge.errors import LedgerError


def test_locks_that_cannot_be_written_are_told_with_what_to_do(tmp_path):
    (tmp_path / "locks").write_text("in the way", encoding="utf-8")

    with (
        pytest.raises(LedgerError, match="can't be written: File exists") as raised,
        hold(Database(tmp_path), "lab 1", ["101"], threading.Event()),
    ):
        pass
    assert "PLAYVISOR_STATE_DIR" in raised.value.hint


def test_an_error_of_who_holds_the_locks_stays_what_it_is(tmp_path):
    with pytest.raises(FileNotFoundError), hold(Database(tmp_path), "lab 1", ["101"], threading.Event()):
        (tmp_path / "nothing").read_text(encoding="utf-8")
