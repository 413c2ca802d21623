"""Consoles from the web server to the guest: who gets one, what goes through, and where its ticket is not."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import threading
from contextlib import ExitStack, contextmanager
from functools import partial

import httpx2
import pytest
from anyio.from_thread import start_blocking_portal
from pydantic import SecretStr
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from mcp_bridge.auth.addresses import find_own_addresses
from mcp_bridge.auth.caller import make_local_client, make_person
from mcp_bridge.errors import ConsoleError
from mcp_bridge.evidence.plan_view import render_text, seal
from mcp_bridge.run import Request
from playvisor.web.app import make_app
from playvisor.web.context import WebContext
from pve_simulator.consoles.screen import HEIGHT, WIDTH, PixelFormat, Screen
from pve_simulator.requests import consoles as simulated

pytestmark = pytest.mark.flow

PORT = 8080
COOKIE = f"playvisor-{PORT}"
VM, CT = 101, 104


class Browser:
    """A signed-in browser of a web server on the simulated cluster."""

    def __init__(self, context, app, roles=("admin",)):
        self.context = context
        self.http = TestClient(app, base_url=f"http://127.0.0.1:{PORT}")
        self.session, self.secret = context.sessions.open(make_person("playvisor-web"), roles)
        self.http.cookies.set(COOKIE, self.secret)

    def ask(self, **body):
        return self.http.post("/api/v1/consoles", json=body, headers={"x-csrf-token": self.session.csrf})

    def open(self, **body):
        answer = self.ask(**body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    @contextmanager
    def connect(self, path, **headers):
        url = f"ws://127.0.0.1:{PORT}{path}"
        with self.http.websocket_connect(url, subprotocols=["binary"], headers=headers) as socket:
            yield Bytes(socket)


class Bytes:
    """The messages of a socket as one stream."""

    def __init__(self, socket):
        self.socket = socket
        self.data = b""

    def read(self, size):
        while len(self.data) < size:
            self.data += self.socket.receive_bytes()
        found, self.data = self.data[:size], self.data[size:]
        return found

    def read_until(self, text):
        while text not in self.data:
            self.data += self.socket.receive_bytes()
        found, _text, self.data = self.data.partition(text)
        return found + text

    def read_end(self):
        while True:
            try:
                self.socket.receive_bytes()
            except WebSocketDisconnect as ended:
                return ended.code, ended.reason


@pytest.fixture
def tickets(monkeypatch):
    """The secrets that the simulator has given out."""
    given = []
    real = simulated.Consoles.add

    def note(self, console):
        given.extend(filter(None, (console.ticket, console.password)))
        real(self, console)

    monkeypatch.setattr(simulated.Consoles, "add", note)
    return given


@pytest.fixture
def web(lab):
    """Makes browsers of one web server."""
    contexts = {}
    with ExitStack() as stack:

        def make(*roles, mode="apply", **settings):
            key = mode, *settings
            if key not in contexts:
                bridge = lab.make_bridge(**settings) if settings else lab.bridge
                contexts[key] = WebContext(bridge, mode, find_own_addresses("127.0.0.1", PORT))
            browser = Browser(contexts[key], make_app(contexts[key]), roles or ("admin",))
            stack.enter_context(browser.http)
            return browser

        yield make


def list_acts(ledger, kind):
    return [act["facts"] for act in ledger.list_acts(kind=kind)]


def test_a_terminal_goes_both_ways_and_is_recorded_without_its_contents(web, ledger, tickets, tmp_path, eventually):
    browser = web()

    opened = browser.open(guest=CT, kind="terminal")
    with browser.connect(opened["socket"]) as stream:
        stream.read_until(b":~# ")
        stream.socket.send_text(json.dumps({"columns": 132, "rows": 43}))
        stream.socket.send_bytes(b"stty size\r")
        shown = stream.read_until(b":~# ")
        stream.socket.send_bytes(b"exit\r")
        end = stream.read_end()

    assert (opened["kind"], opened["vmid"], opened["name"], opened["node"]) == ("terminal", CT, "cache-01", "pve2")
    assert b"43 132\r\n" in shown
    assert end == (1000, "the other side closed it")
    (began,) = list_acts(ledger, "console_opened")
    (closed,) = eventually(lambda: list_acts(ledger, "console_closed"), "the end of the console in the ledger")
    assert (began["console"], began["kind"], began["vmid"], began["type"]) == (opened["id"], "terminal", CT, "lxc")
    assert (closed["console"], closed["sent"], closed["why"]) == (opened["id"], len(b"stty size\rexit\r"), end[1])
    assert closed["received"] > len(shown)
    assert ledger.verify().faults == []
    row = ledger.find(opened["run_id"])
    assert (row.tool, row.outcome, row.arguments) == ("open_console", "ok", {"vmid": CT, "console": "terminal"})
    (ticket,) = tickets
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(left) > 5
    assert [path for path in left if ticket.encode() in path.read_bytes()] == []
    assert ticket not in json.dumps(opened)


def test_a_screen_comes_without_its_password(web, ledger, tickets, tmp_path):
    browser = web()
    form = PixelFormat()

    opened = browser.open(guest=VM, kind="vnc")
    with browser.connect(opened["socket"]) as stream:
        assert stream.read(12) == b"RFB 003.008\n"
        stream.socket.send_bytes(b"RFB 003.008\n")
        assert stream.read(2) == b"\x01\x01"
        # Cut anyhow, and the next message in the same frame.
        stream.socket.send_bytes(b"\x01\x01")
        assert stream.read(4) == b"\0\0\0\0"
        size = struct.unpack("!HH", stream.read(4))
        assert PixelFormat.unpack(stream.read(16)) == form
        name = stream.read(struct.unpack("!I", stream.read(4))[0])
        stream.socket.send_bytes(struct.pack("!BBxxI", 4, 1, ord("q")) + struct.pack("!BBHHHH", 3, 0, 0, 0, *size))
        stream.read(16)
        pixels = stream.read(WIDTH * HEIGHT * 4)

    assert (size, name) == ((WIDTH, HEIGHT), b"web-01")
    assert pixels == Screen("web-01", f"qemu {VM}", keys=1, typed="q").draw(form)
    assert len(tickets) == 2
    left = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(secret.encode() in content for secret in tickets for content in left)
    assert not any(secret in json.dumps(opened) for secret in tickets)


def test_a_screen_that_lets_nobody_in_is_told_and_recorded(web, ledger, monkeypatch, eventually):
    real = simulated.Consoles.add

    def change_password(self, console):
        console.password = "changed"
        real(self, console)

    monkeypatch.setattr(simulated.Consoles, "add", change_password)
    browser = web()
    opened = browser.open(guest=VM, kind="vnc")

    with browser.connect(opened["socket"]) as stream:
        end = stream.read_end()

    assert end == (4502, "The console can't be reached: the console let nobody in: Authentication failed.")
    (closed,) = eventually(lambda: list_acts(ledger, "console_closed"), "the end of the console in the ledger")
    assert (closed["console"], closed["why"]) == (opened["id"], "it could not be connected")


@pytest.mark.thorough
def test_a_log_in_with_a_password_opens_consoles_too(web, simulator):
    browser = web(token_id=None, token_secret=None, password=SecretStr(simulator.password))

    opened = browser.open(guest=CT, kind="terminal")
    with browser.connect(opened["socket"]) as stream:
        stream.read_until(b":~# ")


def test_of_a_protected_guest_it_waits_for_an_approval(web, lab, simulator, writes):
    simulator.cluster.guests[CT].config["protection"] = "1"
    browser = web()

    held = browser.ask(guest=CT, kind="terminal")
    assert (held.status_code, held.json()["status"]) == (202, "held")
    assert writes() == []
    lab.bridge.decide_plan(
        held.json()["plan"]["id"],
        Request("approve_plan", {}, "apply", make_person("playvisor")),
        approve=True,
        seen=seal(render_text(lab.bridge.show_plan(held.json()["plan"]["id"]))),
    )
    opened = browser.open(guest=CT, kind="terminal")

    with browser.connect(opened["socket"]) as stream:
        stream.read_until(b":~# ")


def test_the_shell_of_a_node_is_a_terminal(web):
    browser = web()

    opened = browser.open(node="pve1", kind="terminal")
    with browser.connect(opened["socket"]) as stream:
        stream.socket.send_bytes(b"hostname\r")
        stream.read_until(b"hostname\r\npve1\r\n")

    assert (opened["type"], opened["vmid"]) == ("node", None)
    assert browser.ask(node="pve1", kind="vnc").json()["code"] == "unsupported"


BAD = [
    ({"kind": "terminal"}, 422),
    ({"guest": CT, "node": "pve1", "kind": "terminal"}, 422),
    ({"guest": CT, "kind": "spice"}, 422),
    ({"guest": "104", "kind": "vnc"}, 422),
    ({"guest": 999, "kind": "vnc"}, 404),
    ({"node": "nowhere", "kind": "terminal"}, 404),
    ({"guest": VM, "kind": "terminal"}, 422),
]


def test_what_may_not_or_can_not_be_is_told_in_a_problem(web, writes):
    for role in ("viewer", "approver"):
        answer = web(role).ask(guest=CT, kind="terminal")
        assert (answer.status_code, answer.json()["code"]) == (403, "refused")
    for mode in ("read", "check"):
        answer = web(mode=mode).ask(guest=CT, kind="terminal")
        assert (answer.status_code, mode in answer.json()["detail"]) == (403, True)
    browser = web()

    answers = [browser.ask(**body) for body, _status in BAD]

    assert [answer.status_code for answer in answers] == [status for _body, status in BAD]
    for answer in answers:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]
    assert writes() == []


def test_a_console_is_for_the_session_that_asked_and_for_once(web, lab):
    browser, other = web(), web()
    opened = browser.open(guest=CT, kind="terminal")

    assert refuse(other, opened["socket"]) == 404
    assert refuse(browser, opened["socket"], origin="http://evil.example") == 403
    with pytest.raises(ConsoleError, match="There is no such console"):
        lab.bridge.authority.open_console(opened["id"], make_local_client("model"))
    with browser.connect(opened["socket"], origin=f"http://127.0.0.1:{PORT}") as stream:
        stream.read_until(b":~# ")
    assert refuse(browser, opened["socket"]) == 404
    browser.http.cookies.clear()
    assert refuse(browser, opened["socket"]) == 401


def refuse(browser, path, **headers):
    with pytest.raises(WebSocketDenialResponse) as refused, browser.connect(path, **headers):
        pass
    return refused.value.status_code


def test_clients_get_none(lab, writes):
    request = Request("open_console", {"vmid": CT}, "apply", make_local_client("model"), internal=True)
    asked = Request("open_console", {"vmid": CT}, "apply", make_person("playvisor"))

    results = [lab.bridge.call(one, lambda _line: None, threading.Event()) for one in (request, asked)]

    assert [(one.status, one.failure.code) for one in results] == [
        ("refused", "refused"),
        ("failed", "invalid_parameter"),
    ]
    assert writes() == []


def test_a_guest_that_does_not_run_has_no_console_and_the_hint_names_the_tool_that_starts_it(web):
    refused = web().ask(guest=105, kind="vnc")

    assert (refused.status_code, refused.json()["hint"]) == (422, "Start it first, as with start_guest.")


def test_a_freeze_refuses_consoles_and_closes_those_that_are_open(web, lab, monkeypatch):
    monkeypatch.setattr("mcp_bridge.gateway.console_stream.CHECK_SECONDS", 0.0)
    browser = web()
    opened, waiting = (browser.open(guest=CT, kind="terminal") for _number in range(2))

    with browser.connect(opened["socket"]) as stream:
        stream.read_until(b":~# ")
        lab.bridge.authority.freeze("drill", 1)
        stream.socket.send_bytes(b"rm -rf /\r")
        code, why = stream.read_end()
    assert (code, "frozen" in why.lower()) == (1000, True)
    with browser.connect(waiting["socket"]) as stream:
        assert stream.read_end()[0] == 4403
    assert browser.ask(guest=CT, kind="terminal").json()["code"] == "frozen"


def test_a_console_ends_with_its_session(web, monkeypatch):
    monkeypatch.setattr("playvisor.web.consoles.sockets.SESSION_SECONDS", 0.05)
    browser = web()
    opened = browser.open(guest=CT, kind="terminal")

    with browser.connect(opened["socket"]) as stream:
        stream.read_until(b":~# ")
        browser.context.sessions.close(browser.session.id)
        assert stream.read_end() == (1000, "the session has ended")


@pytest.mark.thorough
def test_a_console_ends_when_nobody_types(web, monkeypatch):
    for name in ("IDLE_SECONDS", "PING_SECONDS"):
        monkeypatch.setattr(f"mcp_bridge.gateway.console_stream.{name}", 0.1)
    browser = web()

    opened = browser.open(guest=CT, kind="terminal")
    with browser.connect(opened["socket"]) as stream:
        code, why = stream.read_end()

    assert (code, why.startswith("nobody has typed")) == (1000, True)


def test_a_guest_that_stops_takes_its_console_with_it(web, lab, simulator):
    browser = web()
    opened = browser.open(guest=CT, kind="terminal")

    with browser.connect(opened["socket"]) as stream:
        stream.read_until(b":~# ")
        lab.send("POST", f"/nodes/pve2/lxc/{CT}/status/stop")
        simulator.advance(5)
        assert stream.read_end() == (1000, "the other side closed it")


@pytest.mark.thorough
def test_one_that_waits_too_long_is_told_so(web, simulator):
    browser = web()
    opened = browser.open(guest=CT, kind="terminal")
    simulator.advance(11)

    with browser.connect(opened["socket"]) as stream:
        code, why = stream.read_end()

    assert (code, "can't be reached" in why) == (4502, True)


@pytest.mark.thorough
def test_the_web_server_itself_speaks_websockets(env):
    with _serve_web(env) as (url, code), start_blocking_portal() as portal:
        http = httpx2.AsyncClient(base_url=url, trust_env=False)
        session = portal.call(partial(http.post, "/api/v1/session/link", json={"code": code})).json()
        asking = partial(http.post, headers={"x-csrf-token": session["csrf"]}, timeout=60)
        opened = portal.call(partial(asking, "/api/v1/consoles", json={"guest": CT, "kind": "terminal"})).json()
        connecting = http.websocket(f"{url.replace('http', 'ws')}{opened['socket']}", subprotocols=["binary"])
        with portal.wrap_async_context_manager(connecting) as socket:
            assert socket.subprotocol == "binary"
            portal.call(socket.send_bytes, b"hostname\r")
            shown = b""
            while b"hostname\r\ncache-01\r\n" not in shown:
                shown += portal.call(socket.receive_bytes, 30)
        portal.call(http.aclose)


@contextmanager
def _serve_web(env):
    """A web server on a free port: its URL, and the code of its one-time link."""
    command = ["playvisor", "web", "--port", "0"]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as server:
        try:
            # Where the pages aren't built, it says so first.
            opened = (re.search(r"(http://\S+)/#link=(\S+)", line) for line in server.stderr)
            found = next(filter(None, opened), None)
            assert found, "the server did not start"
            yield found.groups()
        finally:
            server.terminate()
            assert server.wait(20) == 0
