"""`playvisor runs verify` notices whatever is done to the evidence, and says what it was done to."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trust.lab import Lab

pytestmark = pytest.mark.flow

ATTACK = "tamperings"
WEB, CACHE, STOPPED = 101, 104, 110


@pytest.fixture(scope="module")
def kept(shared_lab) -> Lab:
    """A ledger with a bit of everything: reads, writes, refusals, a held and an approved plan, a freeze, a token."""
    lab = shared_lab
    lab.ask("list_guests", {})
    lab.ask_as_person("start_guest", {"vmid": STOPPED})
    lab.ask_as_person("set_guest_tags", {"vmid": WEB, "add_tags": ["seen"]})
    lab.ask("stop_guest", {"vmid": "nonsense"})
    held = lab.ask("stop_guest", {"vmid": WEB})
    lab.approve(held)
    lab.ask("stop_guest", {"vmid": WEB})
    lab.ask("stop_guest", {"vmid": CACHE})
    lab.bridge.authority.tokens.create("ci")
    lab.bridge.authority.freeze("incident", 10.0)
    lab.bridge.authority.thaw()
    _execute(lab, "PRAGMA wal_checkpoint(TRUNCATE);")
    return lab


@pytest.fixture
def evidence(kept, tmp_path) -> Iterator[Lab]:
    """A copy of that ledger with its artifacts."""
    shutil.copytree(kept.state_dir, tmp_path / "state", symlinks=True, ignore=shutil.ignore_patterns("running"))
    lab = Lab(kept.simulator, tmp_path / "state", kept.executor)
    yield lab
    lab.close()


def _execute(lab: Lab, script: str) -> None:
    connection = sqlite3.connect(lab.state_dir / "ledger.db")
    connection.executescript(script)
    connection.commit()
    connection.close()


def _find_folder(lab: Lab) -> Path:
    """The artifacts of the run that changed tags."""
    (row,) = [row for row in lab.bridge.ledger.recent(50) if row.tool == "set_guest_tags"]
    return lab.bridge.ledger.folder(row.run_id)


def _change_artifact(lab: Lab) -> None:
    next(_find_folder(lab).rglob("stdout")).write_text("nothing happened", encoding="utf-8")


def _remove_artifact(lab: Lab) -> None:
    next(_find_folder(lab).rglob("stdout")).unlink()


def _add_artifact(lab: Lab) -> None:
    (_find_folder(lab) / "apply" / "added").write_text("{}", encoding="utf-8")


def _change_trace(lab: Lab) -> None:
    trace = next(_find_folder(lab).glob("apply/api_trace.jsonl"))
    trace.write_text(trace.read_text().replace('"PUT"', '"GET"'), encoding="utf-8")


def _link_artifact(lab: Lab) -> None:
    """The same content, but it is somebody else's from now on."""
    artifact = next(_find_folder(lab).rglob("stdout"))
    content = artifact.read_bytes()
    elsewhere = lab.state_dir.parent / "elsewhere"
    elsewhere.write_bytes(content + b"x")
    artifact.unlink()
    artifact.symlink_to(elsewhere)


def _rewrite_manifest(lab: Lab) -> None:
    folder = _find_folder(lab)
    manifest = next(folder.rglob("SHA256SUMS"))
    lines = manifest.read_text().splitlines(keepends=True)
    manifest.write_text("".join(lines[1:]), encoding="utf-8")


def _remove_folder(lab: Lab) -> None:
    shutil.rmtree(_find_folder(lab))


def _remove_ledger(lab: Lab) -> None:
    for file in lab.state_dir.glob("ledger.db*"):
        file.unlink()


def _empty_ledger(lab: Lab) -> None:
    for file in lab.state_dir.glob("ledger.db-*"):
        file.unlink()
    os.truncate(lab.state_dir / "ledger.db", 0)


def _break_ledger(lab: Lab) -> None:
    with (lab.state_dir / "ledger.db").open("r+b") as file:
        file.seek(4096 * 2)
        file.write(b"\x00" * 4096)


def _restore_older(lab: Lab) -> None:
    """The ledger of before the last run, with its artifacts: a snapshot brought back."""
    _execute(lab, "PRAGMA wal_checkpoint(TRUNCATE);")
    kept = lab.state_dir.parent / "kept.db"
    shutil.copy(lab.state_dir / "ledger.db", kept)
    lab.ask_as_person("set_guest_tags", {"vmid": CACHE, "add_tags": ["later"]})
    _execute(lab, "PRAGMA wal_checkpoint(TRUNCATE);")
    for file in lab.state_dir.glob("ledger.db-*"):
        file.unlink()
    shutil.copy(kept, lab.state_dir / "ledger.db")


