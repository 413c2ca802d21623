# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/access/openid. No provider can be reached from a simulated cluster, so nobody logs in this way."""

from __future__ import annotations

from pve_simulator.errors import ApiError, failure
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route


@route("GET", "/access/openid")
def index(call: Call) -> list[dict[str, str]]:
    """What is below."""
    return [{"subdir": "auth-url"}, {"subdir": "login"}]


@route("POST", "/access/openid/auth-url")
def authorization_url(call: Call) -> str:
    """Where to send the browser, if the provider answered."""
    name = call.need("realm")
    realm = call.cluster.access.realms.get(name)
    if realm is None:
        raise failure(f"authentication domain '{name}' does not exist")
    if realm.type != "openid":
        raise failure(f"wrong realm type ({realm.type} != openid)")
    raise failure(f"{realm.config.get('issuer-url')}: no provider answers in a simulated cluster")


@route("POST", "/access/openid/login")
def login(call: Call) -> None:
    """Always refused, as an unknown state is."""
    raise ApiError(401, "authentication failure")
