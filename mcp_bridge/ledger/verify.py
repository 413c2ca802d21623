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

from sqlalchemy import Connection, Select, select

from mcp_bridge.database.tables import checkpoints, head, runs
from mcp_bridge.errors import LedgerError
from mcp_bridge.ledger import artifacts, chain

PRUNING = "prune_runs"
"""What the ledger calls the removal of old runs."""

_FETCH = 1000
_SHA256, _RUN_ID, _HOST, _OPENED, _CLOSED = (
    chain.COLUMNS.index(name) for name in ("artifacts_sha256", "run_id", "host", "opened_seq", "closed_seq")
)


@dataclass
class Verification:
    """What `verify` looked at, and everything that was not as it was written.

    `since` is the time until which older runs were removed, if any were, and `start` the entry that the chain begins
    after. `elsewhere` counts the runs whose artifacts are on the host that ran them.
    """

    runs: int = 0
    entries: int = 0
    artifacts: int = 0
    elsewhere: int = 0
    since: str | None = None
    start: int = 0
    faults: list[chain.Fault] = field(default_factory=list)


def verify(connection: Connection, folders: Path, *, shared: bool) -> Verification:
    """Check every entry of the chain and every artifact. `shared` says that other hosts use this ledger, too."""
    found = Verification()
    end = connection.execute(select(head)).mappings().first()
    if end is None:
        raise LedgerError("The ledger has no end: its table ledger_head is empty.", "Restore it from a backup.")
    spoiled: list[chain.Fault] = []
    start = _find_start(connection, found, spoiled)
    query = select(*(runs.c[name] for name in chain.COLUMNS)).order_by(runs.c.opened_seq)
    rows = walk(connection, query, folders, found, spoiled, shared=shared)
    broken = list(chain.find_faults(rows, end["seq"], end["hash"], start))
    spoiled.extend(find_unknown_folders(connection, folders))
    found.faults = sorted([*broken, *spoiled], key=lambda fault: fault.seq)
    return found


def _find_start(connection: Connection, found: Verification, spoiled: list[chain.Fault]) -> chain.Start:
    """Where the chain begins, as the newest removal of old runs says, which is a run of the chain itself."""
    checkpoint = connection.execute(select(checkpoints).order_by(checkpoints.c.seq.desc()).limit(1)).mappings().first()
    if checkpoint is None:
        return chain.Start()
    found.start = checkpoint["seq"]
    query = select(runs).where(runs.c.run_id == checkpoint["pruned_by"])
    row = connection.execute(query).mappings().first()
    removal = _parse_removal(row["arguments"]) if row and (row["tool"], row["outcome"]) == (PRUNING, "ok") else {}
    if row is None or (removal.get("entry"), removal.get("hash")) != (checkpoint["seq"], checkpoint["hash"]):
        what = "where the ledger begins is not what the run that removed older ones says"
        spoiled.append(chain.Fault(checkpoint["pruned_by"], checkpoint["seq"], what))
        return chain.Start(checkpoint["seq"], checkpoint["hash"])
    found.since = removal["before"]
    kept = {int(number): digest for number, digest in removal["kept"].items()}
    return chain.Start(checkpoint["seq"], checkpoint["hash"], kept)


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
    here = socket.gethostname()
    for rows in connection.execute(query.execution_options(yield_per=_FETCH)).partitions():
        found.runs += len(rows)
        # A tuple's fields are at hand sooner than those of SQLAlchemy's rows.
        for row in map(tuple, rows):
            found.entries += (row[_OPENED] > found.start) + (row[_CLOSED] is not None)
            if row[_SHA256]:
                folder = folders / row[_RUN_ID]
                if shared and row[_HOST] != here and not folder.is_dir():
                    found.elsewhere += 1
                else:
                    found.artifacts += 1
                    spoiled.extend(
                        chain.Fault(row[_RUN_ID], row[_CLOSED] or row[_OPENED], f"artifacts: {difference}")
                        for difference in artifacts.find_differences(folder, row[_SHA256])
                    )
            yield row


def find_unknown_folders(connection: Connection, folders: Path) -> Iterator[chain.Fault]:
    """The artifacts of runs that the ledger does not have."""
    for name in sorted(path.name for path in folders.iterdir()) if folders.is_dir() else ():
        if connection.execute(select(runs.c.run_id).where(runs.c.run_id == name)).first() is None:
            yield chain.Fault(name, 0, "artifacts of a run that the ledger does not have")
