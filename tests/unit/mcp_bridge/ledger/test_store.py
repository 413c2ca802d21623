"""The ledger: what it holds, and that nothing in it can be changed unseen."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, NullPool, create_engine, insert, inspect, text, update

from mcp_bridge.auth.tokens import Tokens
from mcp_bridge.authority import Authority
from mcp_bridge.database.open import _create_engine, alembic_config, open_database, upgrade
from mcp_bridge.database.tables import CLOSING, OPENING, SCHEMA_VERSION, metadata
from mcp_bridge.errors import LedgerError, UsageError
from mcp_bridge.ledger import artifacts, chain
from mcp_bridge.ledger.records import Closing, Opening, Who
from mcp_bridge.ledger.writer import LedgerWriter
from mcp_bridge.run.recovery.interrupted import close_interrupted
from mcp_bridge.settings import Settings

DONE = Closing("ok", "allowed", True, "Changed guest 101.", "d" * 64, None, ["UPID:pve1:1:"])


def opening(run_id=None, **fields):
    who = Who("client", "1.0", "ops@pve!ai", "https://pve:8006")
    given = Opening(run_id or str(uuid.uuid4()), "stop_guest", {"vmid": 101}, "apply", who, "0.1.0", "guest_state")
    return replace(given, **fields)


@pytest.fixture
def ledger(tmp_path, ledger_url):
    return LedgerWriter(tmp_path, ledger_url)


@pytest.fixture
def authority(tmp_path, ledger_url):
    return Authority(Settings(state_dir=tmp_path, ledger_url=ledger_url))


@pytest.fixture
def database(tmp_path, ledger_url):
    """The ledger's database for whoever wants to tamper with it; a change is committed at once."""
    url = ledger_url.replace("://", "+psycopg://") if ledger_url else f"sqlite:///{tmp_path / 'ledger.db'}"

    def execute(statement, **values):
        with create_engine(url, poolclass=NullPool).begin() as connection:
            return connection.execute(text(statement), values)

    return execute


@pytest.fixture
def three_runs(ledger):
    """Three closed runs, overlapping in time, the second one with artifacts."""
    ids = [str(uuid.UUID(int=number, version=4)) for number in range(3)]
    ledger.open(opening(ids[0]))
    ledger.open(opening(ids[1]))
    folder = ledger.folder(ids[1]) / "plan" / "artifacts"
    folder.mkdir(parents=True)
    (folder / "stdout").write_text("ok")
    (folder / "rc").write_text("0")
    ledger.close(ids[1], replace(DONE, artifacts_sha256=artifacts.seal(ledger.folder(ids[1]))))
    ledger.close(ids[0], replace(DONE, failure_code="timeout"))
    ledger.record(opening(ids[2]), replace(DONE, outcome="refused"))
    return ids


def faults(ledger):
    return [(fault.run_id, fault.what) for fault in ledger.verify().faults]


def test_a_row_holds_who_did_what_and_how_it_ended(ledger):
    run = opening()
    ledger.open(run)
    assert ledger.find(run.run_id).outcome is None

    ledger.close(run.run_id, DONE)

    row = ledger.find(run.run_id)
    assert row.arguments == {"vmid": 101}
    assert (row.client_name, row.proxmox_user, row.cluster_url) == ("client", "ops@pve!ai", "https://pve:8006")
    assert (row.tool, row.mode, row.playbook) == ("stop_guest", "apply", "guest_state")
    assert (row.outcome, row.changed, row.upids) == ("ok", True, ["UPID:pve1:1:"])
    assert row.opened_at < row.closed_at
    assert row.local_user


def test_the_newest_runs_come_first(ledger, three_runs):
    assert [row.run_id for row in ledger.recent()] == three_runs[::-1]
    assert [row.run_id for row in ledger.recent(1)] == three_runs[2:]


@pytest.mark.parametrize(
    ("guest", "found"),
    [
        *(("103", [0, 2]), ("web-01", [1]), ("web", []), ("10", []), ("web.", []), ("3", [])),
        *(("WEB-01", []), ("name", []), ("guest 103", []), ("web%", []), ("a\0b", []), ("", [])),
    ],
)
def test_runs_are_found_by_the_whole_id_or_name_of_a_guest(ledger, guest, found):
    made = []
    for given, said in (
        ({"vmid": 103}, ""),
        ({"name": "web-01"}, "Guest 1103 too."),
        ({}, "Stopped guest 103 (web-1)."),
    ):
        made.append(opening(arguments=given))
        ledger.record(made[-1], replace(DONE, summary=said))

    assert [row.run_id for row in ledger.recent(2, guest=guest)] == [made[n].run_id for n in reversed(found)]
    assert len(ledger.recent(1, guest=guest)) == min(1, len(found))


