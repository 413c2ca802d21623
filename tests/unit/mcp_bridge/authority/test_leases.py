"""Locks of guests where hosts share a ledger: rows that end by themselves when nobody renews them."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from mcp_bridge.authority import leases
from mcp_bridge.authority.guest_locks import Manner, find_held, hold
from mcp_bridge.database.open import Database
from mcp_bridge.database.transactions import transaction

CLUSTER = "pve:lab"


@pytest.fixture
def database(tmp_path, new_postgresql):
    return Database(tmp_path / "one", new_postgresql)


@pytest.fixture
def elsewhere(tmp_path, new_postgresql):
    """The same ledger on another host."""
    return Database(tmp_path / "two", new_postgresql)


def execute(database, statement):
    with transaction(database.engine) as connection:
        done = connection.execute(text(statement))
        return done.all() if done.returns_rows else done.rowcount


def test_the_locks_of_several_guests_are_taken_all_or_none_by_hosts_too(database, elsewhere):
    cancel = threading.Event()
    with hold(database, CLUSTER, ["101", "102"], cancel) as is_alone:
        assert is_alone
        with hold(elsewhere, CLUSTER, ["103"], cancel) as beside, hold(elsewhere, "pve:b", ["101"], cancel) as other:
            assert beside
            assert other
        cancel.set()
        with hold(elsewhere, CLUSTER, ["103", "102"], cancel) as given_up:
            assert not given_up
    with hold(elsewhere, CLUSTER, ["102", "103"], threading.Event()) as later:
        assert later
    assert execute(database, "SELECT * FROM leases") == []


def test_whoever_waits_goes_on_when_the_lease_is_given_back(database, elsewhere):
    order, is_waiting = [], threading.Event()

    def wait():
        is_waiting.set()
        with hold(elsewhere, CLUSTER, ["101"], threading.Event()) as is_alone:
            order.append(("second", is_alone))

    with hold(database, CLUSTER, ["101"], threading.Event()):
        thread = threading.Thread(target=wait)
        thread.start()
        is_waiting.wait(10)
        order.append(("first", True))
    thread.join(30)

    assert order == [("first", True), ("second", True)]


def test_the_lease_of_a_process_that_died_is_taken_over_when_it_ends(database):
    execute(
        database,
        "INSERT INTO leases SELECT name, 'gone:1:1', now() - interval '1 second' FROM (VALUES "
        "('" + "0" * 32 + "')) AS one(name)",
    )

    with leases.hold_leases(database, ["0" * 32], threading.Event()) as is_alone:
        assert is_alone
        assert "gone" not in execute(database, "SELECT owner FROM leases")[0][0]


def test_a_lease_is_renewed_while_it_is_held(database, monkeypatch):
    monkeypatch.setattr(leases, "LEASE_SECONDS", 0.6)
    cancel = threading.Event()
    with hold(database, CLUSTER, ["101"], cancel) as is_alone:
        assert is_alone
        first = execute(database, "SELECT expires_at FROM leases")
        assert not cancel.wait(1.5)
        assert execute(database, "SELECT expires_at FROM leases") > first


def test_a_run_whose_lease_is_lost_is_cancelled(database, monkeypatch):
    monkeypatch.setattr(leases, "LEASE_SECONDS", 1.2)
    cancel = threading.Event()
    with hold(database, CLUSTER, ["101"], cancel) as is_alone:
        assert is_alone
        execute(database, "UPDATE leases SET owner = 'somebody else'")
        assert cancel.wait(30)
    assert execute(database, "SELECT owner FROM leases") == [("somebody else",)]


def test_what_has_to_be_free_is_not_waited_for_and_is_known_to_be_held(database, elsewhere):
    with hold(database, CLUSTER, ["100"], threading.Event()):
        assert find_held(elsewhere, CLUSTER, ["99", "100"]) == {"100"}
        with hold(elsewhere, CLUSTER, ["100", "101"], threading.Event(), Manner(free=["100"])) as is_alone:
            assert not is_alone
    assert find_held(elsewhere, CLUSTER, ["100", "101"]) == set()
