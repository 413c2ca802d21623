# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Coming in and leaving: the sessions that begin when people have proven who they are, and end; the ledger has each.

Every way to sign in ends here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from starlette.requests import HTTPConnection
from starlette.responses import Response

from mcp_bridge.errors import LedgerError
from playvisor.web.context import WebContext
from playvisor.web.problems import Problem
from playvisor.web.signin.browsers import describe_browser
from playvisor.web.signin.people import Person
from playvisor.web.signin.roles import list_rights
from playvisor.web.signin.sessions import Session
from playvisor.web.signin.visitors import find_address, name_cookie, set_cookie


def sign_in(
    context: WebContext, connection: HTTPConnection, prove: Callable[[], Person], *, is_guessable: bool = True
) -> tuple[Session, str]:
    """Begin the session of who proves who they are; returns it and the secret for its cookie.

    The session that the browser had before ends. Raises Problem 401 for who can't prove it, which is noted as a refused
    log-in, 403 for who has no role here, and 429 for too many attempts.
    """
    address = find_address(connection)
    with context.attempts.count(address, is_guessable=is_guessable):
        try:
            person = prove()
        except Problem as problem:
            if problem.status == 401 and problem.body["code"] != "otp_needed" and not problem.is_noted:
                context.bridge.authority.refused_logins.note(address, f"web: {problem.body['detail']}")
            raise
    if not list_rights(person.roles):
        context.bridge.authority.refused_logins.note(address, "web: no role")
        raise Problem(
            403,
            f"You are {person.name or person.caller.identity}, and have no role here.",
            f"Whoever runs this server gives roles to {person.caller.identity}, or to a group of yours.",
            code="refused",
        )
    before = context.sessions.find(connection.cookies.get(name_cookie(context), ""), is_use=False)
    if before:
        close_session(context, before.id, "another one took its place")
    return open_session(context, person, address, connection.headers.get("user-agent", ""))


def open_session(context: WebContext, person: Person, address: str, user_agent: str) -> tuple[Session, str]:
    """Begin a session, and record it. Raises LedgerError; then there is none."""
    session, secret = context.sessions.open(
        person.caller,
        person.roles,
        name=person.name or person.caller.identity,
        address=address,
        browser=describe_browser(user_agent),
    )
    try:
        record_ended(context)
        who, facts = session.caller.identity, _describe(context, session)
        context.bridge.authority.record_session_opened(session.id, who, facts)
    except BaseException:
        context.sessions.close(session.id)
        raise
    return session, secret


def close_session(context: WebContext, session_id: str, why: str, by: str | None = None) -> bool:
    """End a session, and record it; whether there was one. `by` is who ends it, when that is somebody else."""
    session = context.sessions.close(session_id)
    if session is None:
        return False
    _record_end(context, session, why, by)
    return True


def record_ended(context: WebContext) -> None:
    """Record the sessions that have ended by themselves. Raises LedgerError."""
    for session in context.sessions.take_ended():
        _record_end(context, session, "it was not used, or too old")


def close_all(context: WebContext) -> None:
    """End all sessions, since the server ends."""
    with suppress(LedgerError):
        record_ended(context)
        for session in context.sessions.list_all():
            close_session(context, session.id, "the server has ended")


def enter(context: WebContext, response: Response, secret: str) -> Response:
    """Let the browser that gets this answer have the session."""
    set_cookie(context, response, secret)
    response.headers["cache-control"] = "no-store"
    return response


def _record_end(context: WebContext, session: Session, why: str, by: str | None = None) -> None:
    facts = {**_describe(context, session), "why": why}
    context.bridge.authority.record_session_closed(session.id, by or session.caller.identity, facts)


def _describe(context: WebContext, session: Session) -> dict[str, Any]:
    # The ledger of the bridge notes first what came before it.
    _ledger = context.bridge.ledger
    facts = {
        "identity": session.caller.identity,
        "proof": session.caller.proof,
        "roles": list(session.roles),
        "address": session.address,
        "browser": session.browser,
    }
    return context.bridge.redact(facts)
