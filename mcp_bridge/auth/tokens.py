# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bearer tokens for the HTTP transport. Only the hash of a secret is kept.

Making and revoking one are acts of the ledger's chain, and a token counts only with them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from mcp_bridge.database.open import Database
from mcp_bridge.database.tables import tokens
from mcp_bridge.database.transactions import reading
from mcp_bridge.ledger.acts import find_flaw, list_acts, make_unproven
from mcp_bridge.ledger.tokens import describe_row, fold
from mcp_bridge.system.identity import current_timestamp

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
PREFIX = "pv"
_KEY = re.compile(rf"{PREFIX}_([0-9a-f]{{8}})_")
# The kinds of callers in policies: a token must not make a client a person.
RESERVED = frozenset({"person", "client"})
# Compared with when there is no such token, so that a refusal takes equally long.
_NO_HASH = "0" * 64


@dataclass(frozen=True)
class Token:
    """What is stored of a token, without its hash; `key` is its public part."""

    key: str
    name: str
    roles: tuple[str, ...]
    made_at: str
    made_by: str
    expires_at: str | None = None
    revoked_at: str | None = None

    @property
    def state(self) -> str:
        """`valid`, `expired` or `revoked`."""
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at and self.expires_at <= current_timestamp() else "valid"

    def as_dict(self) -> dict[str, Any]:
        """The fields and the state as JSON-compatible data."""
        return {**self.__dict__, "roles": list(self.roles), "state": self.state}


def is_role(word: str) -> bool:
    """Whether a token may give this role: it is well-formed, and not one of the kinds person and client."""
    return bool(NAME.fullmatch(word)) and word not in RESERVED


class Tokens:
    """The tokens in one database, to be read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_all(self) -> list[Token]:
        """All tokens, oldest first."""
        with reading(self._database.engine) as connection:
            return [_read_row(row) for row in connection.execute(select(tokens).order_by(tokens.c.made_at)).mappings()]

    def verify(self, secret: str) -> Token | None:
        """Return the valid token with this secret, or None. Raises LedgerError for one that does not count."""
        key = _KEY.match(secret)
        with reading(self._database.engine) as connection:
            query = select(tokens).where(tokens.c.key == (key[1] if key else ""))
            row = connection.execute(query).mappings().first()
            is_same = hmac.compare_digest(row["hash"] if row else _NO_HASH, hash_secret(secret))
            token = _read_row(row) if row and is_same else None
            if token is None or row is None or token.state != "valid":
                return None
            _require_proven(connection, row)
        return token


def _require_proven(connection: Connection, row: Mapping[Any, Any]) -> None:
    """Raise LedgerError for a row that the entries do not say."""
    found = list_acts(connection, row["key"])
    flaw = "its row is not what the entries about it say" if fold(found) != describe_row(row) else None
    flaw = flaw or next(filter(None, (find_flaw(connection, act) for act in found)), None)
    if flaw:
        raise make_unproven(f"The token {row['name']!r}", flaw)


def find_valid(connection: Connection, name: str) -> Token | None:
    """The valid token with this name."""
    named = (_read_row(row) for row in connection.execute(select(tokens).where(tokens.c.name == name)).mappings())
    return next((token for token in named if token.state == "valid"), None)


def hash_secret(secret: str) -> str:
    """What is kept of a secret."""
    # A plain hash suffices: 256 random bits can't be guessed.
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _read_row(row: Any) -> Token:
    facts = {name: value for name, value in row.items() if name != "hash"}
    return Token(**{**facts, "roles": tuple(json.loads(facts["roles"]))})