def test_runs_are_told_in_the_order_in_which_they_ended(ledger, three_runs):
    first, second, third = three_runs
    ended = ledger.list_ended(0)

    assert [row.run_id for row in ended] == [second, first, third]
    assert [row.run_id for row in ledger.list_ended(ended[0].closed_seq)] == [first, third]
    assert ledger.list_ended(ledger.last_entry()) == []


def test_a_run_is_found_by_the_start_of_its_id(ledger, three_runs):
    assert ledger.find(three_runs[1]).run_id == three_runs[1]
    with pytest.raises(UsageError, match="More than one run starts with '0000'"):
        ledger.find("0000")
    with pytest.raises(UsageError, match="There is no run 'ffff'"):
        ledger.find("ffff")
    with pytest.raises(UsageError, match="There is no run '%'"):
        ledger.find("%")


def test_what_was_not_touched_verifies(ledger, three_runs):
    checked = ledger.verify()

    assert checked.faults == []
    assert (checked.runs, checked.entries, checked.artifacts) == (3, 7, 1)


def test_a_ledger_that_is_not_there_is_not_called_intact(tmp_path):
    with pytest.raises(LedgerError, match="no ledger"):
        LedgerWriter(tmp_path).verify()
    assert list(tmp_path.iterdir()) == []


def test_artifacts_of_a_run_that_the_ledger_does_not_have_are_a_fault(ledger, three_runs):
    ledger.folder("aaaaaaaa").mkdir(parents=True)

    assert faults(ledger) == [("aaaaaaaa", "artifacts of a run that the ledger does not have")]


def test_an_empty_ledger_and_one_with_a_running_run_verify(ledger):
    ledger.recent()
    assert ledger.verify().faults == []
    ledger.open(opening())
    assert ledger.verify().faults == []


@pytest.mark.parametrize("column", [name for name in (*OPENING, *CLOSING) if name != "run_id"])
def test_a_changed_fact_is_found_in_its_row(ledger, three_runs, database, column):
    value = 4711 if column in ("pid",) else False if column == "changed" else "tampered"
    database(f"UPDATE runs SET {column} = :value WHERE run_id = :id", value=value, id=three_runs[0])

    found = faults(ledger)

    assert found[0][0] == three_runs[0]
    assert "changed" in found[0][1] or "artifacts" in found[0][1]


@pytest.mark.parametrize(
    "column", ["opened_seq", "opened_prev", "opened_hash", "closed_seq", "closed_prev", "closed_hash"]
)
def test_a_changed_link_is_found(ledger, three_runs, database, column):
    value = 99 if column.endswith("seq") else "f" * 64
    database(f"UPDATE runs SET {column} = :value WHERE run_id = :id", value=value, id=three_runs[1])

    assert three_runs[1] in [run_id for run_id, _what in faults(ledger)]


@pytest.mark.parametrize("column", ["closed_at", "failure_code", "plan_digest"])
def test_a_fact_that_was_taken_out_is_found(ledger, three_runs, database, column):
    database(f"UPDATE runs SET {column} = NULL WHERE run_id = :id", id=three_runs[0])

    assert (three_runs[0], "the facts of the closed entry were changed after it was written") in faults(ledger)


@pytest.mark.parametrize("number", [0, 1])
def test_a_removed_row_leaves_a_gap(ledger, three_runs, database, number):
    database("DELETE FROM runs WHERE run_id = :id", id=three_runs[number])

    assert any("missing" in what for _run_id, what in faults(ledger))


def test_a_removed_last_row_is_missed_at_the_end(ledger, three_runs, database):
    database("DELETE FROM runs WHERE run_id = :id", id=three_runs[2])

    assert faults(ledger)[0] == ("", "the end of the ledger: the newest entry is 5, but 7 were written")


def test_a_run_can_not_be_made_to_look_unfinished(ledger, three_runs, database):
    columns = ", ".join(f"{name} = NULL" for name in (*CLOSING, "closed_seq", "closed_prev", "closed_hash"))
    database(f"UPDATE runs SET {columns} WHERE run_id = :id", id=three_runs[0])

    assert any("missing" in what for _run_id, what in faults(ledger))


