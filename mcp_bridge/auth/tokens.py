# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bearer tokens: who may come over HTTP. Only the hash of a secret is kept."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from mcp_bridge.database.open import Database
from mcp_bridge.database.tables import tokens
from mcp_bridge.database.transactions import reading, transaction
from mcp_bridge.errors import UsageError
from mcp_bridge.system.identity import local_user, now, stamp

_WORD = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_PREFIX = "pv"
_KEY = re.compile(rf"{_PREFIX}_([0-9a-f]{{8}})_")
# What the kinds of askers are called in policies: a token must not make a client a person.
_RESERVED = frozenset({"person", "client"})
# Compared with when there is no such token, so that it takes as long.
_NO_HASH = "0" * 64


@dataclass(frozen=True)
class Token:
    """What is known of a token; `key` is its public part."""

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
        return "expired" if self.expires_at and self.expires_at <= now() else "valid"

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {**self.__dict__, "roles": list(self.roles), "state": self.state}


def is_role(word: str) -> bool:
    """Whether a token may give this role: person and client are what the kinds of askers are called."""
    return bool(_WORD.fullmatch(word)) and word not in _RESERVED


class Tokens:
    """The tokens in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, roles: Iterable[str] = (), days: int | None = None) -> tuple[Token, str]:
        """Make a token; its secret is returned this once. Raises UsageError for a name that is taken or no name."""
        given = tuple(dict.fromkeys(roles))
        for noun, word in (("name", name), *(("role", role) for role in given)):
            if not _WORD.fullmatch(word):
                raise UsageError(
                    f"{word!r} can't be the {noun} of a token.",
                    "Use up to 40 lower-case letters, digits, dots, dashes and underscores.",
                )
        if _RESERVED & set(given):
            raise UsageError(
                "The roles person and client are not for tokens to give.", "Every client has the role client already."
            )
        token = Token(
            key=secrets.token_hex(4),
            name=name,
            roles=given,
            made_at=now(),
            made_by=local_user()[:128],
            expires_at=stamp(datetime.now(UTC) + timedelta(days=days)) if days else None,
        )
        secret = f"{_PREFIX}_{token.key}_{secrets.token_urlsafe(32)}"
        values = {**token.__dict__, "roles": json.dumps(given), "hash": _hash(secret)}
        with transaction(self._database.engine) as connection:
            if _valid(connection, name):
                raise UsageError(f"There is a token {name!r} already.", "Revoke it first, or choose another name.")
            connection.execute(insert(tokens).values(**values))
        return token, secret

    def revoke(self, name: str) -> Token:
        """Let nobody in with this token any more. Raises UsageError when there is none that is valid."""
        with transaction(self._database.engine) as connection:
            valid = _valid(connection, name)
            if valid is None:
                raise UsageError(f"There is no valid token {name!r}.", "`playvisor tokens list` shows them.")
            connection.execute(update(tokens).where(tokens.c.key == valid.key).values(revoked_at=now()))
        return valid

    def every(self) -> list[Token]:
        """All tokens, oldest first."""
        with reading(self._database.engine) as connection:
            return [_read(row) for row in connection.execute(select(tokens).order_by(tokens.c.made_at)).mappings()]

    def verify(self, secret: str) -> Token | None:
        """The valid token with this secret."""
        key = _KEY.match(secret)
        with reading(self._database.engine) as connection:
            query = select(tokens).where(tokens.c.key == (key[1] if key else ""))
            row = connection.execute(query).mappings().first()
        same = hmac.compare_digest(row["hash"] if row else _NO_HASH, _hash(secret))
        token = _read(row) if row and same else None
        return token if token and token.state == "valid" else None


def _valid(connection: Connection, name: str) -> Token | None:
    found = (_read(row) for row in connection.execute(select(tokens).where(tokens.c.name == name)).mappings())
    return next((token for token in found if token.state == "valid"), None)


def _hash(secret: str) -> str:
    # A plain hash does: there is no guessing 256 random bits.
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _read(row: Any) -> Token:
    facts = {name: value for name, value in row.items() if name != "hash"}
    return Token(**{**facts, "roles": tuple(json.loads(facts["roles"]))})
