"""Artifacts stay within a limit; what was removed is an act, and is told from what is missing."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mcp_bridge.ledger import artifacts
from mcp_bridge.ledger.records import Closing, Opening, Who
from mcp_bridge.ledger.storage_limit import StorageLimit, _Stored, choose
from mcp_bridge.ledger.writer import LedgerWriter

NOW = datetime(2026, 6, 30, tzinfo=UTC)
DAY = "2026-{}T00:00:00.000000Z"


def stored(run_id, day, has_changed=False, size=100):
    return _Stored(run_id, "s", DAY.format(day), has_changed, size)


@pytest.mark.parametrize(
    ("limit", "chosen"),
    [
        (StorageLimit(1000), ""),
        (StorageLimit(450), "b"),
        (StorageLimit(350), "bd"),
        (StorageLimit(250), "bda"),
        (StorageLimit(0), "bda"),
        (StorageLimit(0, keep_days=0), "bdac"),
        (StorageLimit(1000, days=60), "ba"),
        (StorageLimit(1000, days=100), "ba"),
        (StorageLimit(1000, days=170), "a"),
    ],
)
def test_reads_go_first_and_then_the_oldest_but_nothing_that_is_young(limit, chosen):
    runs = [
        stored("a", "01-01", has_changed=True),
        stored("b", "03-01"),
        stored("c", "06-20", has_changed=True),
        stored("d", "06-28"),
        # Within the last hour.
        replace(stored("e", "06-29"), opened_at="2026-06-29T23:30:00.000000Z"),
    ]

    assert "".join(one.run_id for one in choose(runs, limit, NOW)) == chosen


@pytest.fixture
def ledger(tmp_path, ledger_url, monkeypatch):
    ledger = LedgerWriter(tmp_path, ledger_url)
    monkeypatch.setattr("mcp_bridge.ledger.records.current_timestamp", lambda: DAY.format("01-01"))
    for run_id in ("one", "two"):
        ledger.open(Opening(run_id, "list_guests", {}, "read", Who("c"), "0.1.0"))
        (ledger.folder(run_id) / "read").mkdir(parents=True)
        (ledger.folder(run_id) / "read" / "stdout").write_text("x" * 1000)
        sealed = artifacts.seal(ledger.folder(run_id))
        ledger.close(run_id, Closing("ok", "allowed", False, "2 guests.", artifacts_sha256=sealed))
    return ledger


def test_what_was_removed_is_an_act_and_what_is_missing_is_a_fault(ledger):
    assert ledger.limit_artifacts(StorageLimit(1500)) == 1
    assert ledger.limit_artifacts(StorageLimit(1500)) == 0

    verification = ledger.verify()
    assert (verification.faults, verification.removed, verification.artifacts) == ([], 1, 1)
    assert list(ledger.list_acts(1)[0]["facts"]["runs"]) == ["one"]
    assert not ledger.folder("one").exists()

    shutil.rmtree(ledger.folder("two"))
    assert [fault.what for fault in ledger.verify().faults] == ["artifacts: its artifacts are missing"]


def test_a_removal_that_was_killed_after_its_act_is_ended_by_the_next(ledger, monkeypatch):
    with monkeypatch.context() as killed:
        killed.setattr(shutil, "rmtree", lambda *_arguments, **_options: None)
        assert ledger.limit_artifacts(StorageLimit(1500)) == 1
    (ledger.folder("one") / "read" / "stdout").unlink()
    assert ledger.verify().faults == []

    ledger.limit_artifacts(StorageLimit(1500))

    assert not ledger.folder("one").exists()
    assert ledger.verify().faults == []


def test_a_run_that_goes_on_keeps_its_artifacts(ledger):
    ledger.open(Opening("three", "stop_guest", {}, "apply", Who("c"), "0.1.0"))
    (ledger.folder("three") / "plan").mkdir(parents=True)

    assert ledger.limit_artifacts(StorageLimit(0)) == 2
    assert ledger.folder("three").is_dir()
