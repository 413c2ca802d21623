# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes and revokes the tokens of clients; each is an act of the ledger's chain, and a token counts only with them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, update

from mcp_bridge.auth.tokens import NAME, PREFIX, RESERVED, Token, Tokens, find_valid, hash_secret
from mcp_bridge.database.tables import tokens
from mcp_bridge.errors import UsageError
from mcp_bridge.ledger.entries import append_act, append_run, appending
from mcp_bridge.ledger.records import Act, Closing, Opening
from mcp_bridge.ledger.tokens import CREATED, REVOKED, describe_row
from mcp_bridge.system.identity import current_timestamp, format_timestamp, local_user


class TokenWriter(Tokens):
    """Makes and revokes tokens."""

    def create(
        self,
        name: str,
        roles: Iterable[str] = (),
        days: int | None = None,
        record: Callable[[Token], tuple[Opening, Closing]] | None = None,
    ) -> tuple[Token, str]:
        """Create a token, valid for `days` or for ever; returns it and, only this once, its secret.

        The run that `record` makes of it is recorded in the same transaction. Raises UsageError for a name that is in
        use, and for names and roles that are not allowed.
        """
        unique_roles = tuple(dict.fromkeys(roles))
        for noun, word in (("name", name), *(("role", role) for role in unique_roles)):
            if not NAME.fullmatch(word):
                raise UsageError(
                    f"{word!r} can't be the {noun} of a token.",
                    "Use up to 40 lower-case letters, digits, dots, dashes and underscores.",
                )
        if RESERVED & set(unique_roles):
            raise UsageError(
                "A token can't have the roles person and client.", "Every client has the role client already."
            )
        token = Token(
            key=secrets.token_hex(4),
            name=name,
            roles=unique_roles,
            made_at=current_timestamp(),
            made_by=local_user()[:128],
            expires_at=format_timestamp(datetime.now(UTC) + timedelta(days=days)) if days else None,
        )
        secret = f"{PREFIX}_{token.key}_{secrets.token_urlsafe(32)}"
        values = {**token.__dict__, "roles": json.dumps(unique_roles), "hash": hash_secret(secret)}
        with appending(self._database) as connection:
            if find_valid(connection, name):
                raise UsageError(f"There is a token {name!r} already.", "Revoke it first, or choose another name.")
            connection.execute(insert(tokens).values(**values))
            append_act(connection, Act(CREATED, describe_row(values), token.key))
            if record:
                append_run(connection, *record(token))
        return token, secret

    def revoke(self, name: str, record: Callable[[Token], tuple[Opening, Closing]] | None = None) -> Token:
        """Revoke the valid token with this name, and return it as it was. Raises UsageError when there is none."""
        with appending(self._database) as connection:
            valid = find_valid(connection, name)
            if valid is None:
                raise UsageError(f"There is no valid token {name!r}.", "`playvisor tokens list` shows them.")
            now = current_timestamp()
            connection.execute(update(tokens).where(tokens.c.key == valid.key).values(revoked_at=now))
            append_act(connection, Act(REVOKED, {"revoked_at": now}, valid.key))
            if record:
                append_run(connection, *record(valid))
        return valid
