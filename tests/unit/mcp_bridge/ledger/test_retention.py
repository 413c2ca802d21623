"""Old runs can be removed, and what stays can still be proven."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import NullPool, create_engine, text

from mcp_bridge.errors import LedgerError, UsageError
from mcp_bridge.ledger import artifacts
from mcp_bridge.ledger.records import Closing, KeptPlan, Opening, Who, make_expiry
from mcp_bridge.ledger.writer import LedgerWriter
from mcp_bridge.policy.freeze import Freezer

DONE = Closing("ok", "allowed", True, "Changed guest 101.")
WHO = Who("playvisor-cli", "1.0")
DAY = "2026-01-{:02}T00:00:00.000000Z"


@pytest.fixture
def ledger(tmp_path, ledger_url):
    return LedgerWriter(tmp_path, ledger_url)


@pytest.fixture
def database(tmp_path, ledger_url):
    url = ledger_url.replace("://", "+psycopg://") if ledger_url else f"sqlite:///{tmp_path / 'ledger.db'}"

    def execute(statement, **values):
        with create_engine(url, poolclass=NullPool).begin() as connection:
            done = connection.execute(text(statement), values)
            return done.all() if done.returns_rows else None

    return execute


@pytest.fixture
def on_day(ledger, monkeypatch):
    """Let it be that day of a month, whenever something is written."""
    return lambda day: monkeypatch.setattr("mcp_bridge.ledger.records.current_timestamp", lambda: DAY.format(day))


def opening(run_id):
    return Opening(run_id, "stop_guest", {"vmid": 101}, "apply", WHO, "0.1.0", "guest_state")


def run(ledger, run_id):
    """A run with an artifact."""
    ledger.open(opening(run_id))
    (ledger.folder(run_id) / "plan").mkdir(parents=True)
    (ledger.folder(run_id) / "plan" / "stdout").write_text("ok")
    ledger.close(run_id, replace(DONE, artifacts_sha256=artifacts.seal(ledger.folder(run_id))))


def prune(ledger, before, run_id):
    removal = ledger.find_removable(before)
    ledger.prune(removal, opening(run_id))
    return removal


def ids(ledger):
    return [row.run_id for row in ledger.recent()]


def faults(ledger):
    return [(fault.run_id, fault.what) for fault in ledger.verify().faults]


@pytest.fixture
def four_runs(ledger, on_day):
    """One a day; the second reaches into the third day, and the fourth is not closed."""
    on_day(1)
    run(ledger, "one")
    on_day(2)
    ledger.open(opening("two"))
    on_day(3)
    run(ledger, "three")
    ledger.close("two", DONE)
    on_day(4)
    ledger.open(opening("four"))
    return ledger


def test_what_is_old_goes_with_its_artifacts_and_the_rest_verifies(four_runs, tmp_path):
    removal = prune(four_runs, DAY.format(2), "pruning")

    assert (removal.runs, removal.entry, list(removal.kept)) == (1, 3, [1])
    assert ids(four_runs) == ["pruning", "four", "three", "two"]
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["three"]
    assert not (tmp_path / "pruning").exists()
    checked = four_runs.verify()
    assert (checked.faults, checked.since, checked.start) == ([], DAY.format(2), 3)
    assert (checked.runs, checked.entries) == (4, 8)


@pytest.mark.parametrize("day", [2, 3, 9])
def test_nothing_is_left_of_what_finds_a_run_that_went(four_runs, database, day):
    prune(four_runs, DAY.format(day), "pruning")

    assert [row.run_id for row in four_runs.recent(guest="101")] == ids(four_runs)[1:]
    stray = "SELECT count(*) FROM run_words WHERE opened_seq NOT IN (SELECT opened_seq FROM runs)"
    assert database(stray) == [(0,)]


def test_the_removal_is_a_run_that_says_what_went(four_runs):
    prune(four_runs, DAY.format(2), "pruning")

    row = four_runs.find("pruning")
    assert (row.tool, row.outcome, row.client_name) == ("prune_runs", "ok", "playvisor-cli")
    assert (row.arguments["before"], row.arguments["entry"], row.arguments["runs"]) == (DAY.format(2), 3, 1)


def test_a_run_that_reaches_over_the_border_stays_whole(four_runs):
    removal = prune(four_runs, DAY.format(3), "pruning")

    assert (sorted(removal.kept), removal.kept_runs) == ([1, 4], 1)
    assert ids(four_runs) == ["pruning", "four", "three", "two"]
    assert faults(four_runs) == []


def test_everything_can_go_but_what_is_not_closed(four_runs):
    prune(four_runs, DAY.format(9), "pruning")

    assert ids(four_runs) == ["pruning", "four"]
    assert faults(four_runs) == []
    four_runs.close("four", DONE)
    assert faults(four_runs) == []


def test_old_runs_can_be_removed_again_and_again(four_runs):
    for number, day in enumerate((2, 4, 9)):
        prune(four_runs, DAY.format(day), f"pruning {number}")
        assert faults(four_runs) == []

    assert ids(four_runs) == ["pruning 2", "four"]


def test_there_is_nothing_to_remove_before_the_first_run(four_runs):
    assert four_runs.find_removable(DAY.format(1)) is None


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE runs SET tool = 'x' WHERE run_id = 'one'",
        "UPDATE runs SET summary = NULL WHERE run_id = 'one'",
        "UPDATE runs SET closed_hash = opened_hash WHERE run_id = 'one'",
        "DELETE FROM runs WHERE run_id = 'one'",
    ],
)
def test_what_does_not_verify_is_not_removed(four_runs, database, tampering):
    database(tampering)
    before = ids(four_runs)

    with pytest.raises(LedgerError, match="Nothing was removed"):
        four_runs.find_removable(DAY.format(4))

    assert ids(four_runs) == before


def test_artifacts_that_were_changed_keep_their_run(four_runs):
    (four_runs.folder("one") / "plan" / "stdout").write_text("KO")

    with pytest.raises(LedgerError, match="stdout was changed"):
        four_runs.find_removable(DAY.format(4))


def test_what_was_changed_later_does_not_keep_what_is_old(four_runs, database):
    database("UPDATE runs SET tool = 'x' WHERE run_id = 'four'")

    assert four_runs.find_removable(DAY.format(2)).runs == 1


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE checkpoints SET hash = 'x'",
        "UPDATE checkpoints SET seq = 5",
        "UPDATE checkpoints SET pruned_by = 'two'",
        "DELETE FROM checkpoints",
        "DELETE FROM runs WHERE run_id = 'pruning'",
        "DELETE FROM runs WHERE run_id = 'two'",
        "DELETE FROM runs WHERE run_id = 'three'",
        "UPDATE runs SET tool = 'x' WHERE run_id = 'two'",
        "UPDATE runs SET opened_hash = closed_hash WHERE run_id = 'two'",
        "UPDATE runs SET opened_seq = 1 WHERE run_id = 'two'",
    ],
)
def test_nothing_can_be_changed_unseen_after_a_removal(four_runs, database, tampering):
    prune(four_runs, DAY.format(3), "pruning")

    database(tampering)

    assert faults(four_runs) != []


def test_a_checkpoint_is_no_way_to_remove_a_run_by_hand(four_runs, database):
    row = four_runs.find("one")
    said = {"before": DAY.format(2), "entry": 2, "hash": row.closed_hash, "runs": 1, "kept": {}}
    # A client may call anything by any name, and is refused.
    asked = replace(opening("asked"), tool="prune_runs", arguments=said)
    four_runs.record(asked, replace(DONE, outcome="failed", decision="invalid"))
    database("DELETE FROM runs WHERE run_id = 'one'")
    database("INSERT INTO checkpoints VALUES (2, :hash, 'asked')", hash=row.closed_hash)

    what = "where the ledger begins is not what the entry by which older ones were removed says"
    assert ("asked", what) in faults(four_runs)


def test_a_removal_that_was_broken_off_leaves_everything(four_runs, monkeypatch, tmp_path):
    removal = four_runs.find_removable(DAY.format(2))

    def fail(*_arguments):
        assert (tmp_path / "pruning" / "pruning" / "one").is_dir()
        raise OSError("no power")

    with monkeypatch.context() as broken:
        broken.setattr("mcp_bridge.ledger.writer.append_closing", fail)
        with pytest.raises(OSError, match="no power"):
            four_runs.prune(removal, opening("pruning"))

    assert faults(four_runs) == []
    assert ids(four_runs)[-1] == "one"
    assert not (tmp_path / "pruning").exists()


def test_a_removal_whose_process_was_killed_is_settled_by_the_next(four_runs, tmp_path):
    (tmp_path / "pruning" / "killed").mkdir(parents=True)
    four_runs.folder("one").rename(tmp_path / "pruning" / "killed" / "one")

    prune(four_runs, DAY.format(2), "pruning")

    assert faults(four_runs) == []
    assert not (tmp_path / "pruning").exists()


def test_the_second_of_two_removals_of_one_run_fails(four_runs):
    removal = four_runs.find_removable(DAY.format(2))
    prune(four_runs, DAY.format(3), "first")

    with pytest.raises(LedgerError, match="somebody else"):
        four_runs.prune(removal, opening("second"))

    assert faults(four_runs) == []


def test_old_plans_go_with_their_acts_and_those_in_date_stay(ledger, on_day, database):
    on_day(1)
    plan = KeptPlan("p", "d" * 64, "stop_guest", {}, {}, "c", DAY.format(2), "ready", made_at=DAY.format(1))
    ledger.plans.keep(plan)
    ledger.plans.keep(replace(plan, plan_id="q", expires_at=make_expiry(60)))
    run(ledger, "one")
    on_day(4)
    run(ledger, "two")

    prune(ledger, DAY.format(3), "pruning")

    assert [kept.plan_id for kept in ledger.plans.list_recent()] == ["q"]
    assert database("SELECT subject FROM acts WHERE kind = 'plan_kept'") == [("q",)]
    assert faults(ledger) == []
    assert ledger.plans.find("q").state == "ready"


def test_the_record_of_a_removal_outlives_the_next(ledger, on_day):
    for day in (1, 3, 5):
        on_day(day)
        run(ledger, f"run {day}")
        if day > 1:
            prune(ledger, DAY.format(day), f"pruning {day}")
    on_day(9)
    prune(ledger, DAY.format(9), "pruning 9")

    assert ids(ledger) == ["pruning 9"]
    removals = [(act["facts"]["run"], act["facts"]["runs"]) for act in ledger.list_acts(kind="pruned")]
    assert removals == [("pruning 9", 2), ("pruning 5", 2), ("pruning 3", 1)]
    assert faults(ledger) == []


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM acts WHERE seq = (SELECT min(seq) FROM acts WHERE kind = 'pruned')",
        "UPDATE acts SET facts = '{}' WHERE seq = (SELECT min(seq) FROM acts WHERE kind = 'pruned')",
        "DELETE FROM acts WHERE kind = 'frozen'",
        "UPDATE acts SET who = 'x' WHERE kind = 'frozen'",
        "DELETE FROM acts WHERE seq = 1",
    ],
)
def test_the_acts_that_stay_can_not_be_changed_unseen(ledger, on_day, database, tampering):
    on_day(1)
    Freezer(ledger.database).freeze("an audit")
    run(ledger, "one")
    on_day(3)
    prune(ledger, DAY.format(2), "first")
    on_day(5)
    prune(ledger, DAY.format(4), "second")
    assert faults(ledger) == []
    assert Freezer(ledger.database).read_freeze().why == "an audit"

    database(tampering)

    assert faults(ledger) != []


def test_what_is_younger_than_the_least_age_is_not_removed(ledger):
    run(ledger, "one")
    tomorrow = make_expiry(86_400)

    with pytest.raises(UsageError, match="Runs of the last 30 days are not removed"):
        ledger.find_removable(tomorrow, 30)

    assert ids(ledger) == ["one"]


def test_the_facts_that_a_removal_rests_on_are_in_the_chain(four_runs, database):
    prune(four_runs, DAY.format(3), "pruning")
    said = four_runs.find("pruning").arguments

    database("UPDATE runs SET arguments = :said WHERE run_id = 'pruning'", said=json.dumps({**said, "before": "x"}))

    assert ("pruning", "the facts of the opened entry were changed after it was written") in faults(four_runs)
