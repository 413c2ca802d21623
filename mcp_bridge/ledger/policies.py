# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policies that were in use: the whole text of each by its SHA-256, and an act whenever another one is used."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import Connection, insert, select

from mcp_bridge.database.tables import acts, policies
from mcp_bridge.ledger.acts import find_newest
from mcp_bridge.ledger.chain import Fault
from mcp_bridge.ledger.entries import append_act
from mcp_bridge.ledger.records import Act
from mcp_bridge.system.identity import current_timestamp
from mcp_bridge.text.redaction import make_writable

USED = "policy_used"
"""The act that says which policy is in use from now on; its subject is the policy's hash."""


def hash_policy(text: str) -> str:
    """The SHA-256 by which a policy is known."""
    return hashlib.sha256(make_writable(text).encode()).hexdigest()


def is_in_use(connection: Connection, text: str) -> bool:
    """Whether the newest act says that it is this policy."""
    newest = find_newest(connection, USED)
    return newest is not None and newest["subject"] == hash_policy(text)


def use(connection: Connection, text: str) -> None:
    """Record, in the caller's transaction, that this policy is in use from now on, unless it was already."""
    if is_in_use(connection, text):
        return
    digest = hash_policy(text)
    if connection.execute(select(policies.c.hash).where(policies.c.hash == digest)).first() is None:
        values = {"hash": digest, "text": make_writable(text), "first_seen": current_timestamp()}
        connection.execute(insert(policies).values(**values))
    append_act(connection, Act(USED, {"sha256": digest, "characters": len(text)}, digest))


def find_faults(connection: Connection) -> Iterator[Fault]:
    """Policies whose text is another one, or that no act names, and acts whose policy is missing."""
    named = dict(connection.execute(select(acts.c.subject, acts.c.seq).where(acts.c.kind == USED)).tuples().all())
    kept = set()
    for digest, text in connection.execute(select(policies.c.hash, policies.c.text)):
        kept.add(digest)
        if hash_policy(str(text)) != digest:
            yield Fault(digest, named.get(digest, 0), "the text of the policy was changed after it was written")
        elif digest not in named:
            yield Fault(digest, 0, "a policy without any entry")
    for digest in sorted(named.keys() - kept):
        yield Fault(digest, named[digest], "the policy that was in use is missing")
