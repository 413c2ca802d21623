# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions: who is in, signing out, and ending the sessions of other browsers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse

from mcp_bridge import version
from playvisor.web.context import WebContext
from playvisor.web.problems import Problem
from playvisor.web.rest.endpoints import Answer, Ask, Endpoint
from playvisor.web.rest.schemas import make_list
from playvisor.web.signin.entering import close_session
from playvisor.web.signin.sessions import Session
from playvisor.web.signin.visitors import drop_cookie

_TEXT = {"type": "string"}
_SESSION = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("id", "identity", "name", "proof", "address", "browser"), _TEXT),
        **dict.fromkeys(("signed_in_at", "used_at", "expires_at"), _TEXT),
        "roles": {"type": "array", "items": _TEXT},
        "is_current": {"type": "boolean"},
    },
    "required": ["id", "identity", "name", "proof", "roles", "signed_in_at", "used_at", "expires_at", "is_current"],
}
_SIGNED_OUT = {
    "type": "object",
    "properties": {
        "signed_out": {"type": "boolean"},
        "go_to": {"type": "string", "description": "Where the identity provider's own session ends"},
    },
    "required": ["signed_out"],
}


def list_endpoints() -> list[Endpoint]:
    """The endpoints of sessions."""
    return [
        Endpoint("GET", "/session", "get_session", "Show who is signed in", get_session, group="session", prompt=True),
        Endpoint(
            "DELETE",
            "/session",
            "end_session",
            "Sign out",
            end_session,
            returns={200: _SIGNED_OUT},
            group="session",
            prompt=True,
        ),
        Endpoint(
            "GET",
            "/sessions",
            "list_sessions",
            "List your own sessions; all of them with the right to administer",
            list_sessions,
            returns={200: make_list("sessions", _SESSION)},
            group="session",
            prompt=True,
        ),
        Endpoint(
            "DELETE",
            "/sessions/{id}",
            "revoke_session",
            "End a session of your own; any with the right to administer",
            revoke_session,
            group="session",
            prompt=True,
        ),
    ]


def get_session(ask: Ask) -> Answer:
    """Answer with the session of who asks."""
    visitor = ask.caller
    if visitor.session is None:
        raise Problem(404, "A token has no session.", "Sign in with a browser.", code="not_found")
    return Answer(describe_session(ask.context, visitor.session))


def end_session(ask: Ask) -> Answer:
    """End the session of who asks; who came from an identity provider learns where to end the session there."""
    session, go_to = ask.caller.session, None
    if session:
        close_session(ask.context, session.id, "signed out")
        oidc = ask.context.ways.oidc if session.caller.proof == "oauth" else None
        go_to = oidc.make_sign_out_url(f"{ask.context.url}/sign-in") if oidc else None
    response = JSONResponse({"signed_out": True, **({"go_to": go_to} if go_to else {})})
    drop_cookie(ask.context, response)
    return Answer(response=response)


def list_sessions(ask: Ask) -> Answer:
    """Answer with the sessions that who asks may end, the newest first."""
    own = ask.caller.session
    found = [session for session in ask.context.sessions.list_all() if _may_see(ask, session)]
    return Answer({"sessions": [_describe_row(session, is_current=session == own) for session in found]})


def revoke_session(ask: Ask) -> Answer:
    """End a session. Raises Problem 404 for one that is not there, and for others' without the right to them."""
    session = next((one for one in ask.context.sessions.list_all() if one.id == ask.path["id"]), None)
    if session is None or not _may_see(ask, session):
        raise Problem(404, "There is no such session.", "GET /sessions lists them.", code="not_found")
    close_session(ask.context, session.id, "revoked", ask.caller.caller.identity)
    return Answer({**_describe_row(session, is_current=False), "revoked": True})


def _may_see(ask: Ask, session: Session) -> bool:
    return "administer" in ask.caller.rights or (
        ask.caller.session is not None and session.caller.identity == ask.caller.caller.identity
    )


def _describe_row(session: Session, *, is_current: bool) -> dict[str, Any]:
    return {
        "id": session.id,
        "identity": session.caller.identity,
        "name": session.name,
        "proof": session.caller.proof,
        "roles": list(session.roles),
        "address": session.address,
        "browser": session.browser,
        "signed_in_at": _format_time(session.began_at),
        "used_at": _format_time(session.used_at),
        "expires_at": _format_time(session.expires_at),
        "is_current": is_current,
    }


def describe_session(context: WebContext, session: Session) -> dict[str, Any]:
    """A session as its own browser sees it."""
    settings = context.bridge.settings
    caller = session.caller
    return {
        "id": session.id,
        "identity": caller.identity,
        "name": session.name,
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
