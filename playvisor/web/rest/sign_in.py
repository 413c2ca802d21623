# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing in: by a one-time link, a user of Proxmox VE, or an identity provider."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from mcp_bridge.errors import PlayvisorError
from playvisor.web.context import WebContext
from playvisor.web.problems import Problem, describe_error
from playvisor.web.rest.endpoints import Answer, Ask, Endpoint
from playvisor.web.rest.schemas import make_list
from playvisor.web.rest.session import describe_session
from playvisor.web.signin.entering import enter, sign_in
from playvisor.web.signin.oidc import ATTEMPT_SECONDS, CALLBACK
from playvisor.web.signin.passkeys import has_passkeys
from playvisor.web.signin.people import Person, make_local_person
from playvisor.web.signin.visitors import find_address, require_own_browser

_OBJECT = {"type": "object"}
_CODE = {
    "type": "object",
    "properties": {"code": {"type": "string", "maxLength": 200}},
    "required": ["code"],
    "additionalProperties": False,
}
_REALM = {
    "type": "object",
    "properties": {
        "username": {"type": "string", "minLength": 1, "maxLength": 60, "pattern": r"^[^\s@:/]+$"},
        "realm": {"type": "string", "minLength": 1, "maxLength": 32, "pattern": r"^[A-Za-z][A-Za-z0-9._-]*$"},
        "password": {"type": "string", "minLength": 1, "maxLength": 200},
        "otp": {"type": "string", "maxLength": 100, "description": "Code of an app, or a recovery key"},
    },
    "required": ["username", "realm", "password"],
    "additionalProperties": False,
}
_WAY = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["link", "oidc", "realm", "passkey"]},
        "label": {"type": "string"},
        "realms": {"type": "array", "items": _OBJECT},
    },
    "required": ["kind"],
}
# A page of this server; neither another host nor a header.
_OWN_PAGE = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
_LONGEST_NEXT = 1000
PROBLEM_COOKIE = "playvisor-problem"
_PROBLEM_SECONDS = 60
"""Within which the page has read why a sign-in failed."""


def list_endpoints() -> list[Endpoint]:
    """The endpoints by which people come in."""

    def endpoint(method: str, path: str, name: str, summary: str, function: Any, **further: Any) -> Endpoint:
        return Endpoint(method, path, name, summary, function, may=None, group="session", **further)

    return [
        endpoint(
            "GET",
            "/sign-in",
            "list_ways",
            "List the ways to sign in",
            list_ways,
            returns={200: make_list("ways", _WAY)},
            prompt=True,
        ),
        endpoint(
            "POST",
            "/session/link",
            "sign_in_by_link",
            "Sign in by a one-time link",
            sign_in_by_link,
            body=_CODE,
            prompt=True,
        ),
        endpoint(
            "POST",
            "/session/realm",
            "sign_in_by_realm",
            "Sign in as a user of Proxmox VE",
            sign_in_by_realm,
            body=_REALM,
            refusals=("404",),
        ),
        endpoint(
            "GET",
            "/session/oidc",
            "sign_in_by_oidc",
            "Go to the identity provider, and come back signed in",
            begin_oidc,
            query={"next": {"type": "string", "maxLength": _LONGEST_NEXT}},
            returns={303: {"type": "string", "x-media-type": "text/plain"}},
            refusals=("404",),
        ),
    ]


def make_callback(context: WebContext) -> Route:
    """Make the route to which the identity provider sends browsers back."""
    return Route(CALLBACK, partial(_end_oidc, context), methods=["GET"])


def list_ways(ask: Ask) -> Answer:
    """Answer with the ways to sign in."""
    ways, found = ask.context.ways, list[dict[str, Any]]()
    if ways.oidc:
        found.append({"kind": "oidc", "label": ways.oidc.label})
    if ways.realm:
        found.append({"kind": "realm", "realms": ways.realm.list_realms()})
    if has_passkeys(ask.context, ask.request):
        found.append({"kind": "passkey"})
    return Answer({"ways": [*found, {"kind": "link"}]})


