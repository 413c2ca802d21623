"""What the gateway keeps of the answers that open consoles, and how it lets people into screens."""

from __future__ import annotations

import asyncio
import gzip
import json
import struct

import pytest

from mcp_bridge.auth.caller import make_local_client, make_person
from mcp_bridge.gateway import rfb
from mcp_bridge.gateway.consoles import KEPT_SECONDS, MOST_CONSOLES, Consoles
from mcp_bridge.gateway.credentials import Answer
from mcp_bridge.gateway.faults import Fault
from mcp_bridge.gateway.request import ApiRequest

TICKET, PASSWORD = "PVEVNC:6B00E98E::PaQU+AbJ/==", "Zk4pq7-L"
UPID = "UPID:pve1:0000043D:0008A104:6B00E98E:vncproxy:101:root@pam!mcp:"
ASK = ApiRequest("POST", ("nodes", "pve1", "qemu", "101", "vncproxy"), {"websocket": ("1",)})
PERSON = make_person("test")


def answer(**changes):
    data = {"ticket": TICKET, "password": PASSWORD, "port": "5900", "upid": UPID, "user": "root@pam!mcp", "cert": "x"}
    return Answer(200, b"OK", {"content-type": "application/json"}, json.dumps({"data": data | changes}).encode())


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def consoles(clock):
    return Consoles(clock)


def keep(consoles, given=None, request=ASK, owner=PERSON):
    kept, upid = consoles.keep(request, given or answer(), owner)
    return json.loads(kept.body)["data"], upid


@pytest.mark.parametrize("packed", [False, True])
def test_a_run_gets_an_id_instead_of_secrets(consoles, packed):
    plain = answer()
    packed_answer = Answer(200, b"OK", {**plain.headers, "content-encoding": "gzip"}, gzip.compress(plain.body))

    kept, upid = consoles.keep(ASK, packed_answer if packed else plain, PERSON)
    data = json.loads(kept.body)["data"]
    console = consoles.take(data["console"], PERSON)

    assert data == {"console": console.id, "user": "root@pam!mcp", "port": 5900, "upid": UPID}
    assert (upid, "content-encoding" in kept.headers) == (UPID, False)
    assert (console.ticket, console.password, console.kind) == (TICKET, PASSWORD, "vnc")
    assert console.target == (
        "/api2/json/nodes/pve1/qemu/101/vncwebsocket?port=5900&vncticket=PVEVNC%3A6B00E98E%3A%3APaQU%2BAbJ%2F%3D%3D"
    )
    assert console.facts == {
        "console": console.id,
        "kind": "vnc",
        "node": "pve1",
        "type": "qemu",
        "vmid": 101,
        "upid": UPID,
    }
    assert not any(secret in f"{console}" for secret in (TICKET, PASSWORD))


@pytest.mark.parametrize(
    "request_", [ApiRequest("POST", ("nodes", "pve1", "qemu", "101", "status", "start")), ApiRequest("GET", ASK.path)]
)
def test_other_answers_go_through(consoles, request_):
    given = answer()

    assert consoles.keep(request_, given, PERSON) == (given, None)


def test_a_refusal_goes_through(consoles):
    refused = Answer(403, b"no", {}, b"{}")

    assert consoles.keep(ASK, refused, PERSON) == (refused, None)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"data": null}', b'{"data": {"ticket": "t"}}', b"[" * 100000])
def test_what_can_not_be_read_goes_to_nobody(consoles, body):
    with pytest.raises(Fault, match="no ticket"):
        consoles.keep(ASK, Answer(200, b"OK", {}, body), PERSON)


def test_a_console_is_for_its_owner_once_and_for_a_short_time(consoles, clock):
    first, second = (keep(consoles)[0]["console"] for _number in range(2))
    unowned = keep(consoles, owner=None)[0]["console"]

    assert consoles.take(first, make_local_client("model")) is None
    assert consoles.take(unowned, PERSON) is None
    assert consoles.take(first, PERSON).id == first
    assert consoles.take(first, PERSON) is None
    clock.now = KEPT_SECONDS
    assert consoles.take(second, PERSON) is None


def test_there_are_only_so_many(consoles, clock):
    opened = [keep(consoles)[0]["console"] for _number in range(MOST_CONSOLES)]
    with pytest.raises(Fault, match="open already"):
        keep(consoles)
    assert consoles.take(opened[0], PERSON)
    clock.now = KEPT_SECONDS
    for _number in range(MOST_CONSOLES - 1):
        keep(consoles)
    with pytest.raises(Fault, match="open already"):
        keep(consoles)
    consoles.release()
    assert keep(consoles)


