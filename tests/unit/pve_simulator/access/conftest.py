"""Calls as somebody else than root."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from pve_simulator.http.message import Request
from pve_simulator.state.access import ROOT, Token

_FORM = "application/x-www-form-urlencoded"


class Caller:
    """Calls with any credentials; answers (status, reason, body)."""

    def __init__(self, api):
        self.api = api
        token = Token(privsep=False)
        api.driver.world.cluster.access.users[ROOT].tokens["tests"] = token
        self._root = {"authorization": f"PVEAPIToken={ROOT}!tests={token.secret}"}

    def root(self, method, path, /, **params):
        """A call by root's token."""
        return self.send(self._root, method, path, **params)

    def send(self, headers, method, path, /, **params):
        """A call with these headers."""
        encoded = urlencode(params, doseq=True)
        in_body = method in ("POST", "PUT")
        target = f"/api2/json{path}" + (f"?{encoded}" if encoded and not in_body else "")
        headers = {**headers, "content-type": _FORM} if in_body else headers
        request = Request.from_target(method, target, headers, encoded.encode() if in_body else b"")
        response = self.api.run(self.api.driver.send(request))
        return response.status, response.reason, json.loads(response.body) if response.body else None

    def token(self, userid, name="tok", **options):
        """A new token of a user, as a function that calls with it."""
        body = self.root("POST", f"/access/users/{userid}/token/{name}", **options)[2]
        headers = {"authorization": f"PVEAPIToken={userid}!{name}={body['data']['value']}"}
        return lambda method, path, /, **params: self.send(headers, method, path, **params)

    def login(self, userid, password):
        """A login, as a function that calls with its ticket and CSRF token."""
        body = self.send({}, "POST", "/access/ticket", username=userid, password=password)[2]
        ticket = body["data"]["ticket"].replace("+", "%2B").replace("=", "%3D")
        headers = {"cookie": f"PVEAuthCookie={ticket}", "csrfpreventiontoken": body["data"]["CSRFPreventionToken"]}
        return lambda method, path, /, **params: self.send(headers, method, path, **params)


@pytest.fixture
def caller(api):
    return Caller(api)


@pytest.fixture
def ann(caller):
    """ann@pve, with a password, and what she may do by a token that is not separated from her."""
    caller.root("POST", "/access/users", userid="ann@pve", password="secret-of-ann")
    return caller.token("ann@pve", privsep=0)
