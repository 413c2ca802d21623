"""When calendar events happen."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pve_simulator.world.calendar_events import in_words, list_times, parse_event

# A Saturday.
NOW = datetime(2026, 11, 21, 9, 7, 30, tzinfo=UTC).timestamp()


def following(text, count=2, after=NOW):
    event, moment, found = parse_event(text), after, []
    while len(found) < count:
        moment = event.next_after(moment)
        found.append(datetime.fromtimestamp(moment, UTC).strftime("%a %Y-%m-%d %H:%M:%S"))
    return found


@pytest.mark.parametrize(
    ("text", "moments"),
    [
        ("*/15", ["Sat 2026-11-21 09:15:00", "Sat 2026-11-21 09:30:00"]),
        ("daily", ["Sun 2026-11-22 00:00:00", "Mon 2026-11-23 00:00:00"]),
        ("hourly", ["Sat 2026-11-21 10:00:00", "Sat 2026-11-21 11:00:00"]),
        ("weekly", ["Mon 2026-11-23 00:00:00", "Mon 2026-11-30 00:00:00"]),
        ("monthly", ["Tue 2026-12-01 00:00:00", "Fri 2027-01-01 00:00:00"]),
        ("yearly", ["Fri 2027-01-01 00:00:00", "Sat 2028-01-01 00:00:00"]),
        ("21:00", ["Sat 2026-11-21 21:00:00", "Sun 2026-11-22 21:00:00"]),
        ("mon..fri 8..17:0/15", ["Mon 2026-11-23 08:00:00", "Mon 2026-11-23 08:15:00"]),
        ("sat,sun 9:00", ["Sun 2026-11-22 09:00:00", "Sat 2026-11-28 09:00:00"]),
        ("fri..mon 1:00", ["Sun 2026-11-22 01:00:00", "Mon 2026-11-23 01:00:00"]),
        ("*-12-24 18:00", ["Thu 2026-12-24 18:00:00", "Fri 2027-12-24 18:00:00"]),
        ("2027-2-1 0:00", ["Mon 2027-02-01 00:00:00"]),
        ("8,20:30", ["Sat 2026-11-21 20:30:00", "Sun 2026-11-22 08:30:00"]),
        ("5", ["Sat 2026-11-21 10:05:00"]),
        ("*:0/15", ["Sat 2026-11-21 09:15:00"]),
        ("sat 00:00", ["Sat 2026-11-28 00:00:00"]),
        ("*-2-29 06:00", ["Tue 2028-02-29 06:00:00"]),
        ("2027-05-01", ["Sat 2027-05-01 00:00:00"]),
        ("9:07:40", ["Sat 2026-11-21 09:07:40", "Sun 2026-11-22 09:07:40"]),
    ],
)
def test_events_follow_each_other(text, moments):
    assert following(text, len(moments)) == moments


def test_a_schedule_lists_times_as_the_api_words_them():
    assert [in_words(moment) for moment in list_times("mon..fri 8..17:0/15", NOW, 3)] == [
        "Mon Nov 23 08:00:00 2026",
        "Mon Nov 23 08:15:00 2026",
        "Mon Nov 23 08:30:00 2026",
    ]
    assert list_times("2020-1-1 0:00", NOW, 3) == []


def test_an_event_in_the_past_never_comes():
    assert parse_event("2020-1-1 0:00").next_after(NOW) is None


def test_an_event_is_after_the_moment_even_when_it_is_now():
    midnight = datetime(2026, 11, 22, tzinfo=UTC).timestamp()

    assert parse_event("daily").next_after(midnight) == midnight + 86400
    assert parse_event("daily").next_after(midnight - 1) == midnight
