# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Principals: whom a bearer token proves a client of the HTTP transport to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mcp_bridge.errors import PlayvisorError

if TYPE_CHECKING:
    from mcp_bridge.auth.tokens import Token

Proof = Literal["uid", "token", "oauth", "realm", "passkey", "none"]
"""What proves an identity: the process's user id, a token of ours or of an identity provider, a realm, a passkey."""

BY_TOKEN = "token:"  # noqa: S105 - no secret, but the prefix of names of clients with a token of ours
BY_OAUTH = "oauth:"
BY_REALM = "realm:"


@dataclass(frozen=True)
class Principal:
    """A proven identity. The ledger and policies call it by its `name`; `key` is unique."""

    key: str
    name: str
    roles: tuple[str, ...]
    proof: Proof


Verifier = Callable[[str], Principal | None]
"""Returns whom a bearer token names, None for one that is not valid. Raises `CannotVerify` when it can't tell."""


class CannotVerify(PlayvisorError):
    """A bearer token can't be verified now, so nobody knows whether it is valid."""

    code = "unreachable"


def make_principal(token: Token) -> Principal:
    """Make the principal of a client with one of our own tokens."""
    return Principal(token.key, f"{BY_TOKEN}{token.name}", token.roles, "token")


# The key of a request's ASGI scope under which the middleware puts the principal.
SCOPE_KEY = "playvisor.principal"