class Server:
    """A server that says all at once, and remembers what it was told."""

    def __init__(self, said):
        self.said = said
        self.told = b""

    async def read(self, size):
        found, self.said = self.said[:size], self.said[size:]
        assert len(found) == size
        return found

    async def write(self, data):
        self.told += data


CHALLENGE = bytes(range(16))
ANSWER = rfb.encrypt_challenge(PASSWORD, CHALLENGE)
OK, REASON = b"\0\0\0\0", b"\0\0\0\1" + struct.pack("!I", 3) + b"why"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"RFB 003.008\n\x01\x02" + CHALLENGE + OK, b"RFB 003.008\n\x02" + ANSWER),
        (b"RFB 003.889\n\x02\x13\x02" + CHALLENGE + OK, b"RFB 003.008\n\x02" + ANSWER),
        (b"RFB 003.008\n\x01\x01" + OK, b"RFB 003.008\n\x01"),
        (b"RFB 003.007\n\x01\x01", b"RFB 003.007\n\x01"),
    ],
)
def test_the_gateway_logs_in_to_a_screen(said, told):
    server = Server(said)

    asyncio.run(rfb.log_in(server, PASSWORD))

    assert (server.told, server.said) == (told, b"")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"HTTP/1.1 400", "no VNC"),
        (b"RFB 003.003\n", "no VNC"),
        (b"RFB 003.008\n\x00" + REASON[4:], "why"),
        (b"RFB 003.008\n\x01\x10", "not known here"),
        (b"RFB 003.008\n\x01\x02" + CHALLENGE + REASON, "why"),
        (b"RFB 003.007\n\x01\x02" + CHALLENGE + b"\0\0\0\1", "password"),
    ],
)
def test_a_screen_that_lets_nobody_in_says_why(said, why):
    with pytest.raises(rfb.RfbError, match=why):
        asyncio.run(rfb.log_in(Server(said), PASSWORD))


def test_the_challenge_of_vnc_is_encrypted_as_vnc_does_it():
    # As `openssl enc -des-ecb -nopad -K c2f2f2d292a20000` does it: COOKIE, each byte with its lowest bit first.
    assert rfb.encrypt_challenge("COOKIE", bytes(8)).hex() == "feaf94800513fe6b"
    assert rfb.encrypt_challenge("longer than eight", CHALLENGE) == rfb.encrypt_challenge("longer t", CHALLENGE)


@pytest.mark.parametrize("size", [1, 5, 100])
def test_a_client_comes_in_without_a_password_however_its_bytes_are_cut(size):
    entrance, sent = rfb.Entrance(), b"RFB 003.008\n\x01\x01rest"
    replies, passed = [], b""

    for start in range(0, len(sent), size):
        piece = sent[start : start + size]
        if entrance.is_over:
            passed += piece
            continue
        more, rest = entrance.feed(piece)
        replies += more
        passed += rest

    assert (replies, passed) == ([b"\x01\x01", b"\0\0\0\0"], b"\x01rest")


@pytest.mark.parametrize("sent", [b"RFB 003.003\n", b"GET / HTTP/1.1\r\n", b"RFB 003.008\n\x02"])
def test_a_client_of_another_protocol_does_not_come_in(sent):
    with pytest.raises(rfb.RfbError):
        rfb.Entrance().feed(sent)


KEY = struct.pack("!BBxxI", 4, 1, 65)
LOOK = struct.pack("!BBHHHH", 3, 1, 0, 0, 9, 9)
ENCODINGS = struct.pack("!BxHii", 2, 2, 0, 7)
PASTE = struct.pack("!BxxxI", 6, 3) + b"\x04\x04\x04"


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        (b"\x01" + ENCODINGS + LOOK * 3, 0),
        (b"\x01" + LOOK + KEY + LOOK, 1),
        (b"\x01" + PASTE + LOOK, 1),
        (b"\x01" + struct.pack("!BBHH", 5, 0, 1, 1), 1),
        (b"\x01\xff\x00", 1),
    ],
)
def test_looking_is_told_from_typing(sent, typed, size):
    messages = rfb.ClientMessages()

    found = [messages.feed(sent[start : start + size]) for start in range(0, len(sent), size)]

    assert any(found) == bool(typed)
