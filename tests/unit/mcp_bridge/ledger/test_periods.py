"""Times as people give them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mcp_bridge.errors import UsageError
from mcp_bridge.ledger.periods import parse_time

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("90m", datetime(2026, 11, 30, 10, 30, tzinfo=UTC)),
        ("24h", datetime(2026, 11, 29, 12, tzinfo=UTC)),
        ("24h ago", datetime(2026, 11, 29, 12, tzinfo=UTC)),
        ("2 days", datetime(2026, 11, 28, 12, tzinfo=UTC)),
        (" 2w ", datetime(2026, 11, 16, 12, tzinfo=UTC)),
        ("2026-11-30T08:00Z", datetime(2026, 11, 30, 8, tzinfo=UTC)),
        ("2026-11-30 08:00+02:00", datetime(2026, 11, 30, 6, tzinfo=UTC)),
        ("2026-11-30", datetime(2026, 11, 30).astimezone(UTC)),
    ],
)
def test_a_time_is_an_age_or_a_date(text, time):
    assert parse_time(text, NOW) == time


@pytest.mark.parametrize("text", ["", "yesterday", "24", "2 months", "-1h", "99999999999w", "2026-13-01"])
def test_anything_else_is_refused_with_examples(text):
    with pytest.raises(UsageError) as raised:
        parse_time(text, NOW)
    assert "24h" in raised.value.hint
