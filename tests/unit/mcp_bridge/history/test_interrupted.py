"""What is killed, raced or led by a wrong clock: nothing is lost, and nothing is there twice."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from observations import (
    LAB,
    START,
    attribute_to_nobody,
    complete,
    describe,
    guest,
    metrics,
    moment,
    task,
    write_observation,
)
from sqlalchemy import select

from mcp_bridge.database.tables import history_objects, history_versions
from mcp_bridge.history import ingest, object_rows
from mcp_bridge.history.ingest import StaleObservation
from mcp_bridge.history.observation import parse_observation
from mcp_bridge.history.store import History

on_both = pytest.mark.parametrize("shared_database", ["sqlite", "postgresql"], indirect=True)


def dump(database):
    """All that the history says, without numbers of rows."""
    objects, versions = history_objects.c, history_versions.c
    with database.engine.connect() as connection:
        facts = [objects.kind, objects.key, objects.first_seen, objects.gone_at, objects.changed_at, objects.sections]
        rows = connection.execute(select(*facts).order_by(objects.key, objects.first_seen)).all()
        made = [versions.valid_from, versions.valid_to, versions.what, versions.fields, versions.document, objects.key]
        joined = select(*made).join(history_objects, objects.id == versions.object_id)
        return rows, connection.execute(joined.order_by(objects.key, versions.valid_from, versions.what.desc())).all()


def require_whole(database):
    """Every object has versions one after the other without a gap, the last one open."""
    with database.engine.connect() as connection:
        rows = connection.execute(
            select(history_versions).order_by(history_versions.c.object_id, history_versions.c.valid_from)
        ).all()
        gone = dict(connection.execute(select(history_objects.c.id, history_objects.c.gone_at)).all())
    assert Counter(row.object_id for row in rows if row.valid_to is None) == dict.fromkeys(gone, 1)
    for row, following in pairwise(rows):
        if row.object_id == following.object_id:
            assert row.valid_to == following.valid_from
    assert {row.object_id for row in rows if row.valid_to is None and row.document is None} == {
        number for number, at in gone.items() if at
    }


def make_second(count):
    """What has happened to many guests: some changed, some are gone, some appeared, some are others."""
    lines = []
    for number in range(count):
        config = {"cores": "4" if number % 3 == 0 else "2", "smbios1": f"uuid={number}"}
        if number % 7 == 1:
            config["smbios1"] = f"uuid={number}-new"
        if number % 5 != 2:
            lines.append(guest(100 + number, f"web-{number}", config=config))
    lines += [guest(100 + count + number, f"new-{number}") for number in range(5)]
    return [*lines, complete(), task(1, "qmdestroy", 101, 40, 50), metrics(100, 60, cpu=0.5)]


def make_first(count):
    guests = [
        guest(100 + number, f"web-{number}", config={"cores": "2", "smbios1": f"uuid={number}"})
        for number in range(count)
    ]
    return [*guests, complete()]


@pytest.fixture
def ingest_undisturbed(write, history, database, monkeypatch):
    """What two observations come to when nothing interrupts them."""
    monkeypatch.setattr(object_rows, "_BATCH", 7)
    history.ingest(write(0, *make_first(40)), attribute_to_nobody)
    changes = history.ingest(write(60, *make_second(40)), attribute_to_nobody)
    found = dump(database)
    with database.engine.begin() as connection:
        connection.execute(history_objects.delete())
        connection.execute(history_versions.delete())
        connection.exec_driver_sql("DELETE FROM history_state")
    return found, describe(changes)


def test_an_observation_that_was_broken_off_anywhere_is_taken_whole_the_next_time(
    write, history, database, ingest_undisturbed, monkeypatch
):
    rng = random.Random(1)
    found, changes = ingest_undisturbed
    history.ingest(write(0, *make_first(40)), attribute_to_nobody)
    writing, left = ingest.writing, 0

    def may_fail(*arguments):
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        return writing(*arguments)

    monkeypatch.setattr(ingest, "writing", may_fail)
    told = []
    for _attempt in range(6):
        left = rng.randrange(12)
        try:
            told += describe(history.ingest(write(60, *make_second(40)), attribute_to_nobody))
        except KeyboardInterrupt:
            require_whole(database)
    left = 1000
    told += describe(history.ingest(write(60, *make_second(40)), attribute_to_nobody))

    assert dump(database) == found
    # The changes that were taken by an attempt that was broken off are in the history, and told by nobody.
    assert Counter(told) <= Counter(changes)
    assert Counter(describe(history.list_changes(limit=999))) == Counter(changes)


def test_the_next_observation_goes_on_where_one_was_broken_off(
    write, history, database, ingest_undisturbed, monkeypatch
):
    _found, changes = ingest_undisturbed
    history.ingest(write(0, *make_first(40)), attribute_to_nobody)
    with monkeypatch.context() as broken:
        broken.setattr(ingest.Ingest, "_find_gone", lambda *_arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            history.ingest(write(60, *make_second(40)), attribute_to_nobody)

    later = history.ingest(write(61, *make_second(40)), attribute_to_nobody)

    assert describe(later) == [change for change in changes if " gone" in change][-len(later) :]
    assert Counter(describe(history.list_changes(limit=999))) == Counter(changes)
    require_whole(database)


@on_both
def test_two_writers_at_once_write_it_once(write, database, ingest_undisturbed, tmp_path):
    found, changes = ingest_undisturbed
    History(database).ingest(write(0, *make_first(40)), attribute_to_nobody)
    observation = parse_observation(write_observation(tmp_path / "both.jsonl", 60, make_second(40)))

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _number: History(database).ingest(observation, attribute_to_nobody), range(4)))

    assert dump(database) == found
    assert Counter(change for each in told for change in describe(each)) == Counter(changes)


def test_writers_of_different_moments_leave_a_whole_history(write, database, ingest_undisturbed, tmp_path):
    observations = [
        parse_observation(write_observation(tmp_path / f"{at}.jsonl", at, make_second(40 - at))) for at in range(1, 9)
    ]

    def take(observation):
        for _attempt in range(20):
            try:
                return History(database).ingest(observation, attribute_to_nobody)
            except StaleObservation:
                return []
        return []

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(take, observations))

    require_whole(database)
    assert History(database).find_last_observation(LAB) == moment(8)


def test_what_is_older_than_what_is_known_is_not_taken(observe, history, database):
    observe(100, guest(101, status="running"), complete())
    before = dump(database)

    with pytest.raises(StaleObservation, match="was not taken"):
        observe(99, guest(101, status="stopped"), guest(102), complete(), task(1, "qmstop", 101, 90, 95))

    assert dump(database) == before
    assert len(history.list_tasks(LAB, moment(0))) == 1


def test_after_a_clock_was_set_back_the_history_goes_on(observe, history, database):
    now = int(time.time()) - START
    observe(now - 100, guest(101, config={"cores": "1"}), complete())
    observe(now + 7200, guest(101, config={"cores": "2"}), guest(102, "new"), complete())
    observe(now + 7300, guest(101, config={"cores": "3"}), complete())

    changes = observe(now, guest(101, config={"cores": "4"}), complete())

    assert describe(changes) == ["guest 101 changed config.cores"]
    assert changes[0].attribution.not_before is None
    require_whole(database)
    (found,) = history.find_objects("101")
    assert [history.read_document(found.id, moment(now + at))["config"]["cores"] for at in (-50, -1, 0)] == list("114")
    listed = history.list_changes(object_ids=[found.id])
    assert [[one.after for one in each.fields] for each in listed] == [["4"], ["3"], ["2"]]
    assert all(each.attribution.at <= datetime.now(UTC) for each in history.list_changes())
    assert describe(observe(now + 60, guest(101, config={"cores": "5"}), complete())) == describe(changes)
    assert history.due_details(LAB, 9, moment(now + 61)) == [101]


@pytest.mark.thorough
def test_a_process_that_is_killed_while_it_takes_one_leaves_a_whole_history(database, tmp_path, write):
    History(database).ingest(write(0, *make_first(300)), attribute_to_nobody)
    path = write_observation(tmp_path / "second.jsonl", 60, make_second(300))
    code = (
        "import sys; from pathlib import Path; from mcp_bridge.database.open import Database;"
        "from mcp_bridge.history import object_rows; from mcp_bridge.history.store import History;"
        "from mcp_bridge.history.observation import parse_observation; object_rows._BATCH = 5;"
        f"print('ready', flush=True); History(Database(Path({str(database.state_dir)!r}), {database.url!r}))"
        f".ingest(parse_observation(Path({str(path)!r})), lambda change: change.attribution)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        while not History(database).list_changes(limit=1):
            assert process.poll() is None
            time.sleep(0.005)
        process.kill()
    require_whole(database)

    History(database).ingest(parse_observation(path), attribute_to_nobody)

    require_whole(database)
    told = Counter(describe(History(database).list_changes(limit=9999)))
    assert max(told.values()) == 1
    assert told["guest 100 changed config.cores"] == told["guest 102 gone"] == told["guest 400 appeared"] == 1
