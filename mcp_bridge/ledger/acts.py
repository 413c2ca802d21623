# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Acts of the chain, read back: what was done about a subject, and whether an act counts.

A row of another table that says what acts say counts only with them, so nobody can approve a plan by one statement.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, bindparam, select, union_all

from mcp_bridge.database.tables import acts, checkpoints, head, runs
from mcp_bridge.errors import UnprovenError
from mcp_bridge.ledger import chain

PRUNED = "pruned"
"""The act that removes old entries; its subject is the same word."""
ARTIFACTS_REMOVED = "artifacts_removed"
"""The act that removes the artifacts of runs that stay: each run's id with the seal of its artifacts."""

_NUMBER = bindparam("number", type_=BigInteger)
_ABOUT = select(acts).where(acts.c.subject == bindparam("about")).order_by(acts.c.seq)
# Built once: building them takes as long as executing them.
_HASH_OF = union_all(
    select(acts.c.hash).where(acts.c.seq == _NUMBER),
    select(runs.c.opened_hash).where(runs.c.opened_seq == _NUMBER),
    select(runs.c.closed_hash).where(runs.c.closed_seq == _NUMBER),
    select(checkpoints.c.hash).where(checkpoints.c.seq == _NUMBER),
)
_PREVIOUS_OF = union_all(
    select(acts.c.prev).where(acts.c.seq == _NUMBER),
    select(runs.c.opened_prev).where(runs.c.opened_seq == _NUMBER),
    select(runs.c.closed_prev).where(runs.c.closed_seq == _NUMBER),
    select(head.c.hash).where(head.c.seq == _NUMBER - 1),
)
_CHECKPOINT = select(checkpoints.c.seq)


def list_acts(connection: Connection, subject: str) -> list[Mapping[Any, Any]]:
    """The acts about a subject, oldest first."""
    return list(connection.execute(_ABOUT, {"about": subject}).mappings())


def find_newest(connection: Connection, *kinds: str) -> Mapping[Any, Any] | None:
    """The newest act of some kinds."""
    return connection.execute(_newest(*kinds)).mappings().first()


def _newest(*kinds: str) -> Select[Any]:
    return select(acts).where(acts.c.kind.in_(kinds)).order_by(acts.c.seq.desc()).limit(1)


def find_hash(connection: Connection, number: int) -> str | None:
    """The hash of an entry, or of the end of what was removed; None when there is no such entry."""
    return connection.execute(_HASH_OF, {"number": number}).scalars().first()


def find_flaw(connection: Connection, act: Mapping[Any, Any]) -> str | None:
    """Why an act does not count: it was changed, or is no link of the chain; None when it counts."""
    seq, digest = act["seq"], act["hash"]
    if chain.entry_hash("act", seq, act["prev"], act) != digest:
        return f"entry {seq} was changed after it was written"
    begin = connection.execute(_CHECKPOINT).scalar()
    if begin is not None and seq <= begin:
        return None if _find_kept(connection).get(str(seq)) == digest else f"entry {seq} is older than the ledger"
    before = chain.GENESIS if seq == 1 else find_hash(connection, seq - 1)
    after = connection.execute(_PREVIOUS_OF, {"number": seq + 1}).scalars().all()
    if before != act["prev"] or not after or set(after) != {digest}:
        return f"entry {seq} is no link of the chain"
    return None


def require_proven(connection: Connection, found: Iterable[Mapping[Any, Any]], what: str) -> None:
    """Raise UnprovenError when one of the acts about something does not count."""
    flaw = next((flaw for flaw in (find_flaw(connection, act) for act in found) if flaw), None)
    if flaw:
        raise make_unproven(what, flaw)


def make_unproven(what: str, why: str) -> UnprovenError:
    """The error about something that the entries do not say, and that therefore does not count."""
    return UnprovenError(
        f"{what} does not count: {why}.", "Somebody changed the database. `playvisor runs verify` tells all."
    )


def read_facts(act: Mapping[Any, Any]) -> dict[str, Any]:
    """The facts of an act; nothing when somebody has changed them to something else."""
    try:
        facts = json.loads(act["facts"])
    except (ValueError, TypeError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def find_removed_artifacts(connection: Connection) -> dict[str, str]:
    """The runs whose artifacts were removed by an act, with what they were sealed with."""
    query = select(acts).where(acts.c.kind == ARTIFACTS_REMOVED)
    removed: dict[str, str] = {}
    for act in connection.execute(query).mappings():
        listed = read_facts(act).get("runs")
        removed |= listed if isinstance(listed, dict) else {}
    return removed


def _find_kept(connection: Connection) -> Mapping[str, str]:
    """The hashes of the entries that were kept when older ones were removed."""
    removal = find_newest(connection, PRUNED)
    kept = read_facts(removal).get("kept") if removal else None
    return kept if isinstance(kept, dict) and removal and find_flaw(connection, removal) is None else {}
