# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts the web application together: REST below /api/v1, the built files, and the page everywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from playvisor.web.assets import NOTICES, Assets
from playvisor.web.consoles import endpoints as consoles
from playvisor.web.consoles import sockets
from playvisor.web.context import WebContext
from playvisor.web.headers import HeadersMiddleware
from playvisor.web.live.stream import LiveEvents
from playvisor.web.problems import Problem
from playvisor.web.rest import (
    description,
    fleet_files,
    fleet_plans,
    fleets,
    history,
    ledger,
    overview,
    passkeys,
    plans,
    policy,
    runs,
    server,
    session,
    sign_in,
    tools,
)
from playvisor.web.rest.endpoints import PREFIX, Endpoint, make_routes
from playvisor.web.signin.proxies import ProxiesMiddleware
from playvisor.web.signin.visitors import SAFE_METHODS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


_ASSETS = "/assets/"
# What browsers call requests of the same origin, and those that nobody's page makes.
_OWN_SITES = (b"same-origin", b"none")
_PACKED_FROM = 4096
# Of 3 MB of guests, level 1 makes 0.3 MB in a tenth of the time of the highest.
_PACKING = 1


def list_endpoints() -> list[Endpoint]:
    """All endpoints of the REST API."""
    rooms = (
        *(description, session, sign_in, passkeys, tools, overview, runs, plans, history),
        *(fleets, fleet_files, fleet_plans, policy, ledger, server, consoles),
    )
    return [endpoint for room in rooms for endpoint in room.list_endpoints()]


def make_app(context: WebContext) -> ASGIApp:
    """Make the application of a web server."""
    assets, endpoints, live = Assets(), list_endpoints(), LiveEvents(context)
    app = Starlette(
        routes=[
            *make_routes(context, endpoints),
            Route(f"{PREFIX}/events", live.serve, methods=["GET"]),
            *sockets.make_routes(context),
            sign_in.make_callback(context),
            Route("/api/{path:path}", _answer_unknown),
            Route(f"{_ASSETS}{{path:path}}", assets.serve_file),
            Route("/terminal.html", assets.serve_terminal),
            *(Route(f"/{name}", assets.serve_notice) for name in NOTICES),
            Route("/{path:path}", assets.serve_page),
        ],
        exception_handlers={HTTPException: _answer_http_error},  # type: ignore[dict-item]
    )
    app.state.endpoints, app.state.live = endpoints, live
    packed = GZipMiddleware(app, minimum_size=_PACKED_FROM, compresslevel=_PACKING)
    guarded = HeadersMiddleware(_OwnAddressOnly(packed, context), is_secure=context.is_secure)
    return ProxiesMiddleware(guarded, context.proxies, is_alone=context.is_behind_proxy)


class _OwnAddressOnly:
    """Refuses requests for other servers, and from other servers' pages."""

    def __init__(self, app: ASGIApp, context: WebContext) -> None:
        self._app = app
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = None
        if scope["type"] != "lifespan":
            refusal = self._context.addresses.find_refusal(_list_headers(scope)) or _find_foreign_page(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            status, why = refusal
            await Problem(status, why, code="refused").make_response()(scope, receive, send)


def _list_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The headers of a request that say whose it is. The built files are for documents without an origin, too."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    if scope["type"] != "http" or not scope["path"].startswith(_ASSETS):
        return headers
    return [pair for pair in headers if pair != (b"origin", b"null")]


def _find_foreign_page(scope: Scope) -> tuple[int, str] | None:
    """Return why a request that may change something is refused, where the browser says that another page sends it."""
    if scope.get("method", "GET") in SAFE_METHODS:
        return None
    sites = [value for name, value in scope["headers"] if name == b"sec-fetch-site"]
    if all(site in _OWN_SITES for site in sites):
        return None
    return 403, "The request does not come from a page of this server."


async def _answer_unknown(request: Request) -> Response:
    raise HTTPException(404)


async def _answer_http_error(request: Request, error: HTTPException) -> Response:
    codes = {404: "not_found", 405: "invalid_parameter"}
    details = {404: "There is nothing at this address.", 405: f"{request.method} is not possible here."}
    return Problem(
        error.status_code,
        details.get(error.status_code, error.detail),
        f"GET {PREFIX}/openapi.json says what there is.",
        code=codes.get(error.status_code, "refused"),
        headers=error.headers,
    ).make_response()
