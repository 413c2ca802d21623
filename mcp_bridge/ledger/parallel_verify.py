# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verifying a large ledger by several processes, each of which takes a share of its rows.

They can only find that all is well. What exactly is not, `verify` tells, in one transaction and one process.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from itertools import chain as chained
from itertools import pairwise
from pathlib import Path

from sqlalchemy import Connection, func, select

from mcp_bridge.database.open import open_database
from mcp_bridge.database.tables import acts, checkpoints, head, runs
from mcp_bridge.database.transactions import reading
from mcp_bridge.ledger import chain, verify
from mcp_bridge.ledger.head_file import Head

# Starting a process takes as long as verifying this many entries.
WORTH = 100_000
_MOST = 8


def verify_if_intact(
    connection: Connection, url: str, folders: Path, *, shared: bool, known: Head | None = None
) -> verify.Verification | None:
    """What `verify` would return, when there is no fault; None when that is not sure, or not worth several processes.

    What is appended meanwhile is left out, and what is removed meanwhile is missed.
    """
    end = connection.execute(select(head)).mappings().first()
    count = min(len(os.sched_getaffinity(0)), _MOST) if hasattr(os, "sched_getaffinity") else 1
    if end is None or end["seq"] < WORTH or count < 2 or _has_checkpoint(connection):
        return None
    for number in (runs.c.opened_seq, acts.c.seq):
        if connection.execute(select(func.count()).where(number > end["seq"])).scalar_one():
            return None
    # The first and the last one have what is outside of every chain, too.
    limits = [None, *(end["seq"] * number // count for number in range(1, count)), end["seq"]]
    # A fork would share the database's connection.
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as processes:
        shares = [
            processes.submit(_verify_share, url, folders, after, to, end["seq"], shared)
            for after, to in pairwise(limits)
        ]
        taken = [share.result() for share in shares]
    sound = [share for share in taken if share is not None]
    stretches = chained.from_iterable(stretches for stretches, _counted in sound)
    if len(sound) < len(taken) or not chain.is_whole(stretches, end["seq"], end["hash"]):
        return None
    if any(True for _fault in verify.find_faults_beside(connection, folders, shared=shared, known=known)):
        return None
    summed = _sum([counted for _stretches, counted in sound], end["seq"])
    summed.newest = (end["seq"], end["hash"])
    verify.add_notes(connection, summed, shared=shared)
    return summed


def _has_checkpoint(connection: Connection) -> bool:
    """Whether older runs were removed: the chain then begins with some that `verify` knows about."""
    return connection.execute(select(checkpoints.c.seq).limit(1)).first() is not None


def _verify_share(
    url: str, folders: Path, after: int | None, to: int, last: int, shared: bool
) -> tuple[list[chain.Stretch], verify.Verification] | None:
    """In a process of its own: the stretches of the rows that were opened from `after` to `to`, if they are sound."""
    query = select(*(runs.c[name] for name in chain.COLUMNS)).where(runs.c.opened_seq <= to)
    done = verify.ACTS.where(acts.c.seq <= to)
    if after is not None:
        query, done = query.where(runs.c.opened_seq > after), done.where(acts.c.seq > after)
    counted, spoiled = verify.Verification(), list[chain.Fault]()
    with reading(open_database(url)) as connection:
        rows = verify.walk(connection, query.order_by(runs.c.opened_seq), folders, counted, spoiled, shared=shared)
        found = chain.find_stretches(rows, last, verify.walk_acts(connection, done, counted))
    return None if found is None or spoiled else (found, counted)


def _sum(counted: list[verify.Verification], entries: int) -> verify.Verification:
    return verify.Verification(
        runs=sum(one.runs for one in counted),
        entries=entries,
        artifacts=sum(one.artifacts for one in counted),
        elsewhere=sum(one.elsewhere for one in counted),
        removed=sum(one.removed for one in counted),
    )