def _run_script(script: str) -> Callable[[Lab], None]:
    return lambda lab: _execute(lab, script)


_TAGS = "tool = 'set_guest_tags'"
TAMPERINGS: dict[str, Callable[[Lab], None]] = {
    "outcome": _run_script(f"UPDATE runs SET outcome = 'failed' WHERE {_TAGS};"),
    "changed": _run_script(f"UPDATE runs SET changed = 0 WHERE {_TAGS};"),
    "summary": _run_script(f"UPDATE runs SET summary = 'Nothing.' WHERE {_TAGS};"),
    "arguments": _run_script(f"UPDATE runs SET arguments = '{{}}' WHERE {_TAGS};"),
    "who": _run_script(f"UPDATE runs SET client_name = 'mallory' WHERE {_TAGS};"),
    "decision": _run_script("UPDATE runs SET decision = 'allowed' WHERE decision = 'held';"),
    "time": _run_script(f"UPDATE runs SET opened_at = '2020-01-01T00:00:00.000000Z' WHERE {_TAGS};"),
    "a row less": _run_script(f"DELETE FROM runs WHERE {_TAGS};"),
    "the last row less": _run_script("DELETE FROM runs WHERE rowid = (SELECT max(rowid) FROM runs);"),
    "the first row less": _run_script("DELETE FROM runs WHERE rowid = (SELECT min(rowid) FROM runs);"),
    "all rows less": _run_script("DELETE FROM runs;"),
    "all tables less": _run_script("DROP TABLE runs; DROP TABLE plans; DROP TABLE tokens;"),
    "a plan less": _run_script("DELETE FROM plans WHERE state = 'used';"),
    "a plan approved": _run_script("UPDATE plans SET state = 'approved', approver = 'alice' WHERE state = 'held';"),
    "an approver": _run_script("UPDATE plans SET approver = 'alice' WHERE state = 'used';"),
    "a plan's digest": _run_script("UPDATE plans SET digest = 'sha256:0' WHERE state = 'held';"),
    "a plan's asker": _run_script("UPDATE plans SET asker = 'mallory' WHERE state = 'held';"),
    "a token's roles": _run_script("UPDATE tokens SET roles = '[\"admin\"]';"),
    "a token revoked": _run_script("UPDATE tokens SET revoked_at = '2026-01-01T00:00:00.000000Z';"),
    "a token less": _run_script("DELETE FROM tokens;"),
    "an act less": _run_script("DELETE FROM acts WHERE seq = (SELECT max(seq) FROM acts);"),
    "an act of another": _run_script("UPDATE acts SET who = replace(who, 'root', 'alice');"),
    "acts less": _run_script("DELETE FROM acts;"),
    "a thaw": _run_script("UPDATE freezes SET is_frozen = 1 - is_frozen;"),
    "a policy": _run_script("UPDATE policies SET text = 'permit (principal, action, resource);';"),
    "the head": _run_script("UPDATE ledger_head SET seq = seq - 1;"),
    "an artifact changed": _change_artifact,
    "an artifact less": _remove_artifact,
    "an artifact more": _add_artifact,
    "a trace changed": _change_trace,
    "an artifact elsewhere": _link_artifact,
    "a line of the manifest less": _rewrite_manifest,
    "a folder less": _remove_folder,
    "the ledger less": _remove_ledger,
    "the ledger emptied": _empty_ledger,
    "the ledger broken": _break_ledger,
    "an older ledger": _restore_older,
}
SAMPLE = ("changed", "an artifact changed", "the ledger less")
assert len(TAMPERINGS) >= 22


@pytest.mark.parametrize(
    "tampering",
    [pytest.param(name, marks=[] if name in SAMPLE else [pytest.mark.trust]) for name in TAMPERINGS],
)
def test_it_is_noticed_and_told(evidence, count, tampering):
    counts = count(ATTACK)
    counts.tries = 1
    TAMPERINGS[tampering](evidence)

    verified = evidence.run("runs", "verify")

    counts.unnoticed = int(verified.status == 0)
    told = verified.stdout + verified.stderr
    assert verified.status != 0, told
    assert told.strip()
    assert "Traceback" not in told
    assert "Intact" not in told


def test_what_nobody_touched_is_intact(evidence):
    assert len(evidence.bridge.ledger.recent(50)) >= 8
    assert evidence.run("runs", "verify").status == 0
