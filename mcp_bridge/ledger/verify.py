# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the ledger and the artifacts are as they were written, from what one transaction sees of them."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, select, text

from mcp_bridge.database.tables import acts, checkpoints, head, runs
from mcp_bridge.errors import LedgerError
from mcp_bridge.ledger import artifacts, chain, fleets, freezes, passkeys, plans, policies, signed_approvals, tokens
from mcp_bridge.ledger.acts import PRUNED, find_hash, find_newest, find_removed_artifacts, read_facts
from mcp_bridge.ledger.entries import BEGUN, HEAD_LOST
from mcp_bridge.ledger.head_file import NAME, Head, find_difference

PRUNING = "prune_runs"
"""What the ledger calls the removal of old runs."""
LIMITS = (
    "What this can't prove by itself: somebody who may write the whole state directory (or the database) can write the "
    f"ledger and {NAME} anew from the start, append entries that look genuine, or put back an older copy of both. Keep "
    "the number and hash of the newest entry elsewhere, and compare."
)
"""What remains possible for somebody who can write everything, in words for people."""

_FETCH = 1000
_SHA256, _RUN_ID, _HOST, _OPENED, _CLOSED = (
    chain.COLUMNS.index(name) for name in ("artifacts_sha256", "run_id", "host", "opened_seq", "closed_seq")
)
ACTS = select(*(acts.c[name] for name in chain.ACT_COLUMNS)).order_by(acts.c.seq)


@dataclass
class Verification:
    """What `verify` looked at, and everything that was not as it was written.

    `since` is the time until which older runs were removed, if any were, and `start` the entry that the chain begins
    after. `elsewhere` counts the runs whose artifacts are on the host that ran them, `removed` those whose artifacts
    were removed by an act, `signed` the decisions that passkeys have signed. `newest` is the last entry, to be kept
    elsewhere; `notes` are what people should know.
    """

    runs: int = 0
    entries: int = 0
    artifacts: int = 0
    elsewhere: int = 0
    removed: int = 0
    signed: int = 0
    newest: tuple[int, str] = (0, chain.GENESIS)
    notes: list[str] = field(default_factory=list)
    since: str | None = None
    start: int = 0
    faults: list[chain.Fault] = field(default_factory=list)


def verify(connection: Connection, folders: Path, *, shared: bool, known: Head | None = None) -> Verification:
    """Check every entry of the chain, what counts only with its entries, and every artifact.

    `shared` says that other hosts use this ledger, too; `known` is the newest entry that was written from here.
    """
    found = Verification()
    end = connection.execute(select(head)).mappings().first()
    if end is None:
        raise LedgerError("The ledger has no end: its table ledger_head is empty.", "Restore it from a backup.")
    spoiled: list[chain.Fault] = []
    try:
        start = _find_start(connection, found, spoiled)
        query = select(*(runs.c[name] for name in chain.COLUMNS)).order_by(runs.c.opened_seq)
        rows = walk(connection, query, folders, found, spoiled, shared=shared)
        done = walk_acts(connection, ACTS, found)
        broken = list(chain.find_faults(rows, end["seq"], end["hash"], start, done))
    except (TypeError, ValueError) as error:
        # A number that is text, say: no Playvisor writes that, and the chain can't be followed.
        broken = [chain.Fault("", 0, f"the database holds what no Playvisor writes: {error}")]
    spoiled.extend(find_faults_beside(connection, folders, shared=shared, known=known))
    add_notes(connection, found, shared=shared)
    found.newest = (end["seq"], end["hash"])
    found.faults = sorted([*broken, *spoiled], key=lambda fault: fault.seq)
    return found


def find_faults_beside(
    connection: Connection, folders: Path, *, shared: bool, known: Head | None
) -> Iterator[chain.Fault]:
    """What is wrong beside the chain: rows that do not count, the head, artifacts of unknown runs."""
    end = connection.execute(select(head)).mappings().one()
    begun = connection.execute(select(acts).where(acts.c.kind == BEGUN)).mappings().all()
    ids = [str(read_facts(act).get("id")) for act in begun]
    if ids != ([end["ledger_id"]] if end["ledger_id"] else []):
        yield chain.Fault("", begun[0]["seq"] if begun else 1, "which ledger this is is not what its first act says")
    yield from _find_lost_end(connection, Head(end["ledger_id"], end["seq"], end["hash"]), known, shared=shared)
    yield from plans.find_faults(connection)
    yield from tokens.find_faults(connection, begun[0]["at"] if begun else "")
    yield from passkeys.find_faults(connection)
    yield from signed_approvals.find_faults(connection, plans.DECISIONS)
    yield from freezes.find_faults(connection)
    yield from policies.find_faults(connection)
    yield from fleets.find_faults(connection)
    yield from find_unknown_folders(connection, folders)
    yield from _find_damage(connection)


def _find_damage(connection: Connection) -> Iterator[chain.Fault]:
    """Pages of the database's file that contradict each other: an index without a row hides it from who looks it up."""
    if connection.dialect.name != "sqlite":
        return
    for damage in connection.execute(text("PRAGMA integrity_check(1)")).scalars():
        if damage != "ok":
            yield chain.Fault("", 0, f"the database's file is damaged: {' '.join(str(damage).split())}")


