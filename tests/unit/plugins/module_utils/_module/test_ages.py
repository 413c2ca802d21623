"""Ages, and times that are given as an age or otherwise."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.ages import parse_age, parse_time

NOW = 1_796_000_000.9
MORNING = datetime(2026, 11, 30, 8, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("25m", 1500),
        ("36h", 129_600),
        ("7d", 604_800),
        ("2w", 1_209_600),
        ("24h ago", 86_400),
        ("1 hour ago", 3600),
        ("30 days", 2_592_000),
    ],
)
def test_an_age_is_a_number_and_a_unit(text, seconds):
    assert parse_age(text) == seconds
    assert parse_time(text, NOW) == int(NOW) - seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1795999000", 1_795_999_000),
        (" 1h ", int(NOW) - 3600),
        ("2026-11-30T08:00Z", MORNING),
        ("2026-11-30T10:00+02:00", MORNING),
        ("2026-11-30 08:00:00+00:00", MORNING),
    ],
)
def test_a_time_is_an_age_iso_8601_or_seconds(text, seconds):
    assert parse_time(text, NOW) == seconds


def test_a_time_without_a_zone_is_local():
    assert parse_time("2026-11-30T08:00", NOW) == datetime(2026, 11, 30, 8).timestamp()
    assert parse_time("20261130", NOW) == datetime(2026, 11, 30).timestamp()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", datetime(2026, 11, 29)),
        ("Yesterday", datetime(2026, 11, 28)),
        ("yesterday 14:05", datetime(2026, 11, 28, 14, 5)),
        # Noon is of a Sunday.
        ("sunday", datetime(2026, 11, 29)),
        ("monday at 08:00", datetime(2026, 11, 23, 8)),
    ],
)
def test_a_time_may_be_a_local_day(text, day):
    noon = datetime(2026, 11, 29, 12).timestamp()
    assert parse_time(text, noon) == day.timestamp()
    assert parse_time("now", noon) == noon


@pytest.mark.parametrize(
    "text",
    [
        *("", "25", "1y", "2 months", "5 miles", "-5m", "m", "1.5h"),
        *("tomorrow", "yesterday 25:00", "now 12:00", "2026-13-01"),
    ],
)
def test_anything_else_is_refused_with_examples(text):
    with pytest.raises(PveError) as refused:
        parse_time(text, NOW)

    assert refused.value.code == "invalid_parameter"
    assert "such as" in refused.value.hint
