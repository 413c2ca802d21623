# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/access/users/{userid}/token: API tokens. The secret is shown once, when it is made."""

from __future__ import annotations

import uuid
from typing import Any

from pve_simulator.access.usercfg import find_token, find_user, remove_token
from pve_simulator.errors import invalid
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.access import Token, User


@route("GET", "/access/users/{userid}/token")
def list_tokens(call: Call) -> list[dict[str, Any]]:
    """A user's tokens."""
    return token_list(find_user(call.cluster.access, call.need("userid")))


@route("GET", "/access/users/{userid}/token/{tokenid}")
def read_token(call: Call) -> dict[str, Any]:
    """One token, without its secret."""
    return token_view(_find_token(call))


@route("POST", "/access/users/{userid}/token/{tokenid}")
def create_token(call: Call) -> dict[str, Any]:
    """Make a token; what was given comes back as the text it was."""
    userid, name = call.need("userid"), call.need("tokenid")
    user = find_user(call.cluster.access, userid)
    if name in user.tokens:
        raise invalid({"tokenid": "Token already exists."})
    token = Token(privsep=call.flag("privsep", True), expire=call.integer("expire"), comment=call.text("comment"))
    token.comment = token.comment or None
    user.tokens[name] = token
    info: dict[str, Any] = {"privsep": 1, **_read_options(call)}
    return {"info": info, "value": token.secret, "full-tokenid": f"{userid}!{name}"}


@route("PUT", "/access/users/{userid}/token/{tokenid}")
def change_token(call: Call) -> dict[str, Any]:
    """Change a token; `regenerate` gives it a new secret, and this answer shows it."""
    token = _find_token(call)
    view = {**token_view(token), **_read_options(call)}
    token.privsep = call.flag("privsep", token.privsep)
    token.expire = call.integer("expire", token.expire)
    token.comment = call.text("comment") or token.comment
    deleted = call.items("delete")
    if "comment" in deleted:
        token.comment = None
    if "expire" in deleted:
        token.expire = 0
    view = {key: value for key, value in view.items() if key not in deleted}
    if call.flag("regenerate"):
        token.secret = str(uuid.uuid4())
        view |= {"value": token.secret, "full-tokenid": f"{call.need('userid')}!{call.need('tokenid')}"}
    return view


@route("DELETE", "/access/users/{userid}/token/{tokenid}")
def delete_token(call: Call) -> None:
    """Remove a token and its access rules."""
    _find_token(call)
    remove_token(call.cluster.access, call.need("userid"), call.need("tokenid"))


def token_view(token: Token) -> dict[str, Any]:
    """What is shown of a token."""
    view: dict[str, Any] = {"expire": token.expire, "privsep": int(token.privsep)}
    if token.comment is not None:
        view["comment"] = token.comment
    return view


def token_list(user: User) -> list[dict[str, Any]]:
    """All tokens of a user."""
    return [{"tokenid": name, **token_view(token)} for name, token in sorted(user.tokens.items())]


def _read_options(call: Call) -> dict[str, str]:
    options: dict[str, str] = {}
    if "privsep" in call.params:
        options["privsep"] = str(int(call.flag("privsep")))
    if "expire" in call.params:
        options["expire"] = str(call.integer("expire"))
    if call.text("comment"):
        options["comment"] = call.need("comment")
    return options


def _find_token(call: Call) -> Token:
    return find_token(call.cluster.access, call.need("userid"), call.need("tokenid"))
