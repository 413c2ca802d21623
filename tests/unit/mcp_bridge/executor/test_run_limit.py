"""A crowd of runs passes the gate a few at a time, and none for long."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from mcp_bridge.executor.run_limit import RunLimit

PATIENCE = 20
FOREVER = 3600


def most_at_once(gate, runs, together):
    """The most of so many runs that were behind the gate at once; each waits there for `together` of them."""
    inside, most, lock = set(), [0], threading.Lock()
    meeting = threading.Barrier(together)

    def run(number):
        with gate.enter():
            with lock:
                inside.add(number)
                most[0] = max(most[0], len(inside))
            meeting.wait(PATIENCE)
            with lock:
                inside.remove(number)

    with ThreadPoolExecutor(runs) as pool:
        list(pool.map(run, range(runs)))
    return most[0]


def test_no_more_than_its_width_pass_at_a_time():
    assert most_at_once(RunLimit(2, FOREVER), runs=8, together=2) == 2


def test_a_run_that_takes_long_lets_others_pass():
    assert most_at_once(RunLimit(1, 0.0), runs=4, together=4) == 4


def test_a_place_is_given_back_once_only():
    gate = RunLimit(1, 0.0)
    most_at_once(gate, runs=4, together=4)
    # From here on, none is given back before its run has ended.
    gate._seconds = FOREVER

    assert most_at_once(gate, runs=6, together=1) == 1