def test_facts_in_a_row_that_was_never_closed_are_found(ledger, database):
    run = opening()
    ledger.open(run)
    database("UPDATE runs SET outcome = 'ok'")

    assert faults(ledger) == [(run.run_id, "it was never closed, yet it has outcome")]


def test_changed_removed_and_added_artifacts_are_named(ledger, three_runs):
    folder = ledger.folder(three_runs[1])
    (folder / "plan/artifacts/stdout").write_text("OK")
    (folder / "plan/artifacts/rc").unlink()
    (folder / "plan/artifacts/new").write_text("")

    assert faults(ledger) == [
        (three_runs[1], "artifacts: plan/artifacts/new was added"),
        (three_runs[1], "artifacts: plan/artifacts/rc is missing"),
        (three_runs[1], "artifacts: plan/artifacts/stdout was changed"),
    ]


def test_artifacts_whose_manifest_was_made_to_fit_are_found(ledger, three_runs):
    folder = ledger.folder(three_runs[1])
    (folder / "plan/artifacts/stdout").write_text("OK")
    artifacts.seal(folder)

    assert faults(ledger) == [(three_runs[1], "artifacts: SHA256SUMS was changed")]


def test_missing_artifacts_are_named(ledger, three_runs, tmp_path):
    ledger.folder(three_runs[1]).rename(tmp_path / "elsewhere")

    assert faults(ledger) == [(three_runs[1], "artifacts: its artifacts are missing")]


def test_the_manifest_is_one_that_sha256sum_can_check(ledger, three_runs):
    folder = ledger.folder(three_runs[1])

    checked = subprocess.run(["sha256sum", "--check", artifacts.MANIFEST], cwd=folder, capture_output=True, check=False)

    assert checked.returncode == 0, checked.stderr


def test_many_threads_and_ledgers_append_to_one_chain(tmp_path, ledger_url):
    def work(_number):
        own = LedgerWriter(tmp_path, ledger_url)
        for _turn in range(5):
            run = opening()
            own.open(run)
            own.close(run.run_id, DONE)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))

    checked = LedgerWriter(tmp_path, ledger_url).verify()
    assert checked.faults == []
    assert checked.entries == 41


