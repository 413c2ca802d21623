# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds who asks: by the cookie of a session, or by a bearer token."""

from __future__ import annotations

import hmac
import os
from contextlib import suppress

from starlette.requests import HTTPConnection
from starlette.responses import Response

from mcp_bridge.auth.caller import make_remote_client
from mcp_bridge.auth.principals import make_principal
from mcp_bridge.errors import LedgerError
from mcp_bridge.system.connections import CONNECTION_KEY
from mcp_bridge.system.peers import find_peer_user
from playvisor.web.context import Visitor, WebContext
from playvisor.web.problems import Problem
from playvisor.web.signin.proxies import PEER_KEY
from playvisor.web.signin.roles import list_rights

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "x-csrf-token"


def find_visitor(context: WebContext, connection: HTTPConnection) -> Visitor:
    """Find who asks. Raises Problem 401 for nobody, and 403 for a change without the session's own token."""
    scheme, _space, secret = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        token = context.bridge.tokens.verify(secret.strip())
        if token is None:
            # Without the ledger nobody gets in anyway.
            with suppress(LedgerError):
                context.bridge.authority.refused_logins.note(find_address(connection), "no valid token")
            raise Problem(
                401, "The token is not valid.", "`playvisor tokens create NAME` makes one.", code="signed_out"
            )
        principal = make_principal(token)
        rights = list_rights(token.roles) or list_rights(("operator",))
        return Visitor(make_remote_client(principal, "rest"), rights - {"console", "approve", "administer"})
    session = context.sessions.find(connection.cookies.get(name_cookie(context), ""))
    if session is None:
        raise Problem(401, "Nobody is signed in, or the session has ended.", "Sign in.", code="signed_out")
    if session.caller.proof == "uid":
        # Browsers send a cookie to every port of its host, also to those of other users' programs.
        require_own_browser(connection)
    method = connection.scope.get("method", "GET")
    if method not in SAFE_METHODS and not hmac.compare_digest(
        connection.headers.get(CSRF_HEADER, "").encode(), session.csrf.encode()
    ):
        raise Problem(403, "The request does not come from a page of this session.", "Reload the page.", code="csrf")
    return Visitor(session.caller, session.rights, session)


def require_own_browser(connection: HTTPConnection) -> None:
    """Raise Problem 403 for a browser on this machine that another user has started.

    What comes by a proxy, or from another machine, has no user that is known.
    """
    state = connection.scope.get("state", {})
    peer, own, kept = state.get(PEER_KEY), connection.scope.get("server"), state.get(CONNECTION_KEY)
    if not peer or not own:
        return
    # All of a connection are of one user.
    if kept is None or not kept.is_own:
        if find_peer_user((peer[0], peer[1]), (own[0], own[1])) not in (None, 0, os.geteuid()):
            raise Problem(
                403,
                "This is for the user who runs this server, and this browser is another user's.",
                "Open it as that user.",
                code="refused",
            )
        if kept is not None:
            kept.is_own = True


def find_address(connection: HTTPConnection) -> str:
    """The address that a request comes from, as a trusted proxy says where there is one."""
    return connection.client.host if connection.client else "unknown"


def name_cookie(context: WebContext) -> str:
    """The name of the cookie; with this prefix browsers take it from this host over TLS only.

    Cookies know no ports: without TLS, where there may be several servers, the name has it.
    """
    return "__Host-playvisor" if context.is_secure else f"playvisor-{context.addresses.port}"


def set_cookie(context: WebContext, response: Response, secret: str) -> None:
    """Let the browser have a session's secret."""
    response.set_cookie(
        name_cookie(context), secret, path="/", httponly=True, samesite="strict", secure=context.is_secure
    )


def drop_cookie(context: WebContext, response: Response) -> None:
    """Let the browser forget a session's secret."""
    response.delete_cookie(name_cookie(context), path="/", httponly=True, samesite="strict", secure=context.is_secure)
