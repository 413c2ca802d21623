"""The clock of the history in a server that lasts."""

from __future__ import annotations

import logging
import threading

import pytest

from mcp_bridge.errors import PlayvisorError
from mcp_bridge.run import ticks
from mcp_bridge.run.ticks import Ticks


@pytest.fixture
def start():
    """Starts ticks, which are closed in any case."""
    started = []

    def make(tick, seconds):
        made = Ticks(tick, seconds)
        started.append(made)
        made.start()
        return made

    yield make
    for made in started:
        made.close()


def test_it_ticks_as_often_as_it_is_asked_to_until_it_is_closed(start):
    ticked = threading.Semaphore(0)

    def tick(_cancel):
        ticked.release()
        return 0.001

    made = start(tick, 0.001)
    assert all(ticked.acquire(timeout=10) for _number in range(3))
    made.close()
    while ticked.acquire(blocking=False):
        pass
    assert not ticked.acquire(timeout=0.05)


def test_a_tick_that_is_under_way_is_cancelled(start):
    begun, ended = threading.Event(), threading.Event()

    def tick(cancel):
        begun.set()
        assert cancel.wait(10)
        ended.set()
        return 0.0

    made = start(tick, 0.001)
    assert begun.wait(10)
    made.close()
    assert ended.is_set()


def test_one_tick_that_is_cancelled_by_others_is_not_the_last(start):
    seen: list[threading.Event] = []
    enough = threading.Event()

    def tick(cancel):
        cancel.set()
        seen.append(cancel)
        if len(seen) == 2:
            enough.set()
        return 0.001

    start(tick, 0.001)
    assert enough.wait(10)
    assert seen[0] is not seen[1]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PlayvisorError("The cluster does not answer.", "Try again."), "The cluster does not answer. Try again."),
        (OSError("no space"), "OSError: no space"),
    ],
)
def test_failures_are_told_once_and_do_not_end_it(start, caplog, monkeypatch, error, told):
    monkeypatch.setattr(ticks, "_LONGEST_SECONDS", 0.004)
    failed, times = threading.Event(), []

    def tick(_cancel):
        times.append(1)
        if len(times) == 4:
            failed.set()
        raise error

    with caplog.at_level(logging.WARNING):
        start(tick, 0.001)
        assert failed.wait(10)
    assert [record.getMessage() for record in caplog.records] == [f"The history could not be synced: {told}"]


def test_a_server_that_is_left_within_a_minute_has_looked_at_nothing(start):
    ticked = threading.Event()
    start(lambda _cancel: ticked.set() or 1.0, 300).close()
    assert not ticked.is_set()
