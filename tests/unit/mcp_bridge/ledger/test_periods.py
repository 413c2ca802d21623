"""Times as people give them."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from mcp_bridge.errors import UsageError
from mcp_bridge.ledger.periods import parse_period, parse_time

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90m", datetime(2026, 11, 30, 10, 30, tzinfo=UTC)),
        ("24h", datetime(2026, 11, 29, 12, tzinfo=UTC)),
        ("24h ago", datetime(2026, 11, 29, 12, tzinfo=UTC)),
        ("2 days", datetime(2026, 11, 28, 12, tzinfo=UTC)),
        (" 2w ", datetime(2026, 11, 16, 12, tzinfo=UTC)),
        ("2026-11-30T08:00Z", datetime(2026, 11, 30, 8, tzinfo=UTC)),
        ("2026-11-30 08:00+02:00", datetime(2026, 11, 30, 6, tzinfo=UTC)),
        ("2026-11-30", datetime(2026, 11, 30).astimezone(UTC)),
        ("30s", datetime(2026, 11, 30, 11, 59, 30, tzinfo=UTC)),
        ("now", NOW),
        ("today", datetime(2026, 11, 30).astimezone(UTC)),
        ("Yesterday", datetime(2026, 11, 29).astimezone(UTC)),
        ("yesterday 14:05", datetime(2026, 11, 29, 14, 5).astimezone(UTC)),
        # NOW is a Monday.
        ("monday", datetime(2026, 11, 30).astimezone(UTC)),
        ("tuesday at 08:00", datetime(2026, 11, 24, 8).astimezone(UTC)),
        ("sunday", datetime(2026, 11, 29).astimezone(UTC)),
    ],
)
def test_a_time_is_an_age_a_day_or_a_date(text, moment):
    assert parse_time(text, NOW) == moment


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "yesterday 25:00", "24", "2 months", "-1h", "99999999999w", "2026-13-01"]
)
def test_anything_else_is_refused_with_examples(text):
    with pytest.raises(UsageError) as raised:
        parse_time(text, NOW)
    assert "yesterday" in raised.value.hint


def test_days_begin_at_midnight_where_summer_time_ends(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        # The clock was put back in the night before: yesterday had 25 hours.
        now = datetime(2026, 10, 26, 11, tzinfo=UTC)
        assert parse_time("yesterday", now) == datetime(2026, 10, 24, 22, tzinfo=UTC)
        assert parse_time("today", now) == datetime(2026, 10, 25, 23, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("since", ["2026-11-30T12:01Z", "2099-01-01", "today 23:59:59"])
def test_a_period_that_is_yet_to_begin_is_refused(since):
    with pytest.raises(UsageError, match="is yet to come"):
        parse_period(since, None, NOW)


@pytest.mark.parametrize("period", [("", None), (None, ""), (" ", "now")])
def test_an_empty_time_is_none(period):
    with pytest.raises(UsageError, match="is not a time"):
        parse_period(*period, NOW)


def test_a_period_has_two_ends_the_earlier_first():
    assert parse_period("2h", "1h", NOW) == (parse_time("2h", NOW), parse_time("1h", NOW))
    assert parse_period(None, None, NOW) == (None, None)
    with pytest.raises(UsageError, match="ends before it begins"):
        parse_period("1h", "2h", NOW)