def _find_lost_end(connection: Connection, end: Head, known: Head | None, *, shared: bool) -> Iterator[chain.Fault]:
    """Whether the ledger is still the one that was written here, at least as far as it had come."""
    if known is None:
        # Hosts that only read have no such file.
        if end.ledger_id and not shared:
            yield chain.Fault("", end.seq, f"the file {NAME}, which says how far the ledger had come, is missing")
        return
    what = find_difference(known, end)
    if what is None and known.seq:
        begins = connection.execute(select(checkpoints.c.seq)).scalar() or 0
        if known.seq >= begins and find_hash(connection, known.seq) != known.hash:
            what = f"entry {known.seq} is not the one that {NAME} names"
    if what:
        yield chain.Fault("", known.seq, f"the ledger is not the one that was written here: {what}")


def add_notes(connection: Connection, found: Verification, *, shared: bool) -> None:
    """What people should know although nothing was changed."""
    found.signed = signed_approvals.count(connection, plans.DECISIONS)
    if shared:
        return
    query = select(acts.c.seq, acts.c.at).where(acts.c.kind == HEAD_LOST).order_by(acts.c.seq)
    for seq, at in connection.execute(query):
        found.notes.append(
            f"At {str(at)[:19]}Z, before entry {seq}, the file {NAME} was not there: whether entries had been cut off "
            "before that can't be told."
        )


def _find_start(connection: Connection, found: Verification, spoiled: list[chain.Fault]) -> chain.Start:
    """Where the chain begins, as the newest removal of old runs says, which is an act of the chain itself."""
    checkpoint = connection.execute(select(checkpoints).order_by(checkpoints.c.seq.desc()).limit(1)).mappings().first()
    removal = _find_removal(connection, checkpoint["pruned_by"] if checkpoint else None)
    if checkpoint is None:
        if removal:
            spoiled.append(chain.Fault("", removal["entry"], "where the ledger begins is missing"))
        return chain.Start()
    found.start = checkpoint["seq"]
    if tuple(removal.get(name) for name in ("entry", "hash", "run")) != tuple(checkpoint.values()):
        what = "where the ledger begins is not what the entry by which older ones were removed says"
        spoiled.append(chain.Fault(checkpoint["pruned_by"], checkpoint["seq"], what))
        return chain.Start(checkpoint["seq"], checkpoint["hash"])
    found.since = removal["before"]
    kept = {int(number): digest for number, digest in removal["kept"].items()}
    return chain.Start(checkpoint["seq"], checkpoint["hash"], kept)


def _find_removal(connection: Connection, run_id: str | None) -> dict[str, Any]:
    """The newest removal. In a ledger from before it had acts it is the run `run_id`, which has to be as old."""
    act = find_newest(connection, PRUNED)
    if act is not None:
        return _parse_removal(act["facts"])
    begun = find_newest(connection, BEGUN)
    query = select(runs).where(runs.c.run_id == run_id, runs.c.tool == PRUNING, runs.c.outcome == "ok")
    row = connection.execute(query).mappings().first()
    is_old = row is not None and (begun is None or row["opened_seq"] < begun["seq"])
    return {**_parse_removal(row["arguments"]), "run": run_id} if row and is_old else {}


def _parse_removal(arguments: str) -> dict[str, Any]:
    try:
        removal = json.loads(arguments)
    except ValueError:
        return {}
    is_removal = isinstance(removal, dict) and isinstance(removal.get("kept"), dict) and "before" in removal
    return removal if is_removal else {}


def walk(
    connection: Connection,
    query: Select[Any],
    folders: Path,
    found: Verification,
    spoiled: list[chain.Fault],
    *,
    shared: bool,
) -> Iterator[Any]:
    """The rows of a query for COLUMNS; on the way, their artifacts are held against their manifests."""
    here, removed = socket.gethostname(), find_removed_artifacts(connection)
    for rows in connection.execute(query.execution_options(yield_per=_FETCH)).partitions():
        found.runs += len(rows)
        # A tuple's fields are at hand sooner than those of SQLAlchemy's rows.
        for row in map(tuple, rows):
            found.entries += (row[_OPENED] > found.start) + (row[_CLOSED] is not None)
            if row[_SHA256]:
                folder = folders / row[_RUN_ID]
                if removed and removed.get(row[_RUN_ID]) == row[_SHA256]:
                    found.removed += 1
                elif shared and row[_HOST] != here and not folder.is_dir():
                    found.elsewhere += 1
                else:
                    found.artifacts += 1
                    spoiled.extend(
                        chain.Fault(row[_RUN_ID], row[_CLOSED] or row[_OPENED], f"artifacts: {difference}")
                        for difference in artifacts.find_differences(folder, row[_SHA256])
                    )
            yield row


def walk_acts(connection: Connection, query: Select[Any], found: Verification) -> Iterator[Any]:
    """The acts of a query for ACT_COLUMNS."""
    for rows in connection.execute(query.execution_options(yield_per=_FETCH)).partitions():
        for row in map(tuple, rows):
            found.entries += row[0] > found.start
            yield row


def find_unknown_folders(connection: Connection, folders: Path) -> Iterator[chain.Fault]:
    """The artifacts of runs that the ledger does not have."""
    for name in sorted(path.name for path in folders.iterdir()) if folders.is_dir() else ():
        if connection.execute(select(runs.c.run_id).where(runs.c.run_id == name)).first() is None:
            yield chain.Fault(name, 0, "artifacts of a run that the ledger does not have")
