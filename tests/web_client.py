"""A browser without a screen: calls the web application in this process, signed in or not."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from mcp_bridge.auth.addresses import find_own_addresses
from mcp_bridge.run import Bridge
from playvisor.web.app import make_app
from playvisor.web.context import WebContext
from playvisor.web.rest.endpoints import PREFIX

HOST = "http://127.0.0.1:8786"
COOKIE = "playvisor-8786"
"""The name of a session's cookie there."""


class Web:
    """One web application, and one browser at it."""

    def __init__(self, bridge: Bridge, mode: Any = "apply", **further: Any) -> None:
        self.context = WebContext(bridge, mode, find_own_addresses("127.0.0.1", 8786), **further)
        self.app = make_app(self.context)
        self.browser = TestClient(self.app, base_url=HOST, raise_server_exceptions=False)
        self.csrf = ""

    def sign_in(self) -> dict[str, Any]:
        """Sign in by a one-time link, and return the session."""
        session = self.call("POST", "/session/link", {"code": self.context.links.make()}).json()
        self.csrf = session["csrf"]
        return dict(session)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Make one request below the prefix, as a page of this session does."""
        given = {"x-csrf-token": self.csrf} if self.csrf else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        json = {"json": body} if body is not None else {}
        return self.browser.request(method, f"{PREFIX}{path}", headers={**given, **named}, **json)

    def get(self, path: str, **headers: str) -> Any:
        """Read something, which has to be there."""
        answer = self.call("GET", path, **headers)
        assert answer.status_code == 200, answer.text
        return answer.json()
