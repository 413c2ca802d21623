# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the ledger: every opening, closing and act is an entry of its chain, in the transaction that it is part of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, select

from mcp_bridge.database.tables import runs
from mcp_bridge.database.transactions import reading
from mcp_bridge.ledger import policies, retention, storage_limit, verify
from mcp_bridge.ledger.admissions import Admission, append_admission, list_recent_guests
from mcp_bridge.ledger.entries import append_act, append_closing, append_opening, append_run, appending
from mcp_bridge.ledger.fleets import append_change
from mcp_bridge.ledger.head_file import HeadFile
from mcp_bridge.ledger.plans import PlanWriter, use_plan
from mcp_bridge.ledger.records import Act, Closing, FleetChange, Opening
from mcp_bridge.ledger.storage_limit import StorageLimit
from mcp_bridge.ledger.store import Ledger


class LedgerWriter(Ledger):
    """The ledger of one state directory, to be written. Several processes may use it at once."""

    @cached_property
    def plans(self) -> PlanWriter:
        """The plans that wait to be decided on or applied."""
        return PlanWriter(self.database)

    def open(self, opening: Opening) -> None:
        """Write that a run starts. Raises LedgerError; then it must not start."""
        with appending(self.database) as connection:
            append_opening(connection, opening)

    def close(self, run_id: str, closing: Closing, fleet: FleetChange | None = None) -> None:
        """Write how a run ended, and what it has come to for a fleet."""
        with appending(self.database) as connection:
            _append_end(connection, run_id, closing, fleet)

    def record(self, opening: Opening, closing: Closing) -> None:
        """Write a run that ended before anything was started, such as a refused one."""
        with appending(self.database) as connection:
            append_run(connection, opening, closing)

    def close_if_open(self, run_id: str, closing: Closing, fleet: FleetChange | None = None) -> bool:
        """Write how a run ended, unless somebody else has done so meanwhile; returns whether it was written."""
        with appending(self.database) as connection:
            if not _is_open(connection, run_id):
                return False
            _append_end(connection, run_id, closing, fleet)
        return True

    def change_fleet(self, change: FleetChange, opening: Opening, closing: Closing) -> None:
        """Write what people have done about the marks of a fleet, as a run."""
        with appending(self.database) as connection:
            append_run(connection, opening, closing)
            append_change(connection, change)

    def append(self, act: Act) -> int:
        """Write an act that changes nothing else in the ledger; returns the number of its entry."""
        with appending(self.database) as connection:
            return append_act(connection, act)

    def admit(self, admission: Admission, seconds: int, judge: Callable[[set[int]], str]) -> str:
        """Admit a run: use up its approval, and record what it is admitted for; all of it, or nothing.

        `judge` is given the guests that the asker's runs have touched within so many seconds, while nobody else can be
        admitted; it returns why this one may not be, or nothing. Returns why it was not admitted, or nothing.
        """
        binding = admission.binding
        try:
            with appending(self.database) as connection:
                recent = list_recent_guests(connection, binding.asker, binding.asker_kind, binding.cluster, seconds)
                why = judge(recent)
                plan_id, run_id = admission.plan_id, admission.run_id
                if not why and plan_id and not use_plan(connection, plan_id, run_id, binding):
                    why = "somebody else has used it meanwhile, it has expired, or it is for another plan"
                if why:
                    raise _NotAdmitted(why)
                append_admission(connection, admission)
        except _NotAdmitted as error:
            return str(error)
        return ""

    def use_policy(self, text: str) -> str:
        """Keep the whole policy that is in use, and record it if it is another one than before; returns its SHA-256."""
        with reading(self._engine) as connection:
            is_in_use = policies.is_in_use(connection, text)
        if not is_in_use:
            with appending(self.database) as connection:
                policies.use(connection, text)
        return policies.hash_policy(text)

    def find_removable(self, before: str, keep_days: int = 0) -> retention.Removal | None:
        """What `prune` would remove.

        Raises UsageError when that is of the last `keep_days`, and LedgerError when it is not as it was written.
        """
        retention.require_old(before, keep_days)
        self._finish_pruning()
        known = HeadFile(self._state_dir).read()
        with reading(self._engine) as connection:
            removal = retention.find_removable(connection, before)
            if removal:
                found = verify.verify(connection, self._folders, shared=self.database.file is None, known=known)
                retention.refuse_untrue(removal, found.faults)
        return removal

    def prune(self, removal: retention.Removal, opening: Opening) -> None:
        """Remove what `find_removable` found, with its artifacts; that is an act, and a run of the ledger itself."""
        run_id = opening.run_id
        closing = Closing("ok", "allowed", False, f"Removed {removal.runs} runs from before {removal.before}.")
        try:
            with appending(self.database) as connection:
                # Appended first: nobody else writes from then on.
                append_opening(connection, replace(opening, tool=verify.PRUNING, arguments=removal.as_counts()))
                retention.remove(connection, removal, run_id, self._folders, self._trashes / run_id)
                append_closing(connection, run_id, closing)
        finally:
            self._finish_pruning()

    def limit_artifacts(self, limit: StorageLimit) -> int:
        """Remove the oldest artifacts beyond a limit, by an act; returns of how many runs."""
        return storage_limit.enforce(self.database, self._folders, limit)

    def _finish_pruning(self) -> None:
        if self._trashes.is_dir():
            with appending(self.database) as connection:
                retention.finish_removals(connection, self._folders, self._trashes)

    @property
    def _trashes(self) -> Path:
        return self._state_dir / "pruning"


class _NotAdmitted(Exception):
    """Takes back what the transaction has written."""


def _append_end(connection: Connection, run_id: str, closing: Closing, fleet: FleetChange | None) -> None:
    append_closing(connection, run_id, closing)
    if fleet:
        append_change(connection, fleet)


def _is_open(connection: Connection, run_id: str) -> bool:
    """Whether a run has no closing; until the transaction ends, nobody else writes one."""
    query = select(runs.c.closed_seq).where(runs.c.run_id == run_id).with_for_update()
    closed: int | None = connection.execute(query).scalar_one()
    return closed is None
