"""A ledger that several processes verify: sound when it is, and left to `verify` whenever it may not be."""

from __future__ import annotations

import os
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import text

from mcp_bridge.ledger import artifacts, chain, parallel_verify
from mcp_bridge.ledger.head_file import HeadFile
from mcp_bridge.ledger.records import Closing, Opening, Who
from mcp_bridge.ledger.writer import LedgerWriter

DONE = Closing("ok", "allowed", True, "Changed guest 101.", "d" * 64, None, ["UPID:pve1:1:"])
RUNS = 12

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core is one process"),
]


def opening(number):
    who = Who("client", "1.0", "ops@pve!ai", "https://pve:8006")
    return Opening(str(uuid.UUID(int=number)), "stop_guest", {"vmid": 101}, "apply", who, "0.1.0", "guest_state")


@pytest.fixture
def ledger(tmp_path, ledger_url):
    """Runs that overlap: every third ends four runs later, one with artifacts, and one goes on."""
    ledger = LedgerWriter(tmp_path, ledger_url)
    for number in range(RUNS):
        ledger.open(opening(number))
        if number % 3:
            ledger.close(opening(number).run_id, DONE)
        if number % 3 == 1 and number > 3:
            ledger.close(opening(number - 4).run_id, DONE)
    kept = opening(RUNS)
    ledger.open(kept)
    folder = ledger.folder(kept.run_id) / "plan"
    folder.mkdir(parents=True)
    (folder / "stdout").write_text("ok")
    ledger.close(kept.run_id, replace(DONE, artifacts_sha256=artifacts.seal(ledger.folder(kept.run_id))))
    return ledger


def shared(ledger, monkeypatch):
    """What several processes find."""
    monkeypatch.setattr(parallel_verify, "WORTH", 1)
    with ledger.database.engine.connect() as connection:
        return parallel_verify.verify_if_intact(
            connection,
            ledger.database.url,
            ledger._folders,
            shared=ledger.database.file is None,
            known=HeadFile(ledger.database.state_dir).read(),
        )


def test_several_processes_count_what_one_does(ledger, monkeypatch):
    assert shared(ledger, monkeypatch) == ledger.verify()


def test_a_small_ledger_is_left_to_one_process(ledger):
    with ledger.database.engine.connect() as connection:
        assert parallel_verify.verify_if_intact(connection, ledger.database.url, ledger._folders, shared=False) is None


@pytest.mark.parametrize("ledger_url", [None])
@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE runs SET summary = 'Nothing.' WHERE opened_seq = 5",
        "UPDATE runs SET tool = 'list_guests' WHERE opened_seq = 11",
        "UPDATE runs SET closed_prev = opened_hash WHERE closed_seq > 9",
        "UPDATE runs SET outcome = 'ok' WHERE closed_seq IS NULL",
        "DELETE FROM runs WHERE opened_seq = 2",
        "DELETE FROM runs WHERE opened_seq = (SELECT max(opened_seq) FROM runs)",
        "UPDATE runs SET opened_seq = -1 WHERE opened_seq = 5",
        "UPDATE runs SET opened_seq = 1000 WHERE opened_seq = 5",
        "UPDATE ledger_head SET seq = seq + 1",
    ],
)
def test_whatever_was_tampered_with_is_left_to_one_process_which_names_it(ledger, monkeypatch, tampering):
    with ledger.database.engine.begin() as connection:
        connection.execute(text(tampering))

    assert shared(ledger, monkeypatch) is None
    assert ledger.verify().faults


@pytest.mark.parametrize("ledger_url", [None])
def test_artifacts_that_were_changed_or_are_nobodys_are_left_to_one_process(ledger, monkeypatch):
    (ledger.folder(opening(RUNS).run_id) / "plan" / "stdout").write_text("other")
    assert shared(ledger, monkeypatch) is None
    (ledger.folder(opening(RUNS).run_id) / "plan" / "stdout").write_text("ok")
    ledger.folder("unknown").mkdir()
    assert shared(ledger, monkeypatch) is None


def test_stretches_are_one_chain_only_without_a_gap_and_from_its_beginning():
    first, second = chain.Stretch(1, chain.GENESIS, 4, "a"), chain.Stretch(5, "a", 6, "b")

    assert chain.is_whole([second, first], 6, "b")
    assert not chain.is_whole([first], 6, "b")
    assert not chain.is_whole([second], 6, "b")
    assert not chain.is_whole([first, second._replace(previous="c")], 6, "b")
    assert not chain.is_whole([first, second], 6, "c")
