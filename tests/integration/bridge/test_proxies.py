"""A proxy that the environment names: used, avoided, and told as what fails, by the collection and by the gateway."""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from contextlib import ExitStack

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.connection import Connection
from pydantic import SecretStr

from mcp_bridge.gateway.grants import Grant
from mcp_bridge.gateway.service import Gateway
from mcp_bridge.settings.endpoint import Credentials, Endpoint, Trust
from mcp_bridge.system.write_gate import WriteGate

NAME = "pve1.test"
STOP = "/nodes/pve1/stopall"


class _Handler(socketserver.BaseRequestHandler):
    """Answers CONNECT with `server.status`, and passes everything on to this machine when that is 200."""

    def handle(self):
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.request.recv(4096)
        target = head.split()[1].decode()
        self.server.targets.append(target)
        self.request.sendall(f"HTTP/1.1 {self.server.status}\r\n\r\n".encode())
        if self.server.status.startswith("200"):
            with socket.create_connection(("127.0.0.1", int(target.rpartition(":")[2]))) as other:
                back = threading.Thread(target=_copy, args=(other, self.request))
                back.start()
                _copy(self.request, other)
                back.join()


def _copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@pytest.fixture
def proxy(monkeypatch):
    """A proxy that HTTPS_PROXY names, with a password."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        server.targets, server.status = [], "200 OK"
        server.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        set_proxy(monkeypatch, HTTPS_PROXY=server.url.replace("//", "//me:hidden@"))
        yield server
        server.shutdown()


def set_proxy(monkeypatch, **variables):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(params=["collection", "gateway"])
def connect(request, simulator, tmp_path):
    """`connect(host)`: a client of the simulated cluster by that name, of its own or behind the gateway."""
    with ExitStack() as stack:

        def make(host=NAME, port=simulator.port, **trust):
            trust = trust or {"fingerprint": simulator.fingerprint.replace(":", "").lower()}
            user, token, secret = simulator.user, simulator.token_id.rpartition("!")[2], simulator.token_secret
            if request.param == "collection":
                return Client(Connection(host=host, port=port, user=user, token_id=token, token_secret=secret, **trust))
            endpoint = Endpoint("pve", f"https://{host}:{port}", f"{user}!{token}", Trust(**trust))
            gateway = Gateway(endpoint, Credentials(SecretStr(secret)), WriteGate(tmp_path))
            stack.callback(gateway.close)
            grant = Grant([{"method": "POST", "path": STOP, "params": {}}])
            environment = stack.enter_context(gateway.admit(grant, tmp_path, lambda: None)).environment
            with open(environment["PROXMOX_GATEWAY_KEY_FILE"], encoding="ascii") as file:
                key = file.read()
            return Client(Connection(host="", user="", gateway=environment["PROXMOX_GATEWAY"], gateway_key=key))

        yield make


def failure_of(client):
    """The failure to send something that is sent once."""
    with pytest.raises(errors.PveError) as caught:
        client.request("POST", STOP)
    assert "hidden" not in str(caught.value) + str(caught.value.hint)
    return caught.value


def test_a_proxy_leads_to_the_cluster(connect, proxy, simulator):
    assert connect().get("/version")["release"]
    assert proxy.targets == [f"{NAME}:{simulator.port}"]


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_dead_proxy_is_named_by_its_variable(connect, monkeypatch, variable):
    set_proxy(monkeypatch, **{variable: "http://127.0.0.1:1"})
    error = failure_of(connect(port=8006))

    assert (error.code, error.is_unknown) == (errors.UNREACHABLE, False)
    assert error.message == (
        f"Proxmox VE at {NAME}:8006 can't be reached through the proxy http://127.0.0.1:1 of {variable}: "
        "Connection refused."
    )
    assert error.hint == f"Correct {variable}, or add {NAME} to NO_PROXY to do without a proxy."


@pytest.mark.parametrize(
    ("status", "hint"),
    [("407 Proxy Authentication Required", "wants a user and a password"), ("403 Forbidden", "Correct HTTPS_PROXY")],
)
def test_what_a_proxy_answers_is_told(connect, proxy, status, hint):
    proxy.status = status
    error = failure_of(connect())

    assert (error.code, error.is_unknown) == (errors.UNREACHABLE, False)
    assert f"the proxy {proxy.url} of HTTPS_PROXY: " in error.message
    assert status in error.message
    assert hint in error.hint


@pytest.mark.parametrize("url", ["socks5://127.0.0.1:1", "ftp://127.0.0.1:1"])
def test_a_proxy_of_a_kind_that_can_not_be_used_is_named(connect, monkeypatch, url):
    set_proxy(monkeypatch, ALL_PROXY=url)
    error = failure_of(connect())

    assert re.search(f"the proxy {url} of ALL_PROXY: it is not an HTTP proxy", error.message)
    assert not error.is_unknown


def test_a_certificate_behind_a_proxy_may_be_the_proxys(connect, proxy):
    error = failure_of(connect(fingerprint="00" * 32))

    assert error.code == errors.TLS_UNTRUSTED
    assert f"reached through the proxy {proxy.url} of HTTPS_PROXY" in error.message


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_proxy_leads_to_this_machine(connect, monkeypatch, host):
    set_proxy(monkeypatch, HTTPS_PROXY="http://127.0.0.1:1", ALL_PROXY="http://127.0.0.1:1")

    assert connect(host).get("/version")["release"]


@pytest.mark.parametrize("listed", [NAME, "other.example, .test", f"{NAME}:8006", "*"])
def test_no_proxy_is_honoured(connect, monkeypatch, listed):
    set_proxy(monkeypatch, HTTPS_PROXY="http://127.0.0.1:1", NO_PROXY=listed)
    error = failure_of(connect(port=8006))

    assert error.code == errors.UNREACHABLE
    assert error.message.startswith(f"Proxmox VE at {NAME}:8006 can't be reached: ")


def test_the_proxy_for_http_is_not_used(connect, monkeypatch):
    set_proxy(monkeypatch, HTTP_PROXY="socks5://127.0.0.1:1")

    assert "proxy" not in failure_of(connect()).message
