"""Whatever is done to the evidence by hand is noticed, or stands in what `runs verify` says that it can't prove."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace

import pytest
from sqlalchemy import NullPool, create_engine, text

from mcp_bridge.auth.tokens import Tokens
from mcp_bridge.authority.freeze import Freezer
from mcp_bridge.authority.token_writer import TokenWriter
from mcp_bridge.errors import LedgerError
from mcp_bridge.ledger import artifacts, chain
from mcp_bridge.ledger.records import Act, Binding, Closing, KeptPlan, Opening, Who, make_expiry
from mcp_bridge.ledger.storage_limit import StorageLimit
from mcp_bridge.ledger.verify import LIMITS
from mcp_bridge.ledger.writer import LedgerWriter

DONE = Closing("ok", "allowed", True, "Changed guest 101.")
BINDING = Binding("stop_guest", "d" * 64, "claude")
HELD, READY, APPROVED = "a" * 36, "b" * 36, "c" * 36


def opening(run_id, tool="stop_guest"):
    return Opening(run_id, tool, {"vmid": 101}, "apply", Who("client", "1.0", asker="jo"), "0.1.0", "guest_state")


def run(ledger, run_id, closing=DONE):
    ledger.open(opening(run_id))
    (ledger.folder(run_id) / "plan").mkdir(parents=True)
    (ledger.folder(run_id) / "plan" / "stdout").write_text("ok")
    ledger.close(run_id, replace(closing, artifacts_sha256=artifacts.seal(ledger.folder(run_id))))


def keep(ledger, plan_id, state="held"):
    plan = KeptPlan(plan_id, "d" * 64, "stop_guest", {"vmid": 101}, {"steps": []}, "claude", make_expiry(900), state)
    ledger.plans.keep(plan)


@pytest.fixture
def database(tmp_path):
    """The ledger's database for whoever wants to tamper with it; a change is committed at once."""

    def execute(statement, **values):
        with create_engine(f"sqlite:///{tmp_path / 'ledger.db'}", poolclass=NullPool).begin() as connection:
            done = connection.execute(text(statement), values)
            return done.mappings().all() if done.returns_rows else None

    return execute


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A ledger in which everything has happened: a removal, a token, a policy, plans, a thaw, removed artifacts."""
    ledger = LedgerWriter(tmp_path_factory.mktemp("written"))
    with pytest.MonkeyPatch.context() as then:
        then.setattr("mcp_bridge.ledger.records.current_timestamp", lambda: "2026-01-01T00:00:00.000000Z")
        run(ledger, "pruned")
        run(ledger, "read", replace(DONE, changed=False))
    ledger.prune(ledger.find_removable("2026-01-01T00:00:00.000001Z"), opening("pruning"))
    with pytest.MonkeyPatch.context() as then:
        then.setattr("mcp_bridge.ledger.records.current_timestamp", lambda: "2026-01-02T00:00:00.000000Z")
        run(ledger, "read", replace(DONE, changed=False))
    assert ledger.limit_artifacts(StorageLimit(0)) == 1
    TokenWriter(ledger.database).create("ci", ["ops"])
    ledger.use_policy("permit (principal, action, resource);")
    keep(ledger, HELD)
    keep(ledger, READY, "ready")
    keep(ledger, APPROVED)
    ledger.plans.decide(APPROVED, approve=True, approver="jo")
    Freezer(ledger.database).freeze("an audit")
    Freezer(ledger.database).thaw()
    ledger.append(Act("server_started", {"face": "mcp"}, "server"))
    run(ledger, "one")
    run(ledger, "two")
    ledger.database.engine.dispose()
    return ledger.database.state_dir


@pytest.fixture
def ledger(written, tmp_path):
    """A copy of it."""
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    return LedgerWriter(tmp_path)


def find_faults(ledger):
    """What is noticed, also by a process that has not read the ledger before."""
    try:
        return [fault.what for fault in LedgerWriter(ledger.database.state_dir).verify().faults]
    except LedgerError as error:
        return [error.message]


def test_what_nobody_has_touched_is_intact(ledger):
    verification = ledger.verify()

    assert (verification.faults, verification.notes, verification.removed) == ([], [], 1)


STATEMENTS = {
    "a fact of a run": "UPDATE runs SET summary = 'Nothing.' WHERE run_id = 'one'",
    "who asked": "UPDATE runs SET asker = 'mallory' WHERE run_id = 'one'",
    "which cluster": "UPDATE runs SET cluster = 'other' WHERE run_id = 'one'",
    "a run removed": "DELETE FROM runs WHERE run_id = 'one'",
    "the newest run removed": "DELETE FROM runs WHERE run_id = 'two'",
    "a run inserted": "INSERT INTO runs SELECT 'three', opened_at, tool, arguments, mode, client_name, client_version, "
    "local_user, proxmox_user, cluster_url, playbook, collection_version, host, pid, process_started, closed_at, "
    "decision, rules, approver, plan_digest, outcome, changed, failure_code, summary, upids, artifacts_sha256, "
    "opened_seq + 90, opened_prev, opened_hash, closed_seq + 90, closed_prev, closed_hash, asker, asker_kind, cluster "
    "FROM runs WHERE run_id = 'two'",
    "a fact of an act": "UPDATE acts SET facts = '{}' WHERE kind = 'server_started'",
    "who did an act": "UPDATE acts SET who = 'mallory' WHERE kind = 'thawed'",
    "an act removed": "DELETE FROM acts WHERE kind = 'server_started'",
    "the first act removed": "DELETE FROM acts WHERE kind = 'ledger_begun'",
    "an act inserted": "INSERT INTO acts SELECT seq + 90, prev, hash, kind, at, who, subject, facts FROM acts LIMIT 1",
    "a number that is text": "UPDATE acts SET seq = 'x' WHERE kind = 'server_started'",
    "a plan approved": f"UPDATE plans SET state = 'approved', approver = 'jo' WHERE plan_id = '{HELD}'",
    "a used plan": f"UPDATE plans SET state = 'used' WHERE plan_id = '{APPROVED}'",
    "other arguments": f"UPDATE plans SET arguments = '{{}}' WHERE plan_id = '{APPROVED}'",
    "other requests": f"UPDATE plans SET shown = '{{}}' WHERE plan_id = '{READY}'",
    "a later end": f"UPDATE plans SET expires_at = '2999' WHERE plan_id = '{APPROVED}'",
    "another asker": f"UPDATE plans SET asker = 'mallory' WHERE plan_id = '{APPROVED}'",
    "a plan inserted": f"INSERT INTO plans SELECT '{'f' * 36}', digest, tool, arguments, shown, reason, asker, "
    "local_user, made_at, expires_at, 'approved', decided_at, approval, approver, used_by, asker_kind, label, cluster, "
    f"judged, policy, seen FROM plans WHERE plan_id = '{APPROVED}'",
    "a plan removed": f"DELETE FROM plans WHERE plan_id = '{APPROVED}'",
    "a token's secret": "UPDATE tokens SET hash = 'f'",
    "a token's roles": "UPDATE tokens SET roles = '[\"admin\"]'",
    "a token inserted": "INSERT INTO tokens SELECT 'ffffffff', 'x', hash, roles, made_at, made_by, expires_at, "
    "revoked_at FROM tokens LIMIT 1",
    "a token removed": "DELETE FROM tokens",
    "the freeze": "UPDATE freezes SET is_frozen = 1",
    "the thaw removed": "DELETE FROM acts WHERE kind = 'thawed'",
    "the freeze removed": "DELETE FROM freezes",
    "a policy's text": "UPDATE policies SET text = 'forbid'",
    "a policy inserted": "INSERT INTO policies VALUES ('f', 'permit', '2026')",
    "a policy removed": "DELETE FROM policies",
    "the head": "UPDATE ledger_head SET seq = seq + 1",
    "the head's hash": "UPDATE ledger_head SET hash = 'f'",
    "another ledger": "UPDATE ledger_head SET ledger_id = 'other'",
    "no head": "DELETE FROM ledger_head",
    "where it begins": "UPDATE checkpoints SET seq = seq + 1",
    "that it was pruned": "DELETE FROM checkpoints",
    "the record of a removal": "DELETE FROM acts WHERE kind = 'pruned'",
    "what was removed": "UPDATE acts SET facts = replace(facts, '2026-', '2025-') WHERE kind = 'pruned'",
    "that artifacts were removed": "DELETE FROM acts WHERE kind = 'artifacts_removed'",
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_one_statement_is_noticed(ledger, database, name):
    database(STATEMENTS[name])

    assert find_faults(ledger) != []


def remove_file(ledger, _database, _old):
    (ledger.database.state_dir / "ledger.db").unlink()


def remove_file_and_go_on(ledger, database, old):
    remove_file(ledger, database, old)
    LedgerWriter(ledger.database.state_dir).recent()


def truncate_file(ledger, _database, _old):
    (ledger.database.state_dir / "ledger.db").write_bytes(b"")


def swap_rows(ledger, database, _old):
    for before, after in (("one", "x"), ("two", "one"), ("x", "two")):
        database("UPDATE runs SET run_id = :after WHERE run_id = :before", before=before, after=after)
        ledger.folder(before).rename(ledger.folder(after))


def empty_tables(_ledger, database, _old):
    for table in ("runs", "acts", "plans", "tokens", "freezes", "policies", "checkpoints"):
        database(f"DELETE FROM {table}")
    database("UPDATE ledger_head SET seq = 0, hash = :hash, ledger_id = NULL", hash="0" * 64)


def cut_tail(_ledger, database, _old):
    row = database("SELECT * FROM runs WHERE run_id = 'two'")[0]
    database("DELETE FROM runs WHERE run_id = 'two'")
    database("UPDATE ledger_head SET seq = :seq, hash = :hash", seq=row["opened_seq"] - 1, hash=row["opened_prev"])


def put_back_copy(ledger, _database, old):
    shutil.copy(old / "ledger.db", ledger.database.state_dir / "ledger.db")


def put_back_copy_of_head(ledger, _database, old):
    file = ledger.database.state_dir / "ledger.head"
    said = json.loads((old / "ledger.head").read_text())
    file.write_text(json.dumps({**said, "hash": "f" * 64}).ljust(256))


def remove_head(ledger, _database, _old):
    (ledger.database.state_dir / "ledger.head").unlink()


def spoil_head(ledger, _database, _old):
    (ledger.database.state_dir / "ledger.head").write_text("{}")


def edit_artifact(ledger, _database, _old):
    (ledger.folder("one") / "plan" / "stdout").write_text("KO")


def remove_artifacts(ledger, _database, _old):
    shutil.rmtree(ledger.folder("one"))


def add_artifact(ledger, _database, _old):
    (ledger.folder("one") / "plan" / "new").write_text("")


def add_artifacts_of_unknown_run(ledger, _database, _old):
    ledger.folder("unknown").mkdir()


def fake_removal(_ledger, database, _old):
    """A removal by hand, of all that is there: the checkpoint, and an act that has no place in the chain."""
    end = database("SELECT seq, hash FROM ledger_head")[0]
    facts = {"before": "2999", "entry": end["seq"], "hash": end["hash"], "kept": {}, "run": "x", "runs": 9}
    database("DELETE FROM runs")
    database("DELETE FROM checkpoints")
    database("INSERT INTO checkpoints VALUES (:seq, :hash, 'x')", seq=end["seq"], hash=end["hash"])
    values = {"seq": end["seq"] + 1, "facts": json.dumps(facts), "hash": "f" * 64, "prev": end["hash"]}
    database("INSERT INTO acts VALUES (:seq, :prev, :hash, 'pruned', '2999', 'x', 'pruned', :facts)", **values)


TAMPERINGS = (
    *(
        remove_file,
        remove_file_and_go_on,
        truncate_file,
        empty_tables,
        cut_tail,
        put_back_copy,
        put_back_copy_of_head,
        swap_rows,
    ),
    *(
        remove_head,
        spoil_head,
        edit_artifact,
        remove_artifacts,
        add_artifact,
        add_artifacts_of_unknown_run,
        fake_removal,
    ),
)


@pytest.fixture
def old(tmp_path, tmp_path_factory, ledger, database):
    """A copy of the state directory; the ledger goes on afterwards."""
    copy = tmp_path_factory.mktemp("old")
    database(f"VACUUM INTO '{copy / 'ledger.db'}'")
    shutil.copy(tmp_path / "ledger.head", copy / "ledger.head")
    ledger.record(opening("later"), DONE)
    ledger.database.engine.dispose()
    return copy


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: tamper.__name__)
def test_tampering_is_noticed(ledger, database, old, tamper):
    # The rest of SQLite's log would be applied to whatever is put in place.
    database("PRAGMA wal_checkpoint(TRUNCATE)")
    tamper(ledger, database, old)

    assert find_faults(ledger) != []


@pytest.mark.parametrize(
    "tamper", [remove_file, truncate_file, empty_tables, cut_tail, put_back_copy], ids=lambda tamper: tamper.__name__
)
def test_nothing_is_written_to_a_ledger_that_is_not_the_one_that_was(ledger, database, old, tamper):
    database("PRAGMA wal_checkpoint(TRUNCATE)")
    tamper(ledger, database, old)

    with pytest.raises(LedgerError, match="not the one that was written here"):
        LedgerWriter(ledger.database.state_dir).open(opening("next"))


def test_a_ledger_that_goes_on_without_its_head_says_so_for_ever(ledger, database, old):
    database("PRAGMA wal_checkpoint(TRUNCATE)")
    put_back_copy(ledger, database, old)
    remove_head(ledger, database, old)

    again = LedgerWriter(ledger.database.state_dir)
    again.record(opening("next"), DONE)

    verification = again.verify()
    assert verification.faults == []
    assert len(verification.notes) == 1
    assert "ledger.head was not there" in verification.notes[0]


def test_what_can_not_be_noticed_without_an_anchor_is_said(ledger, database, old):
    database("PRAGMA wal_checkpoint(TRUNCATE)")
    put_back_copy(ledger, database, old)
    shutil.copy(old / "ledger.head", ledger.database.state_dir / "ledger.head")

    assert find_faults(ledger) == []
    assert "put back an older copy of both" in LIMITS


def test_an_entry_appended_as_a_writer_does_is_said_to_go_unseen(ledger, database):
    end = database("SELECT seq, hash FROM ledger_head")[0]
    row = {**Act("server_started", {}).row(), "seq": end["seq"] + 1, "prev": end["hash"]}
    row["hash"] = chain.entry_hash("act", row["seq"], row["prev"], row)
    database("INSERT INTO acts VALUES (:seq, :prev, :hash, :kind, :at, :who, :subject, :facts)", **row)
    database("UPDATE ledger_head SET seq = :seq, hash = :hash", seq=row["seq"], hash=row["hash"])

    assert find_faults(ledger) == []
    assert "append entries that look genuine" in LIMITS


BY_HAND = {
    "approved": f"UPDATE plans SET state = 'approved', approver = 'jo', approval = 'operator' WHERE plan_id = '{HELD}'",
    "inserted": STATEMENTS["a plan inserted"],
    "later": STATEMENTS["a later end"],
    "other arguments": STATEMENTS["other arguments"],
    "the act changed, too": "UPDATE acts SET facts = replace(facts, 'claude', 'cursor') WHERE kind = 'plan_kept'",
    "the act removed": f"DELETE FROM acts WHERE subject = '{APPROVED}'",
}


@pytest.mark.parametrize("name", BY_HAND)
def test_an_approval_by_hand_is_not_used(ledger, database, name):
    database(BY_HAND[name])
    if name in ("approved", "inserted"):
        # So that nobody has approved it otherwise.
        database(f"DELETE FROM plans WHERE plan_id = '{APPROVED}'")

    claim = ledger.plans.find_approval(BINDING)

    assert (claim.plan, claim.difference) == (None, "entries")


def test_an_act_made_to_fit_is_no_link_of_the_chain(ledger, database):
    """Row and act say the same, and the act's own hash is right; its neighbours know nothing of it."""
    facts = {"state": "approved", "approver": "jo", "approval": "operator", "decided_at": "2026"}
    end = database("SELECT seq, hash FROM ledger_head")[0]
    row = {**Act("plan_approved", facts, HELD).row(), "seq": end["seq"] + 1, "prev": end["hash"]}
    row["hash"] = chain.entry_hash("act", row["seq"], row["prev"], row)
    database("INSERT INTO acts VALUES (:seq, :prev, :hash, :kind, :at, :who, :subject, :facts)", **row)
    columns = ", ".join(f"{name} = :{name}" for name in facts)
    database(f"UPDATE plans SET {columns} WHERE plan_id = '{HELD}'", **facts)
    database(f"DELETE FROM plans WHERE plan_id = '{APPROVED}'")

    assert ledger.plans.find_approval(BINDING).difference == "entries"
    with pytest.raises(LedgerError, match="is no link of the chain"):
        ledger.plans.find(HELD)


