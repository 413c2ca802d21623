# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who comes over HTTP: whoever a bearer token says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcp_bridge.errors import PlayvisorError

if TYPE_CHECKING:
    from mcp_bridge.auth.tokens import Token

BY_TOKEN = "token:"  # noqa: S105 - no secret, but how names of clients with a token of ours begin
BY_OAUTH = "oauth:"


@dataclass(frozen=True)
class Principal:
    """`name` is what the ledger and policies call it; `key` tells it from all others."""

    key: str
    name: str
    roles: tuple[str, ...]


Verifier = Callable[[str], Principal | None]
"""Who a bearer token says it is; None for one that is not valid. Raises `Unknowable` when that can't be found out."""


class CannotVerify(PlayvisorError):
    """Whether a bearer token is valid can't be found out now."""

    code = "unreachable"


def make_principal(token: Token) -> Principal:
    """Whoever has one of our own tokens."""
    return Principal(token.key, f"{BY_TOKEN}{token.name}", token.roles)


# Where the door leaves in a request's scope who came in.
SCOPE_KEY = "playvisor.principal"
