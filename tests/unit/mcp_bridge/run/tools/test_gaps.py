"""What the history says of times that nobody has looked at: never that nothing changed."""

from __future__ import annotations

import time

import pytest
from observations import START, attribute_to_nobody, complete, guest, write_observation

from mcp_bridge.database.open import Database
from mcp_bridge.errors import UsageError
from mcp_bridge.history.observation import parse_observation
from mcp_bridge.history.store import History
from mcp_bridge.run.tools.history import Readings

HOUR, URL = 3600, "https://pve1:8006"


@pytest.fixture
def history(tmp_path):
    return History(Database(tmp_path / "state"))


@pytest.fixture
def make_readings(history, tmp_path):
    """The readings of a cluster that was looked at so many hours ago."""

    def look(*ages, url=URL):
        for age in ages:
            at = int(time.time() - age * HOUR) - START
            observation = parse_observation(write_observation(tmp_path / "seen.jsonl", at, [guest(101), complete()]))
            history.ingest(observation, attribute_to_nobody)
            history.set_cursor(observation.cluster, {"urls": [URL]})
        return Readings(history, url)

    return look


@pytest.mark.parametrize(
    ("ages", "since", "until", "words"),
    [
        ((), "1d", None, ["Nobody has looked at a cluster yet"]),
        ((10, 0), "9h", None, []),
        ((10, 0), "1d", None, ["The history begins at"]),
        ((10, 0), "2d", "1d", ["Nothing is known of that time"]),
        ((10, 5), "9h", None, ["What happened after"]),
        ((10, 5), "9h", "6h", []),
        ((10, 5), "2h", None, ["Nobody has looked since"]),
        ((10, 5), "2h", "1h", ["Nobody has looked since"]),
        ((10, 5), "1d", None, ["The history begins at", "What happened after"]),
    ],
)
def test_what_is_not_known_of_a_period_is_said(make_readings, ages, since, until, words):
    readings = make_readings(*ages)

    listed = readings.list_changes(since=since, until=until)["warnings"]
    differing = readings.diff(start=since, end=until or "now")["warnings"]

    assert listed == differing
    assert [warning.startswith(word) for warning, word in zip(listed, words, strict=True)] == [True] * len(words)


def test_how_something_was_before_the_first_look_is_not_known(make_readings):
    readings = make_readings(10, 0)

    with pytest.raises(UsageError, match="nobody has looked before"):
        readings.show("web-01", at="1d")
    assert "warnings" not in readings.show("web-01", at="9h")
    assert make_readings().show("web-01")["document"]


def test_of_another_cluster_it_is_said_that_nobody_has_looked(make_readings):
    other = make_readings(10, 0, url="https://pve9:8006").list_changes(since="1h")

    assert "Nobody has looked at the cluster at https://pve9:8006 yet" in other["warnings"][0]
