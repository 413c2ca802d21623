"""Named requests: each is begun once, and what it was answered is kept for a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from mcp_bridge.database.open import Database
from mcp_bridge.database.tables import request_keys
from mcp_bridge.database.transactions import reading
from mcp_bridge.ledger import repeats
from mcp_bridge.ledger.repeats import Named, Repeats


class Clock:
    def __init__(self):
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def kept(tmp_path, ledger_url, clock):
    return Repeats(Database(tmp_path, ledger_url), clock)


STOP = Named("person alice", "7e0c", '{"vmid": 101}')


def test_a_request_is_begun_once_and_its_answer_is_returned_to_whoever_repeats_it(kept):
    assert kept.begin(STOP) is None
    under_way = kept.begin(STOP)
    assert (under_way.is_same, under_way.is_answered) == (True, False)

    kept.end(STOP, 202, {"location": "/runs/1"}, '{"status": "running"}')
    again = kept.begin(STOP)
    assert (again.status, again.headers, again.answer) == (202, {"location": "/runs/1"}, '{"status": "running"}')


def test_the_same_name_for_something_else_is_told(kept):
    kept.begin(STOP)

    assert not kept.begin(Named(STOP.asker, STOP.key, '{"vmid": 102}')).is_same


def test_names_are_each_askers_own(kept):
    kept.begin(STOP)

    assert kept.begin(Named("client robot", STOP.key, STOP.asked)) is None


def test_a_request_is_forgotten_after_a_day_and_when_nothing_was_done_for_it(kept, clock):
    kept.begin(STOP)
    kept.forget(STOP)
    assert kept.begin(STOP) is None

    clock.now += timedelta(seconds=repeats.KEPT_SECONDS + 1)
    assert kept.begin(STOP) is None


def test_of_each_asker_the_newest_are_kept(kept, clock, monkeypatch):
    monkeypatch.setattr(repeats, "MOST_KEYS", 2)
    for key in "abc":
        clock.now += timedelta(seconds=1)
        kept.begin(Named("alice", key, ""))
    kept.begin(Named("bob", "a", ""))

    assert kept.begin(Named("alice", "c", "")) is not None
    assert kept.begin(Named("alice", "b", "")) is not None
    assert kept.begin(Named("alice", "a", "")) is None


def test_of_an_answer_that_is_too_large_it_is_kept_that_it_was_given(kept):
    kept.begin(STOP)
    kept.end(STOP, 200, {}, "x" * (repeats.MOST_CHARACTERS + 1))

    again = kept.begin(STOP)
    assert (again.is_answered, again.answer) == (True, None)


def test_neither_keys_nor_what_is_asked_for_stand_in_the_database(kept, tmp_path, ledger_url):
    kept.begin(Named("alice", "my key", "a password"))

    with reading(Database(tmp_path, ledger_url).engine) as connection:
        (row,) = connection.execute(select(request_keys)).mappings()
    assert not {"alice", "my key", "a password"} & {str(value) for value in row.values()}