def test_a_plan_changed_by_hand_is_not_decided_on(ledger, database):
    database(STATEMENTS["other requests"].replace(READY, HELD))

    with pytest.raises(LedgerError, match="does not count: its row is not what the entries"):
        ledger.plans.decide(HELD, approve=True, approver="jo")


@pytest.mark.parametrize("name", ["a token's roles", "a token inserted"])
def test_a_token_by_hand_is_not_accepted(ledger, database, name):
    token, secret = TokenWriter(ledger.database).create("other")
    database(STATEMENTS[name])
    known = secret
    if name == "a token inserted":
        known = secret.replace(token.key, "ffffffff")
        digest = hashlib.sha256(known.encode()).hexdigest()
        database("UPDATE tokens SET hash = :digest WHERE key = 'ffffffff'", digest=digest)

    with pytest.raises(LedgerError, match="does not count"):
        Tokens(ledger.database).verify(known)


def test_a_token_can_not_be_made_valid_again_by_hand(ledger, database):
    writer = TokenWriter(ledger.database)
    _token, secret = writer.create("other")
    writer.revoke("other")
    assert writer.verify(secret) is None

    database("UPDATE tokens SET revoked_at = NULL")

    with pytest.raises(LedgerError, match="does not count"):
        writer.verify(secret)
