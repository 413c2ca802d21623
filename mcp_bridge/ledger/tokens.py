# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the chain says of tokens: a row of theirs counts only when it says the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select

from mcp_bridge.database.tables import acts, tokens
from mcp_bridge.ledger.acts import list_acts, read_facts
from mcp_bridge.ledger.chain import Fault
from mcp_bridge.ledger.entries import ADOPTED, describe_token

CREATED, REVOKED = KINDS = ("token_created", "token_revoked")
"""The acts about a token; their subject is its key."""


def describe_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """What the acts say of a token's row."""
    revoked = row.get("revoked_at")
    return describe_token(row) | ({"revoked_at": revoked} if revoked else {})


def fold(found: Iterable[Mapping[Any, Any]]) -> dict[str, Any]:
    """What the row has to say after these acts."""
    facts: dict[str, Any] = {}
    for number, act in enumerate(found):
        said = read_facts(act)
        if act["kind"] in (CREATED, ADOPTED) and not number:
            facts = {name: value for name, value in said.items() if name != "note"}
        elif act["kind"] == REVOKED:
            facts |= said
    return facts


def find_faults(connection: Connection, began: str) -> Iterator[Fault]:
    """The rows that are not what the acts say, and the acts without a row.

    Tokens that were over when the ledger began to record them, at `began`, have no acts; they can't be used either.
    """
    for row in connection.execute(select(tokens)).mappings():
        found = list_acts(connection, row["key"])
        if not found and any(row[name] and row[name] <= began for name in ("revoked_at", "expires_at")):
            continue
        if fold(found) != describe_row(row):
            what = "the token is not what the entries about it say" if found else "a token without any entry"
            yield Fault(str(row["key"]), found[-1]["seq"] if found else 0, what)
    made = acts.c.kind.in_([CREATED, ADOPTED])
    lone = select(acts.c.subject, acts.c.seq).where(made, acts.c.subject.not_in(select(tokens.c.key)))
    for subject, seq in connection.execute(lone):
        yield Fault(subject, seq, "the token that was made is missing")
