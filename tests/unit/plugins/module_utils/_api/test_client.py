from __future__ import annotations

import socketserver
import threading
from http.server import BaseHTTPRequestHandler

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client, segment
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.connection import Connection
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import (
    AUTH_FAILED,
    PERMISSION_DENIED,
    UNREACHABLE,
    PveError,
)


@pytest.mark.parametrize("value", ["../../access", "a/b", "a?b=c", "a#b"])
def test_a_segment_can_not_reach_another_path(value):
    assert not set(segment(value)) & set("/?#")


def test_a_upid_is_a_segment_as_it_is():
    upid = "UPID:pve1:000003FE:00089254:6B00E968:qmstart:101:root@pam!mcp:"

    assert segment(upid) == upid


@pytest.fixture
def ask(tmp_path):
    """What the client makes of an answer: status, content type and body, which any server may have sent."""

    def ask(status, kind, body):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Location", "https://login.example.com/")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *args):
                pass

            def address_string(self):
                return ""

        path = str(tmp_path / "socket")
        with socketserver.ThreadingUnixStreamServer(path, Handler) as server:
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            connection = Connection(host="pve1", user="ops@pve", token_id="a", gateway=path, gateway_key="key")
            with pytest.raises(PveError) as caught:
                Client(connection).get("/version")
            server.shutdown()
        return caught.value

    return ask


PAGE = "text/html", "<title>Sign in</title>"
JSON = "application/json"


@pytest.mark.parametrize(
    ("status", "kind", "body", "code"),
    [
        (302, *PAGE, UNREACHABLE),
        (401, *PAGE, UNREACHABLE),
        (403, *PAGE, UNREACHABLE),
        (404, *PAGE, UNREACHABLE),
        (404, JSON, '{"message": "no route"}', UNREACHABLE),
        (401, "text/plain", "authentication failed - no authentication credentials provided.", UNREACHABLE),
        (401, JSON, "", AUTH_FAILED),
        (401, JSON, '{"data": null, "message": "authentication failure"}', AUTH_FAILED),
        (403, JSON, '{"data": null}', PERMISSION_DENIED),
    ],
)
def test_what_is_not_the_api_is_not_told_as_its_refusal(ask, status, kind, body, code):
    error = ask(status, kind, body)

    assert (error.code, error.http_status) == (code, status)
    assert (f"pve1:8006 answered {status}" in error.message) == (code == UNREACHABLE)


def test_who_was_refused_is_told(ask):
    assert ask(401, JSON, "").message.startswith("Proxmox VE refused the login of ops@pve!a: ")
