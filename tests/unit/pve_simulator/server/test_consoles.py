"""Consoles of a simulated cluster, over WebSockets as browsers open them."""

from __future__ import annotations

import ssl
import struct
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlencode

import httpx2
import pytest
from anyio.from_thread import start_blocking_portal
from httpx2.websockets import WebSocketDisconnect, WebSocketUpgradeError

from pve_simulator import Simulator, build_cluster
from pve_simulator.consoles.rfb import encrypt_challenge
from pve_simulator.consoles.screen import HEIGHT, INK, PAPER, WIDTH, PixelFormat, Screen
from pve_simulator.consoles.terminal import Messages, Resized, Typed

VM = "/nodes/pve1/qemu/101"


@pytest.fixture(scope="module")
def simulator():
    with Simulator(build_cluster(nodes=2, guests=6), task_seconds=0.0) as running:
        yield running


class Client:
    """An asynchronous client, asked from here: the threads of the other one read from sockets that are closed."""

    def __init__(self, simulator, portal):
        self.url = f"{simulator.url}/api2/json"
        token = f"PVEAPIToken={simulator.user}!{simulator.token_id}={simulator.token_secret}"
        context = ssl.create_default_context(cafile=simulator.ca_path)
        self.http = httpx2.AsyncClient(headers={"authorization": token}, verify=context, trust_env=False)
        self.portal = portal

    def get(self, path):
        return self.portal.call(self.http.get, self.url + path).json()["data"]

    def post(self, path, **params):
        answer = self.portal.call(partial(self.http.post, self.url + path, data=params))
        assert answer.status_code == 200, answer.reason_phrase
        return answer.json()["data"]

    @contextmanager
    def connect(self, path, proxy):
        query = urlencode({"port": proxy["port"], "vncticket": proxy["ticket"]})
        url = f"{self.url}{path}/vncwebsocket?{query}".replace("https://", "wss://")
        opening = self.http.websocket(url, subprotocols=["binary"])
        with self.portal.wrap_async_context_manager(opening) as socket:
            yield Bytes(socket, self.portal)


@pytest.fixture
def client(simulator):
    with start_blocking_portal() as portal:
        made = Client(simulator, portal)
        yield made
        portal.call(made.http.aclose)


class Bytes:
    """The messages of a socket as one stream."""

    def __init__(self, socket, portal):
        self.socket = socket
        self.portal = portal
        self.data = b""

    def send(self, data):
        self.portal.call(self.socket.send_bytes, data)

    def receive(self):
        return self.portal.call(self.socket.receive_bytes, 10)

    def read(self, size):
        while len(self.data) < size:
            self.data += self.receive()
        found, self.data = self.data[:size], self.data[size:]
        return found

    def read_until(self, text):
        while text not in self.data:
            self.data += self.receive()
        found, _text, self.data = self.data.partition(text)
        return found + text


def log_in(stream, password):
    assert stream.read(12) == b"RFB 003.008\n"
    stream.send(b"RFB 003.008\n")
    assert stream.read(2) == b"\x01\x02"
    stream.send(b"\x02")
    stream.send(encrypt_challenge(password, stream.read(16)))
    return struct.unpack("!I", stream.read(4))[0]


def read_screen(stream):
    head = struct.unpack("!BxHHHHHi", stream.read(16))
    assert head == (0, 1, 0, 0, WIDTH, HEIGHT, 0)
    return stream.read(WIDTH * HEIGHT * 4)


def test_a_screen_shows_its_guest_and_counts_keys(client):
    proxy = client.post(f"{VM}/vncproxy", websocket=1)

    with client.connect(VM, proxy) as stream:
        assert log_in(stream, proxy["password"]) == 0
        stream.send(b"\x01")
        width, height = struct.unpack("!HH", stream.read(4))
        form = PixelFormat.unpack(stream.read(16))
        name = stream.read(struct.unpack("!I", stream.read(4))[0])
        stream.send(struct.pack("!BBHHHH", 3, 0, 0, 0, width, height))
        first = read_screen(stream)
        stream.send(struct.pack("!BBHHHH", 3, 1, 0, 0, width, height))
        stream.send(struct.pack("!BBxxI", 4, 1, ord("k")) + struct.pack("!BBxxI", 4, 0, ord("k")))
        second = read_screen(stream)

    assert (width, height, name) == (WIDTH, HEIGHT, b"web-01")
    assert first == Screen("web-01", "qemu 101").draw(form)
    assert second == Screen("web-01", "qemu 101", keys=1, typed="k").draw(form)
    assert {first[start : start + 4] for start in range(0, len(first), 4)} == {form.render(INK), form.render(PAPER)}