def sign_in_by_link(ask: Ask) -> Answer:
    """Begin a session of the person who runs the server, whose terminal showed the link."""

    def prove() -> Person:
        # A link stands in the arguments of the browser that is opened with it, which every user can read.
        require_own_browser(ask.request)
        if ask.context.links.use(ask.body["code"]):
            return make_local_person()
        raise Problem(
            401,
            "The link was used before, or is too old.",
            "`playvisor web --link` prints a new one.",
            code="signed_out",
        )

    return _enter(ask, prove, is_guessable=False)


def sign_in_by_realm(ask: Ask) -> Answer:
    """Begin a session of a user of Proxmox VE, who has proven it to the cluster."""
    realm, body = ask.context.ways.realm, ask.body
    if realm is None:
        raise _make_no_way("as a user of Proxmox VE", "--realm-login")
    return _enter(ask, lambda: realm.prove(body["username"], body["realm"], body["password"], body.get("otp")))


def begin_oidc(ask: Ask) -> Answer:
    """Send the browser to the identity provider."""
    oidc = ask.context.ways.oidc
    if oidc is None:
        raise _make_no_way("by an identity provider", "--oidc-issuer")
    where, secret = oidc.begin(_read_next(ask.query.get("next", "")), find_address(ask.request))
    response = RedirectResponse(where, 303, {"cache-control": "no-store"})
    # It comes back from another site, whence browsers send no cookie that is strict.
    response.set_cookie(
        _name_cookie(ask.context),
        secret,
        max_age=round(ATTEMPT_SECONDS),
        path="/",
        httponly=True,
        samesite="lax",
        secure=ask.context.is_secure,
    )
    return Answer(response=response)


async def _end_oidc(context: WebContext, request: Request) -> Response:
    try:
        response = await run_in_threadpool(_come_back, context, request)
    except PlayvisorError as error:
        response = _send_to_sign_in(context, describe_error(error))
    except Problem as problem:
        response = _send_to_sign_in(context, problem)
    response.delete_cookie(_name_cookie(context), path="/", httponly=True, samesite="lax", secure=context.is_secure)
    return response


def _come_back(context: WebContext, request: Request) -> Response:
    """Begin the session of who comes back from the identity provider. Raises Problem."""
    oidc = context.ways.oidc
    if oidc is None:
        raise _make_no_way("by an identity provider", "--oidc-issuer")
    going = oidc.take(request.query_params.get("state", ""), request.cookies.get(_name_cookie(context), ""))
    query = dict(request.query_params)
    _session, secret = sign_in(context, request, lambda: oidc.prove(going, query), is_guessable=False)
    # A redirect would still be the other site's, and browsers would not send the new cookie: a page goes on by itself.
    page = html.escape(going.next, quote=True)
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Playvisor</title>'
        f'<meta http-equiv="refresh" content="0;url={page}"></head><body><a href="{page}">Playvisor</a></body></html>'
    )
    return enter(context, HTMLResponse(body), secret)


def _enter(ask: Ask, prove: Callable[[], Person], *, is_guessable: bool = True) -> Answer:
    session, secret = sign_in(ask.context, ask.request, prove, is_guessable=is_guessable)
    return Answer(response=enter(ask.context, JSONResponse(describe_session(ask.context, session)), secret))


def _send_to_sign_in(context: WebContext, problem: Problem) -> Response:
    """Show a problem on the page on which people sign in.

    It goes there in a cookie, not in the address, into which anybody could write what the page is to say.
    """
    shown = {"detail": problem.body["detail"], "code": problem.body["code"], "hint": problem.body.get("hint")}
    response = RedirectResponse("/sign-in", 303, {"cache-control": "no-store"})
    response.set_cookie(
        _name_cookie(context, PROBLEM_COOKIE),
        quote(json.dumps(shown)),
        max_age=_PROBLEM_SECONDS,
        path="/",
        samesite="lax",
        secure=context.is_secure,
    )
    return response


def _make_no_way(how: str, option: str) -> Problem:
    return Problem(404, f"Nobody signs in {how} here.", f"`playvisor web {option}` lets them.", code="not_found")


def _read_next(page: str) -> str:
    """The page to go on to; the first one for what is none of ours."""
    return page if _OWN_PAGE.fullmatch(page) and not page.startswith("/sign-in") else "/"


def _name_cookie(context: WebContext, name: str = "playvisor-oidc") -> str:
    return f"__Host-{name}" if context.is_secure else name
