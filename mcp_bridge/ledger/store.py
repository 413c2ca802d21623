# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger, to be read: one row per run, written before it starts and completed after it, and the acts between them.

`ledger.writer` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, RowMapping, Select, or_, select

from mcp_bridge.database.open import Database
from mcp_bridge.database.tables import acts, head, run_words, runs
from mcp_bridge.database.transactions import reading
from mcp_bridge.errors import LedgerError, UsageError
from mcp_bridge.ledger import admissions, guest_index, parallel_verify, verify
from mcp_bridge.ledger.acts import read_facts
from mcp_bridge.ledger.fleets import Fleets
from mcp_bridge.ledger.head_file import NAME, Head, HeadFile
from mcp_bridge.ledger.periods import parse_period
from mcp_bridge.ledger.plans import Plans
from mcp_bridge.ledger.records import LOOK, SELF, RunRow
from mcp_bridge.system.identity import format_timestamp


class Ledger:
    """The runs and acts of one state directory. Several processes may use it at once."""

    def __init__(self, state_dir: Path, url: str | None = None) -> None:
        self._state_dir = state_dir
        self.database = Database(state_dir, url)

    def folder(self, run_id: str) -> Path:
        """Where the artifacts of a run are."""
        return self._folders / run_id

    @cached_property
    def plans(self) -> Plans:
        """The plans that wait to be decided on or applied."""
        return Plans(self.database)

    def read_fleets(self, cluster: str) -> Fleets:
        """The fleets of a cluster."""
        return Fleets(self.database, cluster)

    def list_recent_guests(self, asker: str, kind: str, cluster: str, seconds: int) -> set[int]:
        """The guests that an asker's runs were admitted to touch within so many seconds."""
        with reading(self._engine) as connection:
            return admissions.list_recent_guests(connection, asker, kind, cluster, seconds)

    def list_unclosed(self) -> list[RunRow]:
        """The runs that have an opening and no closing: those that still run, and those whose process died."""
        query = select(runs).where(runs.c.closed_seq.is_(None)).order_by(runs.c.opened_seq)
        with reading(self._engine) as connection:
            return [_read_row(row) for row in connection.execute(query).mappings()]

    def recent(
        self,
        limit: int = 20,
        before: int | None = None,
        without: Collection[str] = (),
        is_open: bool = False,
        /,
        *,
        changed: bool | None = None,
        **wanted: str | None,
    ) -> list[RunRow]:
        """The newest runs, newest first; `wanted` are columns with the value that they must have.

        With `changed`, those that changed something, or, when it is false, nothing. With `before`, those that were
        opened before an entry of the chain; `without` are tools whose runs are left out. `since` and `until` are times
        as `parse_period` takes them; `guest` is an id or name that stands in the arguments or the summary. The looks
        that servers take at the cluster by themselves are among them only if their tool or client is wanted. If
        `is_open`, it is only runs without an end.
        """
        guest = wanted.pop("guest", None)
        if guest is not None and not guest_index.is_word(guest):
            return []
        query = _newest(guest).limit(limit)
        start, end = parse_period(wanted.pop("since", None), wanted.pop("until", None), datetime.now(UTC))
        if start is not None:
            query = query.where(runs.c.opened_at >= format_timestamp(start))
        if end is not None:
            query = query.where(runs.c.opened_at <= format_timestamp(end))
        if before is not None:
            query = query.where(runs.c.opened_seq < before)
        if without:
            query = query.where(runs.c.tool.not_in(without))
        if changed is not None:
            query = query.where(runs.c.changed.is_(changed))
        if is_open:
            # By an expression, so that no index sorts them: SQLite would look through all runs for the few.
            newest = (runs.c.opened_seq + 0).desc()
            query = query.where(runs.c.closed_seq.is_(None)).order_by(None).order_by(newest)
        if not wanted.get("tool") and not wanted.get("client_name"):
            query = query.where(or_(runs.c.tool != LOOK, runs.c.client_name != SELF))
        for name, value in wanted.items():
            if value is None:
                continue
            if guest is None:
                query = query.where(runs.c[name] == value)
            else:
                # As an expression, so that no index serves it: SQLite would start from all runs of a tool.
                query = query.where(runs.c[name].concat("") == value)
        with reading(self._engine) as connection:
            return [_read_row(row) for row in connection.execute(query).mappings()]

    def last_entry(self) -> int:
        """The number of the chain's last entry."""
        with reading(self._engine) as connection:
            return int(connection.execute(select(head.c.seq)).scalar_one())

    def list_opened(self, after: int, limit: int = 200) -> list[RunRow]:
        """The runs that were opened after an entry of the chain, in that order."""
        query = select(runs).where(runs.c.opened_seq > after).order_by(runs.c.opened_seq).limit(limit)
        with reading(self._engine) as connection:
            return [_read_row(row) for row in connection.execute(query).mappings()]

    def list_ended(self, after: int, limit: int = 200) -> list[RunRow]:
        """The runs that were closed after an entry of the chain, in that order."""
        query = select(runs).where(runs.c.closed_seq > after).order_by(runs.c.closed_seq).limit(limit)
        with reading(self._engine) as connection:
            return [_read_row(row) for row in connection.execute(query).mappings()]

    def list_acts_after(self, after: int, limit: int = 200) -> list[dict[str, Any]]:
        """The acts after an entry of the chain, in that order, each with its facts as data."""
        query = select(acts).where(acts.c.seq > after).order_by(acts.c.seq).limit(limit)
        with reading(self._engine) as connection:
            return [{**row, "facts": read_facts(row)} for row in connection.execute(query).mappings()]

    def list_acts(
        self, limit: int = 20, kind: str | None = None, subject: str | None = None, before: int | None = None
    ) -> list[dict[str, Any]]:
        """The newest acts, newest first, each with its facts as data; only of a kind, or about a run or a plan.

        With `before`, those before an entry of the chain.
        """
        query = select(acts).order_by(acts.c.seq.desc()).limit(limit)
        query = query.where(acts.c.seq < before) if before is not None else query
        query = query.where(acts.c.kind == kind) if kind else query
        query = query.where(acts.c.subject == subject) if subject else query
        with reading(self._engine) as connection:
            return [{**row, "facts": read_facts(row)} for row in connection.execute(query).mappings()]

    def find_admitted_cluster(self, run_id: str) -> str:
        """The cluster to which a run was admitted; empty for one that was not admitted."""
        admitted = self.list_acts(1, admissions.ADMITTED, run_id)
        return str(admitted[0]["facts"].get("cluster") or "") if admitted else ""

    def find_effects(self, run_id: str) -> list[str]:
        """What a run was admitted to do, in the policy's words; nothing for one that was not admitted."""
        admitted = self.list_acts(1, admissions.ADMITTED, run_id)
        effects: list[str] = admitted[0]["facts"].get("effects", []) if admitted else []
        return effects

    def find(self, prefix: str) -> RunRow:
        """The one run whose id starts with `prefix`. Raises UsageError when there is none, or more than one."""
        with reading(self._engine) as connection:
            query = select(runs).where(runs.c.run_id >= prefix, runs.c.run_id < f"{prefix}g")
            found = list(connection.execute(query.order_by(runs.c.run_id).limit(5)).mappings())
        if not found:
            raise UsageError(f"There is no run {prefix!r}.", "`playvisor runs list` shows the newest ones.")
        if len(found) > 1:
            ids = ", ".join(row["run_id"][:13] for row in found)
            raise UsageError(f"More than one run starts with {prefix!r}: {ids} …", "Give more of its id.")
        return _read_row(found[0])

    def verify(self) -> verify.Verification:
        """Check every entry of the chain, what counts only with its entries, and every artifact.

        The cluster is not asked. Raises LedgerError when there is no ledger.
        """
        # Read first: the ledger may go on meanwhile, and never goes back.
        known = HeadFile(self._state_dir).read()
        self._require_file(known)
        shared = self.database.file is None
        with reading(self._engine) as connection:
            intact = parallel_verify.verify_if_intact(
                connection, self.database.url, self._folders, shared=shared, known=known
            )
            return intact or verify.verify(connection, self._folders, shared=shared, known=known)

    def _require_file(self, known: Head | None) -> None:
        """Raise LedgerError when the database's file is not there; opening it would make an empty one."""
        file = self.database.file
        if file is None or file.exists():
            return
        if known is not None or (self._folders.is_dir() and any(self._folders.iterdir())):
            written = f"{NAME} says that entry {known.seq} was written" if known else "there are artifacts of its runs"
            raise LedgerError(
                f"The ledger at {file} was removed: {written}.", "Put it back, or restore it from a backup."
            )
        raise LedgerError(
            f"There is no ledger at {file}.",
            "Nothing was run with this state directory (PLAYVISOR_STATE_DIR), or the ledger was removed.",
        )

    @property
    def _folders(self) -> Path:
        return self._state_dir / "runs"

    @property
    def _engine(self) -> Engine:
        return self.database.engine


def _newest(guest: str | None) -> Select[Any]:
    """Runs, newest first; with a guest, those that name it."""
    if guest is None:
        return select(runs).order_by(runs.c.opened_seq.desc())
    named = select(runs).join(run_words, run_words.c.opened_seq == runs.c.opened_seq).where(run_words.c.word == guest)
    return named.order_by(run_words.c.opened_seq.desc())


def _read_row(row: RowMapping) -> RunRow:
    """A row with its JSON columns as data. What somebody has changed to no JSON is shown; `verify` reports it."""
    arguments, upids = _parse_json(row["arguments"]), _parse_json(row["upids"])
    return RunRow(
        **{
            **row,
            "arguments": arguments if isinstance(arguments, dict) else {"unreadable": str(row["arguments"])},
            "upids": upids if isinstance(upids, list) else [],
        }
    )


def _parse_json(text: Any) -> Any:
    try:
        return json.loads(text) if text else None
    except (TypeError, ValueError, RecursionError):
        return None
