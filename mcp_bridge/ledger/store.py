# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger: one row per run, written before it starts and completed after it, chained so that nothing goes unseen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, Select, bindparam, exists, insert, select, update

from mcp_bridge.database.open import Database
from mcp_bridge.database.tables import CLOSING, fit_row, head, run_words, runs
from mcp_bridge.database.transactions import reading, transaction
from mcp_bridge.errors import LedgerError, UsageError
from mcp_bridge.ledger import chain, guest_index, parallel_verify, retention, verify
from mcp_bridge.ledger.plans import Plans
from mcp_bridge.ledger.records import Closing, Opening, RunRow


class Ledger:
    """The runs of one state directory. Several processes may use it at once."""

    def __init__(self, state_dir: Path, url: str | None = None) -> None:
        self._state_dir = state_dir
        self.database = Database(state_dir, url)

    def folder(self, run_id: str) -> Path:
        """Where the artifacts of a run are."""
        return self._folders / run_id

    @cached_property
    def plans(self) -> Plans:
        """The plans that wait to be decided on or applied."""
        return Plans(self._engine)

    def open(self, opening: Opening) -> None:
        """Write that a run starts. Raises LedgerError; then it must not start."""
        with transaction(self._engine) as connection:
            _append_opening(connection, opening)

    def close(self, run_id: str, closing: Closing) -> None:
        """Write how a run ended."""
        with transaction(self._engine) as connection:
            _append_closing(connection, run_id, closing)

    def record(self, opening: Opening, closing: Closing) -> None:
        """Write a run that ended before anything was started, such as a refused one."""
        with transaction(self._engine) as connection:
            _append_opening(connection, opening)
            _append_closing(connection, opening.run_id, closing)

    def list_unclosed(self) -> list[RunRow]:
        """The runs that have an opening and no closing: those that still run, and those whose process died."""
        query = select(runs).where(runs.c.closed_seq.is_(None)).order_by(runs.c.opened_seq)
        with reading(self._engine) as connection:
            return [_read_row(row) for row in connection.execute(query).mappings()]

    def close_if_open(self, run_id: str, closing: Closing) -> bool:
        """Write how a run ended, unless somebody else has done so meanwhile; returns whether it was written."""
        with transaction(self._engine) as connection:
            if not _is_open(connection, run_id):
                return False
            _append_closing(connection, run_id, closing)
        return True

    def recent(self, limit: int = 20, **wanted: str | None) -> list[RunRow]:
        """The newest runs, newest first; `wanted` are columns with the value that they must have.

        `since` is a time, in UTC and ISO 8601; `guest` is an id or name that stands in the arguments or the summary.
        """
        guest = wanted.pop("guest", None)
        if guest is not None and not guest_index.is_word(guest):
            return []
        query = _newest(guest).limit(limit)
        for name, value in wanted.items():
            if value is None:
                continue
            if name == "since":
                query = query.where(runs.c.opened_at >= value)
            elif guest is None:
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

    def list_ended(self, after: int, limit: int = 200) -> list[RunRow]:
        """The runs that were closed after an entry of the chain, in that order."""
        query = select(runs).where(runs.c.closed_seq > after).order_by(runs.c.closed_seq).limit(limit)
        with reading(self._engine) as connection:
            return [_read_row(row) for row in connection.execute(query).mappings()]

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
        """Check every entry of the chain and every artifact, without asking the cluster."""
        if self.database.file is not None and not self.database.file.exists():
            raise LedgerError(
                f"There is no ledger at {self.database.file}.",
                "Nothing was run with this state directory (PLAYVISOR_STATE_DIR), or the ledger was removed.",
            )
        with reading(self._engine) as connection:
            shared = self.database.file is None
            intact = parallel_verify.verify_if_intact(connection, self.database.url, self._folders, shared=shared)
            return intact or verify.verify(connection, self._folders, shared=shared)

    def find_removable(self, before: str) -> retention.Removal | None:
        """What `prune` would remove. Raises LedgerError when that part is not as it was written."""
        self._finish_pruning()
        with reading(self._engine) as connection:
            removal = retention.find_removable(connection, before)
            if removal:
                found = verify.verify(connection, self._folders, shared=self.database.file is None)
                retention.refuse_untrue(removal, found.faults)
        return removal

    def prune(self, removal: retention.Removal, opening: Opening) -> None:
        """Remove what `find_removable` found, with its artifacts; that is a run of the ledger itself."""
        run_id = opening.run_id
        closing = Closing("ok", "allowed", False, f"Removed {removal.runs} runs from before {removal.before}.")
        try:
            with transaction(self._engine) as connection:
                # Appended first: nobody else writes from then on.
                _append_opening(connection, replace(opening, tool=verify.PRUNING, arguments=removal.as_arguments()))
                retention.remove(connection, removal, run_id, self._folders, self._trashes / run_id)
                _append_closing(connection, run_id, closing)
        finally:
            self._finish_pruning()

    def _finish_pruning(self) -> None:
        if self._trashes.is_dir():
            with transaction(self._engine) as connection:
                _lock_head(connection)
                retention.finish_removals(connection, self._folders, self._trashes)

    @property
    def _folders(self) -> Path:
        return self._state_dir / "runs"

    @property
    def _trashes(self) -> Path:
        return self._state_dir / "pruning"

    @property
    def _engine(self) -> Engine:
        return self.database.engine


