"""A hostile run with its key at the gateway's socket: nothing but what it was granted, once, and no credentials."""

from __future__ import annotations

import itertools
import socket
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from mcp_bridge.gateway.grants import Grant
from mcp_bridge.gateway.service import Gateway
from mcp_bridge.system.write_gate import WriteGate
from trust.lab import wait_until

ATTACK = "raw requests at the gateway"
WEB, STOPPED = 101, 110
STEP = f"/nodes/pve1/qemu/{WEB}/config"
GRANTED = {"description": "granted", "memory": "2048"}
FORM = "Content-Type: application/x-www-form-urlencoded"
# What each one would do, were it let through.
TARGETS = (
    f"/nodes/pve1/qemu/{WEB}/status/stop",
    f"/nodes/pve1/qemu/{WEB}/status/shutdown",
    f"/nodes/pve1/qemu/{WEB}/snapshot",
    f"/nodes/pve1/qemu/{STOPPED}/status/start",
    "/nodes/pve1/vzdump",
    "/access/users",
    "/access/users/root@pam/token/evil",
    "/access/ticket",
    "/access/password",
    "/cluster/firewall/options",
    "/pools",
    "/nodes/pve1/execute",
    "/storage",
)
METHODS = (
    *("POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "MKCOL", "LOCK", "COPY"),
    *("post", "Post", "POSTT", "GETPOST", "GE\x00T", "POST\t", "\x7fPOST", "M-SEARCH", "PURGE", "QUERY"),
)
# How a path may be written so that one reads it otherwise than another.
WRITINGS = (
    "/api2/json{path}",
    "/api2/json{path}/",
    "/api2/json/{path}",
    "/api2/json/.{path}",
    "/api2/json/x/..{path}",
    "/api2/json/%2e%2e/json{path}",
    "/api2//json{path}",
    "//api2/json{path}",
    "/API2/JSON{path}",
    "/api2/extjs{path}",
    "/api2/html{path}",
    "/api2/json;v=1{path}",
    "/api2/json{path};v=1",
    "/api2/json{path}%00",
    "/api2/json{path}%20",
    "/api2/json{path}%0d%0aX:%20y",
    "/api2/json{path}#x",
    "/api2/json{path}?",
    "/api2/json{path}?_method=POST",
    "/api2/json{path}%3f",
    "/api2/json\\{path}",
    "/api2/json{slashes}",
    "/api2/json{doubled}",
    "/api2/json{upper}",
    "/api2/json{overlong}",
    "/sim/state",
    "/sim/../api2/json{path}",
    "http://gateway/api2/json{path}",
    "https://evil.example/api2/json{path}",
    "http://127.0.0.1:8006/api2/json{path}",
    "*",
    "evil.example:443",
)
HEADERS = (
    "X-HTTP-Method-Override: POST",
    "X-HTTP-Method: DELETE",
    "X-Method-Override: PUT",
    "X-Original-URL: /api2/json/access/users",
    "X-Rewrite-URL: /api2/json/access/users",
    "X-Forwarded-For: 127.0.0.1",
    "X-Forwarded-Host: evil.example",
    "Forwarded: for=127.0.0.1;host=evil.example",
    "Host: evil.example",
    "Cookie: PVEAuthCookie=PVE:root@pam:00000000::x",
    "CSRFPreventionToken: 00000000:x",
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZQ==",
    "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
    "Connection: Authorization",
    "Connection: close, Content-Length",
    "Expect: 100-continue",
    "Expect: 200-ok",
    "Range: bytes=0-1",
    "Proxy-Authorization: Basic cm9vdDpyb290",
    "Proxy-Connection: keep-alive",
    "Accept-Encoding: gzip, br, zstd",
    "Content-Encoding: gzip",
    "TE: trailers",
    "Via: 1.1 evil",
    "Max-Forwards: 0",
    "Destination: /api2/json/access/users",
)


@dataclass
class Hostile:
    """A run that was admitted: its socket, its key, and the keys of others."""

    path: str
    key: str
    other: str
    expired: str

    def send(self, raw: bytes) -> bytes:
        """Send these bytes and read all that is answered, until nothing more comes."""
        answer = b""
        with socket.socket(socket.AF_UNIX) as connection, suppress(OSError):
            connection.settimeout(PATIENCE)
            connection.connect(self.path)
            connection.sendall(raw)
            while part := connection.recv(65536):
                answer += part
        return answer

    def build(self, method="GET", target="/api2/json/version", *, key=None, headers=(), body=b"", length=None) -> bytes:
        """One request, with the run's key unless it is said otherwise."""
        key = self.key if key is None else key
        lines = [f"{method} {target} HTTP/1.1", "Host: gateway", *headers]
        if key:
            lines.append(f"Authorization: Bearer {key}")
        if body or length is not None:
            lines.append(f"Content-Length: {len(body) if length is None else length}")
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode("utf-8", "surrogateescape") + body


@pytest.fixture
def hostile(lab, tmp_path):
    """A run that was granted one step, which it has not sent yet."""
    settings = lab.make_settings()
    gateway = Gateway(settings.endpoint, settings.credentials, WriteGate(settings.state_dir))

    def read_key(admission):
        return Path(admission.environment["PROXMOX_GATEWAY_KEY_FILE"]).read_text()

    grant = Grant([{"method": "PUT", "path": STEP, "params": GRANTED}])
    elsewhere = Grant([{"method": "POST", "path": f"/nodes/pve1/qemu/{STOPPED}/status/start", "params": {}}])
    for name in ("gone", "other", "own"):
        (lab.state_dir / name).mkdir(parents=True)
    with ExitStack() as stack:
        stack.callback(gateway.close)
        with gateway.admit(elsewhere, lab.state_dir / "gone", lambda: None) as admission:
            expired = read_key(admission)
        other = stack.enter_context(gateway.admit(elsewhere, lab.state_dir / "other", lambda: None))
        own = stack.enter_context(gateway.admit(grant, lab.state_dir / "own", lambda: None))
        made = Hostile(own.environment["PROXMOX_GATEWAY"], read_key(own), read_key(other), expired)
        # The gateway is imported with its first request, which takes longer.
        wait_until(lambda: b'"release"' in made.send(made.build()), "an answer")
        yield made


def build_paths(hostile):
    """Methods times targets times ways to write a path."""
    for target, writing in itertools.product(TARGETS, WRITINGS):
        written = writing.format(
            path=target,
            slashes=target.replace("/", "%2f"),
            doubled=target.replace("/", "//"),
            upper=target.upper(),
            overlong=target.replace("/", "%c0%af"),
        )
        yield hostile.build("POST", written, headers=[FORM], body=b"a=b")
        yield hostile.build("DELETE", written)
    for method, target in itertools.product(METHODS, TARGETS):
        yield hostile.build(method, f"/api2/json{target}", headers=[FORM], body=b"a=b")


def build_headers(hostile):
    for header, target in itertools.product(HEADERS, TARGETS):
        yield hostile.build("GET", f"/api2/json{target}", headers=[header, FORM], body=b"a=b")
        yield hostile.build("POST", f"/api2/json{target}", headers=[header, FORM], body=b"a=b")


def build_keys(hostile):
    """Keys of nobody, of others, of the past, and ways to write a key; each for a step that somebody is granted."""
    body = "&".join(f"{name}={value}" for name, value in GRANTED.items()).encode()
    near = [hostile.key[:-1], hostile.key + "x", hostile.key.swapcase(), hostile.key[::-1], "", "null", "*", "\x00"]
    for key in [hostile.expired, hostile.other, *near, "PVEAPIToken=root@pam!playvisor=x", "0" * 43, "é" * 8]:
        yield hostile.build("PUT", f"/api2/json{STEP}", key=key, headers=[FORM], body=body)
        yield hostile.build("GET", "/api2/json/version", key=key) if key != hostile.other else b""
        for scheme in ("Basic", "bearer", "Token", "PVEAPIToken", ""):
            header = f"Authorization: {scheme} {key}"
            yield hostile.build("PUT", f"/api2/json{STEP}", key="", headers=[FORM, header], body=body)
    for name in ("X-Api-Key", "Cookie", "Proxy-Authorization", "X-Gateway-Key"):
        header = f"{name}: Bearer {hostile.key}"
        yield hostile.build("PUT", f"/api2/json{STEP}", key="", headers=[FORM, header], body=body)
    yield hostile.build("PUT", f"/api2/json{STEP}?key={hostile.key}", key="", headers=[FORM], body=body)


def build_steps(hostile):
    """The granted step, with something more, less or else."""
    pairs = list(GRANTED.items())
    form = [f"{name}={value}" for name, value in pairs]
    more = (
        *(
            "delete=scsi0",
            "skiplock=1",
            "force=1",
            "tags=x",
            "protection=0",
            "memory=1",
            "description=x",
            "digest",
            "a=",
        ),
        *(
            "revert=memory",
            "vmid=102",
            "node=pve2",
            "_method=POST",
            "memory[]=1",
            "memory%00=1",
            "Memory=1",
            "=",
            "&",
            ";",
        ),
        *("memory=2048", "description=granted", "args=-chardev", "hookscript=local:snippets/x", "cipassword=x"),
        *("sshkeys=x", "scsi1=/dev/sda", "cdrom=x", "%", "%zz=1", "%ff=1", "a=%0d%0a", "\x00=1", "x" * 70000 + "=1"),
    )
    for extra in more:
        for target, body in ((STEP, "&".join([*form, extra])), (f"{STEP}?{quote(extra, safe='=%&;')}", "&".join(form))):
            yield hostile.build("PUT", f"/api2/json{target}", headers=[FORM], body=body.encode())
        yield hostile.build("PUT", f"/api2/json{STEP}", headers=[FORM], body="&".join([extra, *form]).encode())
    for name, value in pairs:
        for other in (value + "0", value[:-1], "", value + "%00", value + "%20", "%20" + value, value.upper() + "x"):
            changed = "&".join(f"{key}={other if key == name else kept}" for key, kept in pairs)
            yield hostile.build("PUT", f"/api2/json{STEP}", headers=[FORM], body=changed.encode())
        missing = "&".join(part for part in form if not part.startswith(name))
        yield hostile.build("PUT", f"/api2/json{STEP}", headers=[FORM], body=missing.encode())
    body = "&".join(form).encode()
    for kind in (
        *("application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x", "a/b", ""),
        *("application/x-www-form-urlencoded; charset=utf-7", "multipart/form-data; boundary=", "application/xml"),
    ):
        for content in (b"{}", b'{"memory": 1}', b"--x\r\n\r\nmemory=1\r\n--x--", b"<memory>1</memory>", b"\xff\xfe"):
            yield hostile.build("PUT", f"/api2/json{STEP}", headers=[f"Content-Type: {kind}"], body=content)
    for target in (
        *(f"{STEP}x", STEP.replace("/101/", "/102/"), STEP.replace("qemu", "lxc"), STEP.replace("pve1", "pve2")),
        *(STEP.replace("/101/", "/0101/"), STEP.replace("/101/", "/101%20/"), f"{STEP}/../status/stop", STEP[:-1]),
    ):
        yield hostile.build("PUT", f"/api2/json{target}", headers=[FORM], body=body)
        yield hostile.build("POST", f"/api2/json{target}", headers=[FORM], body=body)


def build_smuggled(hostile):
    """Two requests where one is expected."""
    inner = hostile.build("POST", f"/api2/json/nodes/pve1/qemu/{WEB}/status/stop", headers=[FORM], body=b"a=b")
    key = f"Authorization: Bearer {hostile.key}"
    head = f"POST /api2/json/version HTTP/1.1\r\nHost: gateway\r\n{key}\r\n{FORM}\r\n"
    framings = (
        f"Content-Length: {len(inner)}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
        "X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 40\r\n\r\n",
        "Content-Length: +4\r\n\r\na=bc",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 0x4\r\n\r\na=bc",
        "Content-Length: 4, 4\r\n\r\na=bc",
        "Content-Length: 99999999999999999999\r\n\r\n",
        "Content-Length: 1e3\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n4;ext=x\r\na=bc\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0\r\nAuthorization: Bearer x\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n4\na=bc\n0\n\n",
        "Content-Length: 4\r\n folded: x\r\n\r\na=bc",
        "Content-Length\r\n: 4\r\n\r\na=bc",
        "Content-Length: 4\r\n\r\n",
        "\r\n",
        "\x00: y\r\n\r\n",
        "\r\n\r\n\r\n",
    )
    for framing in framings:
        for method in ("POST", "GET", "PUT", "DELETE"):
            yield head.replace("POST", method, 1).encode() + framing.encode() + inner
    for pieces in (
        b"",
        b"\r\n" * 100,
        b"\x16\x03\x01\x02\x00\x01",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\xff" * 4096,
    ):
        yield pieces + inner
    for version in ("HTTP/0.9", "HTTP/1.0", "HTTP/2.0", "HTTP/9.9", "ICY/1.1", "", "HTTP/1.1 HTTP/1.1"):
        yield inner.replace(b"HTTP/1.1", version.encode(), 1)
    yield inner * 50


KINDS = {
    "paths": build_paths,
    "headers": build_headers,
    "keys": build_keys,
    "steps": build_steps,
    "smuggled": build_smuggled,
}
LEAST = 1_700
# Seconds after which a request that is not whole is given up; a whole one is answered, and the connection closed.
PATIENCE = 0.5


def attack(lab, hostile, counts, requests):
    """Send them all; returns the answers, each of which was looked at for credentials."""
    for raw in requests:
        if not raw:
            continue
        answer = hostile.send(raw)
        counts.tries += 1
        secret = lab.simulator.token_secret.encode()
        counts.leaks += secret in answer or b"PVEAPIToken" in answer or b"PVEAuthCookie" in answer
        counts.writes = len(lab.writes)
        assert lab.writes == [], raw[:300]
        assert not counts.leaks, raw[:300]


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_writes_nothing_and_learns_nothing(lab, hostile, count, kind):
    counts = count(ATTACK)

    attack(lab, hostile, counts, itertools.islice(KINDS[kind](hostile), 0, None, 20))

    assert counts.tries
    assert lab.find_secrets() == []


@pytest.mark.trust
def test_every_request_writes_nothing_and_learns_nothing(lab, hostile, count):
    counts = count(ATTACK)

    attack(lab, hostile, counts, itertools.chain.from_iterable(build(hostile) for build in KINDS.values()))

    assert counts.tries >= LEAST
    assert lab.find_secrets() == []
    # Its grant is still good for what it says, and for that once.
    body = "&".join(f"{name}={value}" for name, value in GRANTED.items()).encode()
    step = hostile.build("PUT", f"/api2/json{STEP}", headers=[FORM], body=body)
    assert hostile.send(step).startswith(b"HTTP/1.1 200")
    for _turn in range(20):
        assert hostile.send(step).startswith(b"HTTP/1.1 403")
        counts.tries += 1
    assert lab.writes == [("PUT", STEP)]


def test_a_used_step_is_not_sent_again(lab, hostile, count):
    counts = count(ATTACK)
    body = "&".join(f"{name}={value}" for name, value in GRANTED.items()).encode()
    step = hostile.build("PUT", f"/api2/json{STEP}", headers=[FORM], body=body)
    assert hostile.send(step).startswith(b"HTTP/1.1 200")

    for raw in [step] * 10 + [step.replace(b"Connection: close", b"Connection: keep-alive") + step]:
        counts.tries += 1
        assert b" 403 " in hostile.send(raw).split(b"\r\n")[0]

    counts.writes = len(lab.writes) - 1
    assert lab.writes == [("PUT", STEP)]
