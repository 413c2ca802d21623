"""What is old goes in tiers, and every moment of a tier can still be read."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from observations import LAB, START, attribute_to_jo, complete, describe, guest, metrics, moment, task
from sqlalchemy import delete

from mcp_bridge.database.tables import history_versions
from mcp_bridge.database.transactions import transaction
from mcp_bridge.history.retention import Keep, Removal

DAY = 86400
# The start of the tests is at eight in the morning.
HOUR = 3600


@pytest.fixture
def old(observe, history):
    """Three days of changes: five of one doer on the second one, then one of another, then one on the third day."""
    observe(0, guest(101, config={"cores": "1"}), guest(102, "db-01"), complete(), task(1, "qmstart", 101, 0, 1))
    observe(HOUR, guest(101, config={"cores": "1"}), complete(), metrics(101, HOUR, cpu=0.5))
    for number in range(5):
        at = DAY + number * HOUR
        observe(at, guest(101, config={"cores": str(2 + number)}), complete(), attribute=attribute_to_jo)
    observe(DAY + 9 * HOUR, guest(101, config={"cores": "9"}), complete())
    observe(2 * DAY, guest(101, config={"cores": "9"}, status="stopped"), complete())
    return history


def list_cores(history):
    (found,) = history.find_objects("101")
    changes = history.list_changes(object_ids=[found.id])
    return [(one.before, one.after) for each in reversed(changes) for one in each.fields]


def test_what_is_young_stays(old):
    keep = Keep(days=5, daily_days=9)

    assert old.find_removable(keep, moment(3 * DAY)) == old.prune(keep, moment(3 * DAY)) == Removal()
    assert len(list_cores(old)) == 7


def test_one_version_stands_for_those_of_its_day_and_doer(old):
    removed = old.prune(Keep(days=1, daily_days=999), moment(4 * DAY))

    assert removed.versions == 4
    assert list_cores(old) == [("1", "6"), ("6", "9"), ("running", "stopped")]
    merged = old.list_changes(user="jo@pve")[0]
    assert (merged.attribution.at, merged.attribution.not_before) == (moment(DAY + 4 * HOUR), moment(HOUR))
    (found,) = old.find_objects("101")
    assert [old.read_document(found.id, moment(at * HOUR))["config"]["cores"] for at in (1, 26, 29, 50)] == list("1169")
    assert describe(old.diff(moment(0), moment(9 * DAY))) == [
        "guest 101 changed config.cores overview.status",
        "guest 102 gone",
    ]
    assert old.prune(Keep(days=1, daily_days=999), moment(4 * DAY)).versions == 0


def test_changes_of_a_day_that_come_to_nothing_go(observe, history):
    observe(0, guest(101, config={"cores": "1"}), complete())
    for number in range(4):
        observe(60 + number, guest(101, config={"cores": "12"[(number + 1) % 2]}), complete())

    assert history.prune(Keep(days=1, daily_days=999), moment(3 * DAY)).versions == 4
    assert history.list_changes() == []
    (found,) = history.find_objects("101")
    assert history.read_document(found.id)["config"]["cores"] == "1"
    assert describe(observe(4 * DAY, guest(101, config={"cores": "2"}), complete())) == [
        "guest 101 changed config.cores"
    ]


def test_who_changed_which_field_is_kept_for_those_that_stand_for_several(observe, history):
    def attribute(change):
        jo = attribute_to_jo(change)
        return replace(jo, source="several", of_fields={field.path: jo for field in change.fields[:1]})

    observe(0, guest(101, config={"cores": "1"}), complete())
    observe(60, guest(101, config={"cores": "2"}), complete(), attribute=attribute)
    observe(120, guest(101, config={"cores": "2", "memory": "512"}), complete(), attribute=attribute)
    history.prune(Keep(days=1, daily_days=999), moment(3 * DAY))

    (merged,) = history.list_changes()
    assert {path: by.user for path, by in merged.attribution.of_fields.items()} == {
        "config.cores": "jo@pve",
        "config.memory": "jo@pve",
    }


def test_the_oldest_go_and_what_is_still_valid_stays(old):
    now = moment(5 * DAY - 1)
    keep = Keep(days=1, daily_days=3)
    expected = old.find_removable(keep, now)

    removed = old.prune(keep, now)

    # One guest with its two versions, and all versions of the other that ended before the third day.
    assert (removed.objects, removed.versions) == (expected.objects, expected.versions) == (1, 8)
    assert old.find_objects("db-01") == []
    assert list_cores(old) == [("6", "9"), ("running", "stopped")]
    assert describe(old.diff(moment(0), now)) == ["guest 101 changed overview.status"]


def test_tasks_and_numbers_go_by_tiers(old):
    assert old.prune(Keep(days=30, daily_days=60), moment(20 * DAY)) == Removal(metrics=1)
    assert old.prune(Keep(days=30, daily_days=60), moment(40 * DAY)).tasks == 1
    assert old.find_removable(Keep(days=30, daily_days=60), moment(70 * DAY)).metrics == 1


def test_what_comes_back_after_it_was_half_removed_is_new(old, observe, database):
    # As after a process that died before it removed the object itself.
    with transaction(database.engine) as connection:
        gone = [each.id for each in old.find_objects("db-01")]
        connection.execute(delete(history_versions).where(history_versions.c.object_id.in_(gone)))

    changes = observe(9 * DAY, guest(101), guest(102, "db-01"), complete())

    assert "guest 102 appeared" in describe(changes)
    assert len(old.find_objects("db-01")) == 2


def test_what_is_old_only_by_a_clock_that_is_ahead_stays(observe, history):
    # This machine's clock says that the cluster was looked at 400 days ago, though it was now.
    seen = int(time.time()) - START - 400 * DAY
    observe(seen - DAY, guest(101, config={"cores": "1"}), complete())
    observe(seen, guest(101, config={"cores": "2"}), complete(), task(1, "qmconfig", 101, seen - 60, seen - 50))

    assert history.find_removable(Keep(days=90, daily_days=100)) == Removal()
    assert history.prune(Keep(days=90, daily_days=100)) == Removal()
    assert len(history.list_tasks(LAB, moment(seen - DAY))) == 1
