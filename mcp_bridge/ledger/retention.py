# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removing old runs so that what stays can still be verified: the chain then begins at a checkpoint.

Runs, and the acts about plans, refused log-ins, starts of servers, sessions and consoles go. Acts about tokens,
passkeys, policies, freezes, fleets and removals stay for ever.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, and_, delete, func, or_, select

from mcp_bridge.database.tables import acts, checkpoints, head, plans, run_words, runs
from mcp_bridge.errors import LedgerError, UsageError
from mcp_bridge.ledger.acts import ARTIFACTS_REMOVED, PRUNED, find_hash
from mcp_bridge.ledger.chain import Fault
from mcp_bridge.ledger.entries import append_act
from mcp_bridge.ledger.plans import KINDS as PLAN_KINDS
from mcp_bridge.ledger.records import Act
from mcp_bridge.system.identity import format_timestamp

LOGIN_REFUSED, SERVER_STARTED, CONSOLE_OPENED, CONSOLE_CLOSED, SESSION_OPENED, SESSION_CLOSED = _OTHERS = (
    "login_refused",
    "server_started",
    "console_opened",
    "console_closed",
    "session_opened",
    "session_closed",
)
# The acts that remove artifacts are newer than the runs that these are of, so those go with them.
_GOING = (*PLAN_KINDS, *_OTHERS, ARTIFACTS_REMOVED)


@dataclass(frozen=True)
class Removal:
    """What is to be removed: the runs of which both entries are up to `entry`, and the `acts` up to there that may go.

    `kept` are the other entries up to there: the openings of runs that ended later, or not yet, and the acts that stay;
    number to hash.
    """

    before: str
    entry: int
    hash: str
    runs: int
    kept: dict[int, str]
    acts: int = 0
    kept_runs: int = 0

    def as_facts(self) -> dict[str, Any]:
        """What the act that does it says of it; `verify` begins from there."""
        kept = {str(number): digest for number, digest in self.kept.items()}
        return {**self.as_counts(), "hash": self.hash, "kept": kept}

    def as_counts(self) -> dict[str, Any]:
        """What the run that does it says of it."""
        return {"before": self.before, "entry": self.entry, "runs": self.runs, "acts": self.acts}

    @property
    def rows(self) -> Any:
        """Which rows of runs these are."""
        return and_(runs.c.opened_seq <= self.entry, runs.c.closed_seq <= self.entry)

    @property
    def act_rows(self) -> Any:
        """Which acts these are."""
        return and_(acts.c.seq <= self.entry, acts.c.kind.in_(_GOING), acts.c.subject.not_in(_find_open_plans(self)))


def require_old(before: str, keep_days: int) -> None:
    """Raise UsageError when what was recorded within the last `keep_days` would be removed."""
    # Whoever says the same number of days has said it a moment ago.
    youngest = datetime.now(UTC) - timedelta(days=keep_days) + timedelta(minutes=1)
    if before > format_timestamp(youngest):
        raise UsageError(
            f"Runs of the last {keep_days} days are not removed: {before[:10]} is too late.",
            "Give an earlier date. PLAYVISOR_KEEP_DAYS_MIN sets the least number of days.",
        )


def find_removable(connection: Connection, before: str) -> Removal | None:
    """What can be removed of the runs that were opened before a time; None when there is nothing."""
    newer = [
        connection.execute(select(func.min(runs.c.opened_seq)).where(runs.c.opened_at >= before)).scalar(),
        connection.execute(select(func.min(acts.c.seq)).where(acts.c.at >= before)).scalar(),
    ]
    last: int = connection.execute(select(head.c.seq)).scalar_one()
    entry = min([number - 1 for number in newer if number is not None], default=last)
    count = select(func.count()).where(runs.c.opened_seq <= entry, runs.c.closed_seq <= entry)
    removed = connection.execute(count).scalar_one()
    if not removed:
        return None
    digest = find_hash(connection, entry)
    if digest is None:
        raise _describe_untrue([f"entry {entry} is missing"])
    over = select(runs.c.opened_seq, runs.c.opened_hash).where(
        runs.c.opened_seq <= entry, or_(runs.c.closed_seq.is_(None), runs.c.closed_seq > entry)
    )
    openings = {row.opened_seq: row.opened_hash for row in connection.execute(over)}
    found = Removal(before, entry, digest, removed, openings, kept_runs=len(openings))
    staying = select(acts.c.seq, acts.c.hash).where(acts.c.seq <= entry, ~found.act_rows)
    kept = openings | {row.seq: row.hash for row in connection.execute(staying)}
    going = connection.execute(select(func.count()).select_from(acts).where(found.act_rows)).scalar_one()
    return Removal(before, entry, digest, removed, kept, going, len(openings))


def _find_open_plans(removal: Removal) -> Any:
    """The plans that stay: they are not out of date, or something about them was written later."""
    later = select(acts.c.subject).where(acts.c.seq > removal.entry, acts.c.kind.in_(PLAN_KINDS))
    is_old = and_(plans.c.made_at < removal.before, plans.c.expires_at < removal.before, plans.c.plan_id.not_in(later))
    return select(plans.c.plan_id).where(~is_old)


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
    """Remove the rows, put their artifacts into `trash`, and let the chain begin after them; by an act that stays."""
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
    connection.execute(delete(acts).where(removal.act_rows))
    connection.execute(delete(plans).where(plans.c.plan_id.not_in(_find_open_plans(removal))))
    connection.execute(delete(checkpoints))
    connection.execute(checkpoints.insert().values(seq=removal.entry, hash=removal.hash, pruned_by=run_id))
    append_act(connection, Act(PRUNED, {**removal.as_facts(), "run": run_id}, PRUNED))


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
