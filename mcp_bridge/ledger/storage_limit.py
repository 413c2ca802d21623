# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps the artifacts of runs within a limit: those of old runs are removed, by an act that says whose they were.

The runs themselves stay, and so does the seal of what was removed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, RowMapping, select

from mcp_bridge.database.open import Database
from mcp_bridge.database.tables import runs
from mcp_bridge.database.transactions import reading
from mcp_bridge.ledger.acts import ARTIFACTS_REMOVED, find_removed_artifacts
from mcp_bridge.ledger.entries import append_act, appending
from mcp_bridge.ledger.records import Act
from mcp_bridge.system.identity import format_timestamp

# So that no act is long.
_MOST_IN_ACT = 200
_BATCH = 500
# What was read a moment ago may still be looked at.
_READ_DAYS = 1 / 24


@dataclass(frozen=True)
class StorageLimit:
    """How much may be kept: `most_bytes` in all, and nothing longer than `days`, when that is given.

    The artifacts of runs that changed something stay for `keep_days` in any case.
    """

    most_bytes: int
    days: int | None = None
    keep_days: int = 30


@dataclass(frozen=True)
class _Stored:
    run_id: str
    sealed: str
    opened_at: str
    has_changed: bool
    size: int


def enforce(database: Database, folders: Path, limit: StorageLimit) -> int:
    """Remove artifacts beyond the limit: those of reads first, the oldest first. Returns of how many runs."""
    if not folders.is_dir():
        return 0
    with reading(database.engine) as connection:
        removed = find_removed_artifacts(connection)
        stored = list(_find_stored(connection, folders, removed))
    # What a process that was killed has left of what was removed.
    for name in removed.keys() & {entry.name for entry in os.scandir(folders)}:
        shutil.rmtree(folders / name, ignore_errors=True)
    chosen = choose(stored, limit, datetime.now(UTC))
    for first in range(0, len(chosen), _MOST_IN_ACT):
        part = chosen[first : first + _MOST_IN_ACT]
        facts = {"runs": {one.run_id: one.sealed for one in part}, "bytes": sum(one.size for one in part)}
        # Recorded first: what is missing without an act is a fault.
        with appending(database) as connection:
            append_act(connection, Act(ARTIFACTS_REMOVED, facts, ARTIFACTS_REMOVED))
        for one in part:
            shutil.rmtree(folders / one.run_id, ignore_errors=True)
    return len(chosen)


def choose(stored: list[_Stored], limit: StorageLimit, now: datetime) -> list[_Stored]:
    """Which artifacts are to be removed. Pure."""
    protected = format_timestamp(now - timedelta(days=limit.keep_days))
    recent = format_timestamp(now - timedelta(days=_READ_DAYS))
    out_of_date = format_timestamp(now - timedelta(days=limit.days)) if limit.days is not None else ""
    removable = [one for one in stored if one.opened_at < (protected if one.has_changed else recent)]
    chosen = []
    size = sum(one.size for one in stored)
    for one in sorted(removable, key=lambda one: (one.has_changed, one.opened_at)):
        if one.opened_at < out_of_date or size > limit.most_bytes:
            chosen.append(one)
            size -= one.size
    return chosen


def _find_stored(connection: Connection, folders: Path, removed: dict[str, str]) -> Iterator[_Stored]:
    """The artifacts of runs that have ended."""
    names = sorted(entry.name for entry in os.scandir(folders) if entry.name not in removed)
    for first in range(0, len(names), _BATCH):
        query = select(runs.c.run_id, runs.c.artifacts_sha256, runs.c.opened_at, runs.c.changed, runs.c.outcome).where(
            runs.c.run_id.in_(names[first : first + _BATCH]), runs.c.artifacts_sha256.is_not(None)
        )
        for row in connection.execute(query).mappings():
            yield _Stored(
                row["run_id"],
                row["artifacts_sha256"],
                row["opened_at"],
                _has_changed(row),
                _measure(folders / row["run_id"]),
            )


def _has_changed(row: RowMapping) -> bool:
    """Whether a run changed something, or may have."""
    return bool(row["changed"]) or row["outcome"] == "interrupted"


def _measure(folder: Path) -> int:
    """The bytes of a folder's files."""
    size = 0
    for path, _folders, files in os.walk(folder):
        for name in files:
            try:
                size += os.lstat(os.path.join(path, name)).st_size
            except OSError:
                # Removed meanwhile.
                continue
    return size
