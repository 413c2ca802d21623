"""What Proxmox VE measured before anybody looked: asked for once, of what was there at the first look."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from observations import LAB, START, complete, guest, metrics, moment, thing

from mcp_bridge.errors import UsageError
from mcp_bridge.history import backfill
from mcp_bridge.history.metrics import DAY, HOUR

HALF, QUARTER = 1800, 21_600


def series(step, begin, number, kind="guest", key="101", **values):
    """A line of `number` intervals, the first of which began so many seconds after the start."""
    first = START + begin
    times = [first + step * (index + 1) for index in range(number)]
    columns = {name: value if isinstance(value, list) else [value] * number for name, value in values.items()}
    return {"line": "rrd", "kind": kind, "key": key, "step": step, "since": first, "times": times, "values": columns}


def make_failed(key="101", kind="guest"):
    return {"line": "rrd", "kind": kind, "key": key, "why": "the node does not answer"}


@pytest.fixture
def read(history):
    def read_since(step=HOUR, days=400):
        (found,) = history.find_objects("101")
        return history.read_metrics(found.id, moment(-days * DAY), step)

    return read_since


@pytest.fixture
def list_due(history):
    return lambda limit=9: [f"{each['kind']}/{each['key']}" for each in history.list_unfilled(LAB, limit)]


def test_hours_come_from_half_hours_and_days_from_both(observe, read):
    observe(0, guest(101), complete(), metrics(101, 0, cpu=0.1))
    month = series(HALF, -2 * DAY, 96, cpu=[0.2, 0.6] * 48, mem=7)
    year = series(QUARTER, -10 * DAY, 40, cpu=0.9)

    observe(300, guest(101), complete(), month, year)

    hours = read()
    assert (len(hours), hours[0]["at"]) == (49, moment(-2 * DAY).strftime("%Y-%m-%dT%H:%M:%S.000000Z"))
    assert [hours[0][name] for name in ("cpu", "cpu_max", "mem", "samples")] == [pytest.approx(0.4), 0.6, 7, 2]
    # What was seen is left as it is.
    assert (hours[-1]["cpu"], hours[-1]["samples"]) == (0.1, 1)
    days = {day["at"][:10]: (day["cpu"], day["samples"]) for day in read(DAY)}
    # Of the day on which the month begins, and of the one of which the year has a part, the other one tells the whole.
    assert days["2027-01-15"] == (0.1, 1)
    assert days["2027-01-14"] == (pytest.approx(0.4), 48)
    assert days["2027-01-13"] == (0.9, 4)
    assert "2027-01-05" not in days


def test_what_is_told_in_weeks_or_is_removed_again_fills_nothing(observe, read):
    observe(0, guest(101), complete())

    observe(300, guest(101), complete(), series(7 * DAY, -70 * DAY, 10, cpu=1), series(HALF, -30 * DAY, 96, cpu=1))

    assert read() == []
    assert len(read(DAY)) == 2


def test_each_is_asked_for_once_nodes_first_and_what_has_appeared_since_never(observe, history, list_due):
    known = [guest(101), guest(102, "db-01"), thing("node", "pve1", x=1), thing("volumes", "local@pve1", x=1)]
    everything = [*known, complete(), thing("storage", "local", x=1)]
    observe(0, *everything)
    assert list_due() == ["node/pve1", "volumes/local@pve1", "guest/101", "guest/102"]
    assert list_due(2) == ["node/pve1", "volumes/local@pve1"]
    assert history.list_unfilled(LAB, 1)[0]["timeframes"] == ["month", "year"]

    empty = {"line": "rrd", "kind": "guest", "key": "102", "step": 0, "since": 0, "times": [], "values": {}}
    observe(300, *everything, guest(103, "new"), series(HALF, -DAY, 48, "node", "pve1", cpu=1), empty, make_failed())

    # What could not be read waits for a day.
    assert list_due() == ["volumes/local@pve1"]
    observe(600, guest(101), complete(), series(HALF, -DAY, 48, "volumes", "local@pve1", disk=1))
    assert list_due() == []


def test_what_can_t_be_read_is_not_asked_for_for_ever(observe, history, database):
    observe(0, guest(101), complete())
    asked = 0
    for number in range(1, 20):
        with database.engine.connect() as connection:
            due = backfill.list_due(connection, LAB, 9, datetime.fromtimestamp(4_000_000_000, UTC))
        asked += len(due)
        observe(number, guest(101), complete(), *[make_failed()] * len(due))

    assert asked == backfill._MOST_TRIES


def test_the_numbers_of_a_guest_that_had_the_vmid_before_are_not_taken(observe, read):
    made = START - 12 * HOUR
    observe(0, guest(101, config={"meta": f"creation-qemu=10.0.2,ctime={made}"}), complete())

    observe(300, guest(101), complete(), series(HALF, -DAY, 48, cpu=1))

    assert len(read()) == 12


@pytest.mark.parametrize(
    "wrong",
    [
        {"step": 0},
        {"times": [START, START]},
        {"times": [10**20]},
        {"since": START * 2},
        {"values": {"cpu": [1.0]}},
        {"values": {"cpu": 1.0}},
        {"times": None},
    ],
)
def test_a_line_that_makes_no_sense_is_refused(observe, wrong):
    observe(0, guest(101), complete())

    with pytest.raises(UsageError, match="no whole observation"):
        observe(300, guest(101), complete(), series(HALF, -DAY, 48, cpu=1) | wrong)
