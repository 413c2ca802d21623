# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session of a browser: who is in, signing in by a link, signing out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse

from mcp_bridge import version
from mcp_bridge.auth.caller import make_person
from playvisor.web.context import WebContext
from playvisor.web.problems import Problem
from playvisor.web.rest.endpoints import Answer, Ask, Endpoint
from playvisor.web.signin.roles import RIGHTS
from playvisor.web.signin.sessions import Session
from playvisor.web.signin.visitors import drop_cookie, set_cookie

CLIENT = "playvisor-web"
_CODE = {"type": "object", "properties": {"code": {"type": "string"}}, "required": ["code"]}


def list_endpoints() -> list[Endpoint]:
    """The endpoints of the session."""
    return [
        Endpoint("GET", "/session", "get_session", "Show who is signed in", get_session, group="session"),
        Endpoint("DELETE", "/session", "end_session", "Sign out", end_session, group="session"),
        Endpoint("GET", "/sign-in", "list_ways", "List the ways to sign in", list_ways, may=None, group="session"),
        Endpoint(
            "POST",
            "/session/link",
            "sign_in_by_link",
            "Sign in by a one-time link",
            sign_in_by_link,
            may=None,
            body=_CODE,
            group="session",
        ),
    ]


def get_session(ask: Ask) -> Answer:
    """Answer with the session of who asks."""
    visitor = ask.caller
    if visitor.session is None:
        raise Problem(404, "A token has no session.", "Sign in with a browser.", code="not_found")
    return Answer(describe_session(ask.context, visitor.session))


def end_session(ask: Ask) -> Answer:
    """End the session of who asks."""
    session = ask.caller.session
    if session:
        ask.context.sessions.close(session.id)
    response = JSONResponse({"signed_out": True})
    drop_cookie(ask.context, response)
    return Answer(response=response)


def list_ways(_ask: Ask) -> Answer:
    """Answer with the ways to sign in."""
    return Answer({"ways": [{"kind": "link"}]})


def sign_in_by_link(ask: Ask) -> Answer:
    """Begin a session of the person who runs the server, whose terminal showed the link."""
    if not ask.context.links.use(ask.body["code"]):
        raise Problem(
            401,
            "The link was used before, or is too old.",
            "`playvisor web --link` prints a new one.",
            code="signed_out",
        )
    session, secret = ask.context.sessions.open(make_person(CLIENT, version()), tuple(RIGHTS))
    response = JSONResponse(describe_session(ask.context, session), headers={"cache-control": "no-store"})
    set_cookie(ask.context, response, secret)
    return Answer(response=response)


def describe_session(context: WebContext, session: Session) -> dict[str, Any]:
    """A session as its own browser sees it."""
    settings = context.bridge.settings
    caller = session.caller
    return {
        "id": session.id,
        "identity": caller.identity,
        "name": caller.identity,
        "kind": caller.kind,
        "roles": list(session.roles),
        "may": sorted(session.rights),
        "proof": caller.proof,
        "signed_in_at": _format_time(session.began_at),
        "expires_at": _format_time(session.expires_at),
        "csrf": session.csrf,
        "mode": context.mode if "operate" in session.rights else "read",
        "version": version(),
        "cluster": {"url": settings.endpoint.url, **context.cluster},
    }


def _format_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
