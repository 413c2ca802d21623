# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passkeys, by which people sign in and approve plans. Only the public key is kept.

Enrolling, using and revoking one are acts of the ledger's chain, and a passkey counts only with them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

from mcp_bridge.database.open import Database
from mcp_bridge.database.tables import passkeys
from mcp_bridge.database.transactions import reading
from mcp_bridge.errors import UsageError
from mcp_bridge.ledger.acts import find_flaw, list_acts, make_unproven
from mcp_bridge.ledger.assertions import is_of
from mcp_bridge.ledger.passkeys import describe_row, fold

_LISTS = ("roles", "transports")


@dataclass(frozen=True)
class RelyingParty:
    """The server that passkeys are for: its `id`, a host name, and the origins of its own pages."""

    id: str
    origins: tuple[str, ...]
    name: str = "Playvisor"


def make_relying_party(origins: Sequence[str]) -> RelyingParty:
    """Make the relying party of a server whose pages have these origins, such as `https://pve.example.com`.

    Its id is the host of the first one. Raises UsageError where browsers offer no passkeys: at an address without a
    name, and without TLS anywhere but at `localhost`.
    """
    host = urlsplit(origins[0]).hostname or "" if origins else ""
    usable = tuple(origin for origin in origins if _is_name(host) and is_of(origin, host))
    if not usable or usable[0] != origins[0]:
        raise UsageError(
            f"Browsers offer no passkeys at {origins[0] if origins else 'a page without an address'}.",
            "Open it by a name over https, or at http://localhost:PORT on the machine itself.",
        )
    return RelyingParty(host, usable)


@dataclass(frozen=True)
class Passkey:
    """What is stored of a passkey. `owner` is the identity of the person that it is of; `key` names it.

    `roles` are those of a session that is begun with it; `may_approve` says whether its owner might approve plans when
    it was enrolled. Ids, the user's handle and the public key (of COSE) are base64url without padding.
    """

    key: str
    name: str
    owner: str
    roles: tuple[str, ...]
    may_approve: bool
    credential_id: str
    public_key: str
    user_handle: str
    rp_id: str
    origin: str
    aaguid: str
    transports: tuple[str, ...]
    made_at: str
    sign_count: int
    is_backed_up: bool
    used_at: str | None = None
    revoked_at: str | None = None

    @property
    def state(self) -> str:
        """`valid` or `revoked`."""
        return "revoked" if self.revoked_at else "valid"

    def as_dict(self) -> dict[str, Any]:
        """The fields and the state as JSON-compatible data."""
        lists = {name: list(getattr(self, name)) for name in _LISTS}
        return {**self.__dict__, **lists, "state": self.state}


class Passkeys:
    """The passkeys in one database, to be read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_all(self) -> list[Passkey]:
        """All passkeys, oldest first."""
        with reading(self._database.engine) as connection:
            return list_rows(connection)

    def is_any_enrolled(self) -> bool:
        """Whether somebody who may approve plans has a valid passkey.

        A row says so also when it does not count: then plans need more, never less.
        """
        query = select(passkeys.c.key).where(passkeys.c.revoked_at.is_(None), passkeys.c.may_approve).limit(1)
        with reading(self._database.engine) as connection:
            return connection.execute(query).first() is not None


def list_rows(connection: Connection, owner: str | None = None, rp_id: str | None = None) -> list[Passkey]:
    """The passkeys, oldest first; with `owner` and `rp_id`, only the valid ones of somebody for a server."""
    query = select(passkeys).order_by(passkeys.c.made_at, passkeys.c.key)
    if owner is not None:
        query = query.where(passkeys.c.owner == owner, passkeys.c.revoked_at.is_(None))
    query = query if rp_id is None else query.where(passkeys.c.rp_id == rp_id)
    return [_read_row(row) for row in connection.execute(query).mappings()]


def find_passkey(connection: Connection, credential_id: str) -> Passkey | None:
    """The passkey with this credential, valid or not. Raises LedgerError for one that does not count."""
    query = select(passkeys).where(passkeys.c.credential_id == credential_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    require_proven_passkey(connection, row)
    return _read_row(row)


def find_by_key(connection: Connection, prefix: str) -> Passkey:
    """The one passkey whose key starts with `prefix`, valid or not.

    Raises UsageError when there is none, or more than one.
    """
    found = [passkey for passkey in list_rows(connection) if prefix and passkey.key.startswith(prefix)]
    if len(found) != 1:
        what = f"More than one passkey starts with {prefix!r}." if found else f"There is no passkey {prefix!r}."
        raise UsageError(what, "`playvisor passkeys list` shows them.")
    return found[0]


def require_proven_passkey(connection: Connection, row: Mapping[Any, Any]) -> None:
    """Raise LedgerError for a row that the entries do not say."""
    found = list_acts(connection, row["key"])
    flaw = "its row is not what the entries about it say" if fold(found) != describe_row(row) else None
    flaw = flaw or next(filter(None, (find_flaw(connection, act) for act in found)), None)
    if flaw:
        raise make_unproven(f"The passkey {row['name']!r}", flaw)


def _is_name(host: str) -> bool:
    """Whether a host is a name and no address; browsers take an all-numeric last label for an address."""
    return bool(host) and ":" not in host and not host.rpartition(".")[2].isdigit()


def _read_row(row: Any) -> Passkey:
    return Passkey(**{**row, **{name: tuple(json.loads(row[name])) for name in _LISTS}})
