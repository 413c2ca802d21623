"""The freeze is the newest act about it, for all who share the ledger; what is not clear counts as frozen."""

from __future__ import annotations

import pytest
from sqlalchemy import NullPool, create_engine, text

from mcp_bridge.authority.freeze import Freezer
from mcp_bridge.database.open import Database
from mcp_bridge.errors import LedgerError
from mcp_bridge.ledger.writer import LedgerWriter


@pytest.fixture
def ledger(tmp_path, ledger_url):
    return LedgerWriter(tmp_path, ledger_url)


@pytest.fixture
def freezer(ledger):
    return Freezer(ledger.database)


def test_a_freeze_is_an_act_and_so_is_its_end(ledger, freezer):
    assert freezer.read_freeze() is None
    assert freezer.thaw() is None

    frozen = freezer.freeze("an audit")

    assert freezer.read_freeze() == frozen == freezer.freeze("something else")
    assert freezer.thaw() == frozen
    assert freezer.read_freeze() is None
    assert [act["kind"] for act in ledger.list_acts()] == ["thawed", "frozen", "ledger_begun"]
    assert ledger.verify().faults == []


def test_hosts_that_share_a_ledger_share_the_freeze(freezer, tmp_path, ledger_url):
    if ledger_url is None:
        pytest.skip("a file is of one host")
    elsewhere = Freezer(Database(tmp_path / "another host", ledger_url))
    assert elsewhere.read_freeze() is None

    freezer.freeze("an audit")

    assert elsewhere.read_freeze().why == "an audit"
    elsewhere.thaw()
    assert freezer.read_freeze() is None


@pytest.mark.parametrize("written", ['{"by": "jo", "since": "2026-01-01T00:00:00Z", "why": "old"}', "spoiled", "\xff"])
def test_the_file_of_an_earlier_version_counts_until_it_is_thawed(freezer, ledger, tmp_path, written):
    (tmp_path / "frozen").write_text(written, encoding="latin-1")

    assert freezer.read_freeze() is not None
    assert freezer.thaw() is not None
    assert freezer.read_freeze() is None
    assert ledger.list_acts(1)[0]["kind"] == "thawed"


@pytest.mark.parametrize("ledger_url", [None])
@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM acts WHERE kind = 'frozen'",
        "DELETE FROM freezes",
        "UPDATE freezes SET is_frozen = 0",
        "UPDATE acts SET kind = 'thawed'",
        "INSERT INTO acts SELECT seq + 1, hash, hash, 'thawed', at, who, subject, facts FROM acts WHERE seq = 2",
        "DELETE FROM ledger_head",
        "DROP TABLE acts",
    ],
)
def test_nobody_thaws_by_one_statement(freezer, ledger, tmp_path, tampering):
    freezer.freeze()
    with create_engine(f"sqlite:///{tmp_path / 'ledger.db'}", poolclass=NullPool).begin() as connection:
        connection.execute(text(tampering))

    assert Freezer(Database(tmp_path)).read_freeze() is not None
    assert freezer.read_freeze() is not None


@pytest.mark.parametrize("ledger_url", [None])
def test_a_thaw_that_was_changed_counts_as_frozen(freezer, tmp_path):
    freezer.freeze()
    freezer.thaw()
    assert freezer.read_freeze() is None
    with create_engine(f"sqlite:///{tmp_path / 'ledger.db'}", poolclass=NullPool).begin() as connection:
        connection.execute(text("UPDATE acts SET who = 'somebody else' WHERE kind = 'thawed'"))

    assert freezer.read_freeze() is not None
    assert Freezer(Database(tmp_path)).read_freeze() is not None


def test_a_ledger_that_can_not_be_read_is_frozen_and_can_be_frozen(tmp_path):
    freezer = Freezer(Database(tmp_path, "sqlite:////proc/no/ledger.db"))
    assert "can't be read" in freezer.read_freeze().why

    assert freezer.freeze("an emergency").why == "an emergency"
    assert (tmp_path / "frozen").exists()
    with pytest.raises(LedgerError):
        freezer.thaw()
    assert freezer.read_freeze().why == "an emergency"
