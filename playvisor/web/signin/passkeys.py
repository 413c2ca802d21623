# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passkeys of the people who come in: for which server they are, and what they give."""

from __future__ import annotations

from typing import Any

from starlette.requests import HTTPConnection

from mcp_bridge.auth.passkeys import RelyingParty, make_relying_party
from mcp_bridge.auth.principals import BY_REALM
from mcp_bridge.errors import PlayvisorError, UsageError
from playvisor.web.context import WebContext
from playvisor.web.problems import Problem
from playvisor.web.signin.people import Person, make_known_person
from playvisor.web.signin.visitors import find_address


def find_relying_party(context: WebContext, connection: HTTPConnection) -> RelyingParty:
    """The server as the browser that asks knows it. Raises UsageError where browsers offer no passkeys."""
    scheme = "https" if context.is_secure else "http"
    return make_relying_party([f"{scheme}://{connection.headers['host']}"])


def has_passkeys(context: WebContext, connection: HTTPConnection) -> bool:
    """Whether somebody could sign in with a passkey at this address."""
    try:
        rp = find_relying_party(context, connection)
        return any(one.rp_id == rp.id and one.state == "valid" for one in context.bridge.passkeys.list_all())
    except PlayvisorError:
        return False


def prove_by_passkey(context: WebContext, connection: HTTPConnection, credential: Any) -> Person:
    """Find whose passkey has answered. Raises Problem 401, which the authority has noted as a refused log-in."""
    rp = find_relying_party(context, connection)
    try:
        passkey = context.bridge.passkeys.sign_in(credential, rp, find_address(connection))
    except UsageError:
        raise
    except PlayvisorError as error:
        raise Problem(401, error.message, error.hint, code="auth_failed", is_noted=True) from None
    return make_known_person(passkey.owner, _limit_roles(context, passkey.owner, passkey.roles), "passkey")


def _limit_roles(context: WebContext, owner: str, roles: tuple[str, ...]) -> tuple[str, ...]:
    """The roles that were given when the passkey was enrolled, and that its owner has today where that is known."""
    realm = context.ways.realm
    if realm is None or not owner.startswith(BY_REALM):
        return roles
    today = realm.find_roles(owner.removeprefix(BY_REALM))
    return tuple(role for role in roles if role in today)
