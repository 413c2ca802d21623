# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removing old runs so that what stays can still be verified: the chain then begins at a checkpoint."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, and_, delete, func, or_, select

from mcp_bridge.database.tables import checkpoints, head, plans, run_words, runs
from mcp_bridge.errors import LedgerError
from mcp_bridge.ledger.chain import Fault


@dataclass(frozen=True)
class Removal:
    """What is to be removed: the runs of which both entries are up to `entry`.

    `kept` are the openings up to there of runs that ended later, or not yet: number to hash.
    """

    before: str
    entry: int
    hash: str
    runs: int
    kept: dict[int, str]

    def as_arguments(self) -> dict[str, Any]:
        """What the run that does it says of it; `verify` begins from there."""
        kept = {str(number): digest for number, digest in self.kept.items()}
        return {"before": self.before, "entry": self.entry, "hash": self.hash, "runs": self.runs, "kept": kept}

    @property
    def rows(self) -> Any:
        """Which rows these are."""
        return and_(runs.c.opened_seq <= self.entry, runs.c.closed_seq <= self.entry)


def find_removable(connection: Connection, before: str) -> Removal | None:
    """What can be removed of the runs that were opened before a time; None when there is nothing."""
    newer = connection.execute(select(func.min(runs.c.opened_seq)).where(runs.c.opened_at >= before)).scalar()
    entry = newer - 1 if newer is not None else connection.execute(select(head.c.seq)).scalar_one()
    count = select(func.count()).where(runs.c.opened_seq <= entry, runs.c.closed_seq <= entry)
    removed = connection.execute(count).scalar_one()
    if not removed:
        return None
    last = select(runs.c.opened_seq, runs.c.opened_hash, runs.c.closed_hash).where(
        or_(runs.c.opened_seq == entry, runs.c.closed_seq == entry)
    )
    row = connection.execute(last).mappings().first()
    if row is None:
        raise _describe_untrue([f"entry {entry} is missing"])
    over = select(runs.c.opened_seq, runs.c.opened_hash).where(
        runs.c.opened_seq <= entry, or_(runs.c.closed_seq.is_(None), runs.c.closed_seq > entry)
    )
    kept = {row.opened_seq: row.opened_hash for row in connection.execute(over)}
    digest = row["opened_hash"] if row["opened_seq"] == entry else row["closed_hash"]
    return Removal(before, entry, digest, removed, kept)


def refuse_untrue(removal: Removal, faults: list[Fault]) -> None:
    """Raise LedgerError when what is to be removed is not as it was written: it would be beyond proof."""
    # The entry after the removed ones is the one that vouches for the last of them.
    found = [fault.what for fault in faults if 0 < fault.seq <= removal.entry + 1]
    if found:
        raise _describe_untrue(found)


def _describe_untrue(found: list[str]) -> LedgerError:
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return LedgerError(
        f"Nothing was removed: the part to be removed is not as it was written ({found[0]}{more}).",
        "`playvisor runs verify` names everything. Find out who changed it before you remove anything.",
    )


def remove(connection: Connection, removal: Removal, run_id: str, folders: Path, trash: Path) -> None:
    """Remove the rows, put their artifacts into `trash`, and let the chain begin after them."""
    names = list(connection.execute(select(runs.c.run_id).where(removal.rows)).scalars())
    if len(names) != removal.runs:
        raise LedgerError("Nothing was removed: somebody else has removed runs meanwhile.", "Try again.")
    trash.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in names:
        if (folders / name).is_dir():
            (folders / name).rename(trash / name)
    connection.execute(delete(runs).where(removal.rows))
    stay = select(runs.c.opened_seq).where(runs.c.opened_seq <= removal.entry)
    gone = and_(run_words.c.opened_seq <= removal.entry, run_words.c.opened_seq.not_in(stay))
    connection.execute(delete(run_words).where(gone))
    old = plans.c.expires_at < removal.before
    connection.execute(delete(plans).where(plans.c.made_at < removal.before, old))
    connection.execute(delete(checkpoints))
    connection.execute(checkpoints.insert().values(seq=removal.entry, hash=removal.hash, pruned_by=run_id))


def finish_removals(connection: Connection, folders: Path, trashes: Path) -> None:
    """End removals that were broken off: what was committed is emptied, the rest goes back to where it was."""
    done = set(connection.execute(select(checkpoints.c.pruned_by)).scalars())
    for trash in trashes.iterdir() if trashes.is_dir() else ():
        if trash.name not in done:
            for folder in trash.iterdir():
                known = select(runs.c.run_id).where(runs.c.run_id == folder.name)
                if connection.execute(known).first():
                    folder.rename(folders / folder.name)
        shutil.rmtree(trash)
    if trashes.is_dir():
        trashes.rmdir()