# Built once: building them takes as long as executing them.
_INSERT = insert(runs)
_HEAD = select(head.c.seq, head.c.hash).with_for_update()
_NEW_HEAD = update(head).values(seq=bindparam("new_seq"), hash=bindparam("new_hash"))
_OPENED = select(runs.c.opened_seq, runs.c.opened_hash).where(runs.c.run_id == bindparam("run"))
_CLOSING = (*CLOSING, "closed_seq", "closed_prev", "closed_hash")
_COMPLETE = (
    update(runs).where(runs.c.run_id == bindparam("run")).values({name: bindparam(f"new_{name}") for name in _CLOSING})
)
_NEW_WORD = bindparam("new_word", type_=run_words.c.word.type)
_ITS_RUN = bindparam("run", type_=run_words.c.opened_seq.type)
_HAS_WORD = exists().where(run_words.c.word == _NEW_WORD, run_words.c.opened_seq == _ITS_RUN)
_INSERT_WORD = insert(run_words).from_select(["word", "opened_seq"], select(_NEW_WORD, _ITS_RUN).where(~_HAS_WORD))


def _append_opening(connection: Connection, opening: Opening) -> None:
    row = fit_row(opening.row())
    seq, previous = _lock_head(connection)
    digest = chain.entry_hash("opened", seq, previous, row)
    connection.execute(_INSERT, {**row, "opened_seq": seq, "opened_prev": previous, "opened_hash": digest})
    connection.execute(_NEW_HEAD, {"new_seq": seq, "new_hash": digest})
    _index(connection, seq, guest_index.find_in_arguments(row["arguments"]))


def _append_closing(connection: Connection, run_id: str, closing: Closing) -> None:
    row = fit_row(closing.row())
    seq, previous = _lock_head(connection)
    opened = connection.execute(_OPENED, {"run": run_id}).one()
    digest = chain.entry_hash("closed", seq, previous, {**row, "run_id": run_id, "opened_hash": opened.opened_hash})
    written = {**row, "closed_seq": seq, "closed_prev": previous, "closed_hash": digest}
    connection.execute(_COMPLETE, {"run": run_id, **{f"new_{name}": written[name] for name in _CLOSING}})
    connection.execute(_NEW_HEAD, {"new_seq": seq, "new_hash": digest})
    _index(connection, opened.opened_seq, guest_index.find_in_summary(row["summary"]))


def _index(connection: Connection, opened_seq: int, found: Sequence[str]) -> None:
    """Let a run be found by these words, too; it may have been by some already."""
    if found:
        connection.execute(_INSERT_WORD, [{"new_word": word, "run": opened_seq} for word in found])


def _lock_head(connection: Connection) -> tuple[int, str]:
    """The number for a new entry and the hash before it; until the transaction ends, nobody else gets one."""
    end = connection.execute(_HEAD).one()
    return end.seq + 1, end.hash


def _is_open(connection: Connection, run_id: str) -> bool:
    """Whether a run has no closing; until the transaction ends, nobody else writes one."""
    query = select(runs.c.closed_seq).where(runs.c.run_id == run_id).with_for_update()
    closed: int | None = connection.execute(query).scalar_one()
    return closed is None


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