def test_a_run_of_a_process_that_died_is_closed_as_interrupted(ledger, authority, tmp_path, ledger_url):
    code = (
        "import sys; from pathlib import Path; from mcp_bridge.ledger.writer import LedgerWriter;"
        "from mcp_bridge.ledger.records import Opening, Who;"
        f"LedgerWriter(Path({str(tmp_path)!r}), {ledger_url!r})"
        ".open(Opening('died', 't', {}, 'apply', Who('c'), '0.1.0'))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    alive = opening()
    ledger.open(alive)
    apply = ledger.folder("died") / "apply"
    apply.mkdir(parents=True)
    sent = {"nr": 1, "method": "POST", "path": "/nodes/pve1/qemu/101/status/start", "status": None, "note": None}
    (apply / "api_trace.jsonl").write_text(f"{json.dumps(sent)}\n")

    assert close_interrupted(authority) == ["died"]

    row = ledger.find("died")
    assert row.outcome == "interrupted"
    # Nobody knows whether it was carried out, so it is not called unchanged.
    assert row.changed is True
    assert "was sent, and no answer was seen" in row.summary
    assert ledger.find(alive.run_id).outcome is None
    assert close_interrupted(authority) == []
    assert ledger.verify().faults == []


def test_a_reused_process_id_does_not_keep_a_run_open(ledger, authority, database):
    run = opening()
    ledger.open(run)
    database("UPDATE runs SET process_started = '1'")

    assert close_interrupted(authority) == [run.run_id]


def test_runs_of_another_host_are_left_to_it(ledger, authority, database):
    ledger.open(opening())
    database("UPDATE runs SET host = 'elsewhere', pid = 1")

    assert close_interrupted(authority) == []


@pytest.mark.parametrize("arguments", ["no json", "5", ""])
def test_a_row_whose_json_was_changed_keeps_nobody_from_verifying(ledger, authority, database, arguments):
    run = opening()
    ledger.open(run)
    database("UPDATE runs SET process_started = '1', arguments = :text", text=arguments)

    assert close_interrupted(authority) == [run.run_id]
    assert ledger.find(run.run_id).arguments == {"unreadable": arguments}
    assert ["facts of the opened entry" in fault.what for fault in ledger.verify().faults] == [True]


def test_the_state_directory_is_private(tmp_path):
    LedgerWriter(tmp_path / "state").recent()

    assert os.stat(tmp_path / "state").st_mode & 0o777 == 0o700


def test_a_state_directory_that_can_not_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(LedgerError, match="can't be made: Not a directory"):
        LedgerWriter(tmp_path / "file" / "state").recent()


@pytest.mark.parametrize("url", ["sqlite:////proc/no/ledger.db", "nosuchdb://host/x"])
def test_a_database_that_can_not_be_opened_is_a_clear_error(tmp_path, url):
    with pytest.raises(LedgerError, match="The ledger can't be used") as caught:
        LedgerWriter(tmp_path, url).recent()

    assert "PLAYVISOR_LEDGER_URL" in caught.value.hint


def test_text_that_a_database_would_refuse_is_made_to_fit(ledger):
    run = opening(tool="stop\0" + "x" * 100, who=Who("c" * 200, None, "u" * 300, "h" * 600))
    ledger.open(run)
    ledger.close(run.run_id, replace(DONE, summary="a\0b\udc80", approver="a" * 200))

    row = ledger.find(run.run_id)
    assert (row.summary, len(row.proxmox_user), len(row.approver)) == ("a?b?", 256, 128)
    assert row.tool.startswith("stop?")
    assert ledger.verify().faults == []


def test_artifacts_on_another_host_that_shares_the_ledger_are_left_to_it(ledger, ledger_url, three_runs, monkeypatch):
    shutil.rmtree(ledger.folder(three_runs[1]))
    monkeypatch.setattr("socket.gethostname", lambda: "another")

    checked = ledger.verify()

    # Only a database can be shared; the file of a state directory is of one host, whatever its name was.
    assert checked.elsewhere == (1 if ledger_url else 0)
    assert bool(checked.faults) == (not ledger_url)


def test_a_chain_is_hashed_the_same_whichever_way_it_is_done():
    strange = 'a"\\\n\x7f\u2028é😀'
    row = dict.fromkeys(chain.COLUMNS) | {"run_id": strange, "tool": "", "pid": 4711, "changed": False}
    row |= {"opened_hash": "f" * 64, "summary": strange, "upids": b"no text", "closed_at": 1.5}
    values = tuple(row.values())

    for kind in ("opened", "closed"):
        given = {**row, "upids": repr(row["upids"])}
        assert chain._HASHERS[kind](7, strange, values) == chain.entry_hash(kind, 7, strange, given)


def test_what_is_appended_while_it_verifies_is_no_fault(ledger, three_runs, monkeypatch):
    seen = artifacts.find_differences

    def meanwhile(*arguments):
        ledger.record(opening(), DONE)
        return seen(*arguments)

    monkeypatch.setattr(artifacts, "find_differences", meanwhile)

    assert ledger.verify().faults == []
    assert len(ledger.recent()) == 4


def old_row(run_id, seq):
    """A run of a ledger from before it had acts, which is not closed."""
    row = opening(run_id).row()
    kept = {name: value for name, value in row.items() if not name.startswith("asker")}
    digest = chain.entry_hash("opened", seq, chain.GENESIS, kept)
    return kept | {"opened_seq": seq, "opened_prev": chain.GENESIS, "opened_hash": digest, "summary": None}


def write_old_runs(url, revision, rows, **others):
    """Make a ledger as an earlier version has left it."""
    engine = _create_engine(url)
    upgrade(engine, revision)
    tables = MetaData()
    tables.reflect(engine)
    with engine.begin() as connection:
        connection.execute(insert(tables.tables["runs"]), rows)
        for name, values in others.items():
            for value in values:
                connection.execute(insert(tables.tables[name]), value)
        connection.execute(update(tables.tables["ledger_head"]).values(seq=1, hash=rows[0]["opened_hash"]))
    engine.dispose()


class TestMigrations:
    @pytest.fixture
    def url(self, tmp_path, ledger_url):
        return ledger_url or f"sqlite:///{tmp_path / 'ledger.db'}"

    def test_the_migrations_make_exactly_the_tables(self, url):
        engine = open_database(url)

        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []

    def test_the_newest_migration_is_the_one_that_the_code_expects(self):
        assert ScriptDirectory.from_config(alembic_config()).get_current_head() == SCHEMA_VERSION

    def test_migrations_can_be_taken_back_and_done_again(self, url):
        engine = open_database(url)
        with engine.begin() as connection:
            command.downgrade(alembic_config(connection), "base")
        assert inspect(engine).get_table_names() == ["alembic_version"]

        upgrade(engine)
        assert {"runs", "plans", "ledger_head", "checkpoints"} <= set(inspect(engine).get_table_names())

    @pytest.mark.parametrize("revision", ["0001", "0002", "0003", "0004", "0005", "0006"])
    def test_each_migration_keeps_what_the_ledger_holds(self, tmp_path, url, ledger_url, revision):
        write_old_runs(url, revision, [old_row("one", 1)])

        after = LedgerWriter(tmp_path, ledger_url)

        # From 0005 on there are the words of runs already.
        found = after.recent(guest="101" if revision < "0005" else None)
        assert [row.run_id for row in found] == ["one"]
        assert after.verify().faults == []
        after.record(opening(), DONE)
        assert after.verify().faults == []
        assert [act["kind"] for act in after.list_acts()] == ["ledger_begun"]

    def test_runs_of_a_ledger_without_their_words_are_found(self, tmp_path, url, ledger_url):
        more = [
            old_row(str(vmid), vmid) | {"arguments": f'{{"vmid": {vmid}}}', "summary": "Also db."}
            for vmid in range(1000, 3500)
        ]
        write_old_runs(url, "0004", [old_row("one", 1), *more, old_row("x", 9999) | {"arguments": "spoiled"}])

        after = LedgerWriter(tmp_path, ledger_url)

        assert [row.run_id for row in after.recent(guest="101")] == ["one"]
        assert [row.run_id for row in after.recent(guest="2345")] == ["2345"]
        assert [row.run_id for row in after.recent(2, guest="db")] == ["3499", "3498"]
        assert len(after.recent(3000, guest="db")) == 2500

    def test_a_token_of_before_is_taken_over_by_an_act_and_a_plan_of_before_counts_no_longer(
        self, tmp_path, url, ledger_url
    ):
        secret = "pv_0a1b2c3d_secret"
        token = {"key": "0a1b2c3d", "name": "ci", "hash": hashlib.sha256(secret.encode()).hexdigest(), "roles": "[]"}
        token |= {"made_at": "2026-01-01T00:00:00.000000Z", "made_by": "jo"}
        revoked = token | {"key": "ffffffff", "name": "old", "revoked_at": "2026-01-02T00:00:00.000000Z"}
        plan = {"plan_id": "p", "digest": "d", "tool": "t", "shown": "{}", "asker": "c", "local_user": "u"}
        plan |= {"made_at": "2026", "expires_at": "2999", "state": "approved"}
        write_old_runs(url, "0005", [old_row("one", 1)], tokens=[token, revoked], plans=[plan])
        after = LedgerWriter(tmp_path, ledger_url)
        assert after.plans.list_recent() == []
        # Nothing has been written since.
        with pytest.raises(LedgerError, match="does not count"):
            Tokens(after.database).verify(secret)

        after.record(opening(), DONE)

        assert Tokens(after.database).verify(secret).name == "ci"
        assert [act["kind"] for act in after.list_acts()] == ["token_adopted", "ledger_begun"]
        assert after.verify().faults == []

    def test_a_ledger_with_acts_is_not_taken_back(self, tmp_path, url, ledger_url):
        LedgerWriter(tmp_path, ledger_url).record(opening(), DONE)

        with pytest.raises(RuntimeError, match="There are acts"), open_database(url).begin() as connection:
            command.downgrade(alembic_config(connection), "0005")

    def test_many_processes_may_find_an_empty_database_at_once(self, url):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(open_database, [url] * 4))

    def test_an_empty_file_that_others_are_busy_with_is_waited_for(self, tmp_path):
        """To switch to the write-ahead log, SQLite needs the file for itself, and does not wait for it."""
        file = tmp_path / "busy.db"
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(1) as pool:
            opened = pool.submit(open_database, f"sqlite:///{file}")
            with pytest.raises(TimeoutError):
                opened.result(0.2)
            other.execute("COMMIT")
            assert opened.result()

    def test_tables_of_a_newer_version_are_left_alone(self, url):
        with open_database(url).begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

        with pytest.raises(LedgerError, match="written by a newer Playvisor"):
            open_database(url)


def test_a_password_in_the_url_is_not_told(tmp_path):
    for url in ("postgresql://me:geheim@127.0.0.1:1/x", "postgresql://me:geheim@[::/x", "me:geheim@nowhere"):
        with pytest.raises(LedgerError) as caught:
            LedgerWriter(tmp_path, url).recent()
        assert "geheim" not in str(caught.value)
