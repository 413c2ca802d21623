"""What a run throws at the gateway stays bounded, and other runs are served meanwhile."""

from __future__ import annotations

import socket
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from pydantic import SecretStr

from mcp_bridge.gateway.app import LARGEST_FORM, MOST_REQUESTS_AT_ONCE
from mcp_bridge.gateway.grants import Grant
from mcp_bridge.gateway.server import LIMITS
from mcp_bridge.gateway.service import Gateway
from mcp_bridge.settings import Settings
from mcp_bridge.system.write_gate import WriteGate

FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture
def gateway(simulator, tmp_path):
    settings = Settings(
        url=simulator.url,
        user=simulator.user,
        token_id=simulator.token_id,
        token_secret=SecretStr(simulator.token_secret),
        password=None,
        fingerprint=simulator.fingerprint,
        state_dir=tmp_path / "state",
    )
    made = Gateway(settings.endpoint, settings.credentials, WriteGate(settings.state_dir))
    yield made
    made.close()


class Run:
    """A run, which sends whatever it wants."""

    def __init__(self, admission):
        self.denied = admission.denied
        self._address = admission.environment["PROXMOX_GATEWAY"]
        self._key = Path(admission.environment["PROXMOX_GATEWAY_KEY_FILE"]).read_text(encoding="ascii")

    def connect(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(30)
        connection.connect(self._address)
        return connection

    def begin(self, start="GET /api2/json/version", headers="", body=b""):
        connection = self.connect()
        head = f"{start} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {self._key}\r\n{headers}"
        # It may be answered and closed before all of it was sent.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)
        return connection

    def ask(self, *request, **more):
        with self.begin(*request, **more) as connection:
            return finish(connection)


def finish(connection):
    """The status of the answer; None without one."""
    try:
        answer = connection.recv(65536)
    except ConnectionResetError:
        return None
    return int(answer.split(b" ")[1]) if answer else None


@pytest.fixture
def runs(gateway, tmp_path):
    """Two runs: one that is hostile, and one that is not."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with (
        gateway.admit(Grant(), tmp_path / "a", lambda: None) as hostile,
        gateway.admit(Grant(), tmp_path / "b", lambda: None) as other,
    ):
        yield Run(hostile), Run(other)


def post(body, length=None):
    return {"headers": f"{FORM}Content-Length: {length or len(body)}\r\n", "body": body}


@pytest.mark.parametrize(
    ("request_", "statuses"),
    [
        ({"headers": "X-Many: 1\r\n" * 50_000}, {400, None}),
        ({"headers": f"X-Long: {'a' * 200_000}\r\n"}, {400, None}),
        ({"start": f"GET /api2/json/{'a/' * 100_000}"}, {400, None}),
        ({"start": "GET /api2/json/version?" + "a=1&" * 2_000 + "b=1"}, {403}),
        ({"start": "POST /api2/json/pools", **post(b"a=1&" * 1_000_000 + b"b=1")}, {403}),
        ({"start": "POST /api2/json/pools", **post(b"a" * (LARGEST_FORM + 1))}, {403, None}),
        ({"start": "POST /api2/json/pools", **post(b"[" * 1_000_000)}, {403}),
        ({"start": "POST /api2/json/pools", **post(b"a=" + b"%5B" * 1_000_000)}, {403}),
    ],
    ids=["headers", "long header", "long path", "query", "1 M parameters", "giant form", "JSON", "nested value"],
)
def test_what_is_too_much_is_refused_and_others_are_served(runs, writes, request_, statuses):
    hostile, other = runs

    assert hostile.ask(**request_) in statuses
    assert (hostile.ask(), other.ask()) == (200, 200)
    assert writes() == []


def test_connections_that_say_nothing_or_have_no_key_starve_no_run(runs):
    hostile, other = runs
    with ExitStack() as stack:
        for _dummy in range(LIMITS.unproven + 50):
            stack.enter_context(hostile.connect())
        assert [other.ask() for _dummy in range(3)] == [200] * 3


def test_a_run_has_only_so_many_requests_at_once(runs):
    hostile, other = runs
    slow = {"start": "POST /api2/json/pools", **post(b"a=", length=100)}
    with ExitStack() as stack:
        begun = [stack.enter_context(hostile.begin(**slow)) for _dummy in range(MOST_REQUESTS_AT_ONCE)]
        # What they wait for never comes. One more is one too many, for this run.
        assert hostile.ask() == 403
        assert other.ask() == 200
        assert hostile.denied
        begun.pop().close()