def test_a_wrong_password_of_vnc_is_refused(client):
    proxy = client.post(f"{VM}/vncproxy", websocket=1)

    with client.connect(VM, proxy) as stream:
        assert log_in(stream, "wrong") == 1
        assert stream.read(struct.unpack("!I", stream.read(4))[0]) == b"Authentication failed"


@pytest.mark.parametrize("path", ["/nodes/pve1", VM])
def test_a_terminal_echoes_and_runs_lines(client, path):
    proxy = client.post(f"{path}/termproxy")
    host = b"web-01" if path == VM else b"pve1"

    with client.connect(path, proxy) as stream:
        stream.send(f"{proxy['user']}:{proxy['ticket']}\n".encode())
        assert stream.read_until(b":~# ").startswith(b"OK")
        stream.send(b"1:132:43:0:9:hostname\r2")
        assert stream.read_until(b":~# ") == b"hostname\r\n" + host + b"\r\nroot@" + host + b":~# "
        stream.send(b"0:10:stty size\r")
        assert b"43 132\r\n" in stream.read_until(b":~# ")
        stream.send(b"0:5:exit\r")
        stream.read_until(b"logout\r\n")
        with pytest.raises(WebSocketDisconnect):
            stream.receive()


def test_a_terminal_is_for_who_has_the_ticket(client):
    proxy = client.post(f"{VM}/termproxy")

    with client.connect(VM, proxy) as stream:
        stream.send(f"{proxy['user']}:PVEVNC:other\n".encode())
        with pytest.raises(WebSocketDisconnect):
            stream.receive()


def test_a_ticket_opens_its_own_console_once(client):
    proxy = client.post(f"{VM}/termproxy")
    for path, status in (("/nodes/pve1/qemu/102", 401), ("/nodes/pve1", 401), ("/nodes/pve1/qemu/103", 401)):
        with pytest.raises(WebSocketUpgradeError) as refused, client.connect(path, proxy):
            pass
        assert refused.value.response.status_code == status

    with client.connect(VM, proxy):
        pass
    with pytest.raises(WebSocketUpgradeError), client.connect(VM, proxy):
        pass


def test_nobody_waits_longer_than_ten_seconds_for_a_client(client, simulator):
    proxy = client.post(f"{VM}/termproxy")

    simulator.advance(11)

    with pytest.raises(WebSocketUpgradeError), client.connect(VM, proxy):
        pass
    status = client.get(f"/nodes/pve1/tasks/{proxy['upid']}/status")
    assert (status["status"], status["exitstatus"]) == ("stopped", "connection timed out")


def test_the_proxy_of_a_guest_that_is_off_fails(client):
    proxy = client.post("/nodes/pve1/qemu/105/vncproxy", websocket=1)

    with pytest.raises(WebSocketUpgradeError), client.connect("/nodes/pve1/qemu/105", proxy):
        pass
    assert client.get(f"/nodes/pve1/tasks/{proxy['upid']}/status")["exitstatus"] == "VM 105 not running"


def test_a_console_ends_with_its_guest(client, simulator):
    proxy = client.post(f"{VM}/termproxy")

    with client.connect(VM, proxy) as stream:
        stream.send(f"{proxy['user']}:{proxy['ticket']}\n".encode())
        stream.read_until(b":~# ")
        client.post(f"{VM}/status/stop")
        simulator.advance(5)
        with pytest.raises(WebSocketDisconnect):
            stream.receive()
    client.post(f"{VM}/status/start")


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        ((b"0:3:abc",), [Typed(b"abc")]),
        ((b"0:3:", b"a", b"bc1:80", b":24:2"), [Typed(b"abc"), Resized(80, 24)]),
        ((b"220:1:x",), [Typed(b"x")]),
    ],
)
def test_messages_of_a_terminal_are_read_however_they_are_cut(pieces, found):
    messages = Messages()

    assert [message for piece in pieces for message in messages.feed(piece)] == found


def test_pixels_come_in_the_format_that_was_asked_for():
    form = PixelFormat(shifts=(0, 8, 16))

    assert form.render((1, 2, 3)) == b"\x01\x02\x03\x00"
    assert PixelFormat.unpack(form.pack()) == form
    assert PixelFormat(8, 8, False, (7, 7, 3), (0, 3, 6)).render((255, 0, 255)) == b"\xc7"
