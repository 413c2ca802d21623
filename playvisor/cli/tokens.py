# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor tokens`: the clients that may connect to the server over HTTP."""

from __future__ import annotations

import sys
import uuid
from typing import TYPE_CHECKING

from mcp_bridge import collection, version
from mcp_bridge.auth.tokens import Token
from mcp_bridge.ledger.records import Closing, Opening, Who
from mcp_bridge.run.factory import make_authority
from mcp_bridge.settings import load_settings
from mcp_bridge.system.identity import local_user
from playvisor.cli import console
from playvisor.cli.call import CLIENT
from playvisor.cli.output import Output, print_document, print_rows
from playvisor.cli.rendering.tables import Table

if TYPE_CHECKING:
    from mcp_bridge.authority.token_writer import TokenWriter


_TOKENS = Table(
    "", "name key roles=roles:list state made=made_at by=made_by expires=expires_at", ids="name", empty="No tokens."
)


def create_token(name: str, roles: list[str], days: int | None, *, output: Output) -> None:
    """Create a token, and print its secret once."""
    token, secret = _open_tokens().create(name, roles, days, _record_creation)
    if output.is_document:
        print_document({**token.as_dict(), "token": secret}, output)
        return
    sys.stdout.write(f"{secret}\n")
    until = f"valid until {token.expires_at[:10]}" if token.expires_at else "valid until it is revoked"
    console.get_stderr().print(
        f"Token {name}, {until}. It is shown only now: give it to the client as its bearer token."
    )


def list_tokens(*, output: Output) -> None:
    """Print all tokens, without their secrets."""
    print_rows([token.as_dict() for token in _open_tokens().list_all()], _TOKENS, output)


def revoke_token(name: str, *, output: Output) -> None:
    """Revoke a token; it is refused from the next request on."""
    token = _open_tokens().revoke(name, _record_revocation)
    if output.is_document:
        print_document({**token.as_dict(), "state": "revoked"}, output)
        return
    console.get_stderr().print(f"Revoked {name}: it is refused from its next request on.")


def _open_tokens() -> TokenWriter:
    return make_authority(load_settings()).tokens


def _record_creation(token: Token) -> tuple[Opening, Closing]:
    return _make_run("create_token", token, f"Created the token {token.name} ({token.key}).")


def _record_revocation(token: Token) -> tuple[Opening, Closing]:
    return _make_run("revoke_token", token, f"Revoked the token {token.name} ({token.key}).")


def _make_run(tool: str, token: Token, summary: str) -> tuple[Opening, Closing]:
    opening = Opening(
        run_id=str(uuid.uuid4()),
        tool=tool,
        arguments={"name": token.name, "roles": list(token.roles)},
        mode="apply",
        who=Who(CLIENT, version(), asker=local_user(), asker_kind="person"),
        collection_version=collection.version(),
    )
    return opening, Closing("ok", "allowed", False, summary)
