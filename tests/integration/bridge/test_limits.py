"""What one client, or one without a token, can take from the others: connections, headers, bodies, runs and waits."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit

import anyio
import httpx2
import pytest

from mcp_bridge.authority.token_writer import TokenWriter
from mcp_bridge.system.connections import ConnectionLimits

pytestmark = pytest.mark.flow

HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "raw", "version": "0"}}
INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO}
ACCEPT = {"accept": "application/json, text/event-stream"}


@pytest.fixture
def token(ledger):
    """`token("ci")`: the secret of a new token."""
    return lambda name, roles=(): TokenWriter(ledger.database).create(name, roles)[1]


def connect(url):
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=30)


def exchange(url, request):
    """The first line of the answer to these bytes, after which the connection was closed."""
    with connect(url) as connection:
        answer = b""
        # It may be answered and closed before all of it was sent.
        with suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(request)
        with suppress(ConnectionResetError):
            while part := connection.recv(65536):
                answer += part
    return answer.split(b"\r\n")[0].decode()


def greet(url, secret):
    headers = {**ACCEPT, "authorization": f"Bearer {secret}"}
    return httpx2.post(url, json=INITIALIZE, headers=headers, timeout=20).status_code


def test_requests_for_another_server_are_refused_as_they_come_over_the_wire(serving, token):
    secret = token("ci")
    body = json.dumps(INITIALIZE).encode()
    with serving() as url:
        own = url.split("/")[2]
        port = own.split(":")[1]

        def ask(*lines, target="/mcp"):
            fixed = (*lines, f"Authorization: Bearer {secret}", f"Content-Length: {len(body)}", "Connection: close")
            fixed = (*fixed, "Accept: application/json, text/event-stream", "Content-Type: application/json")
            return exchange(url, "\r\n".join([f"POST {target} HTTP/1.1", *fixed, "", ""]).encode() + body).split(" ")[1]

        answers = {
            lines: ask(*lines)
            for lines in [
                (f"Host: {own}",),
                (f"HOST: LOCALHOST:{port}",),
                (f"Host: {own}", f"Origin: http://localhost:{port}"),
                ("Host: 127.0.0.1:1@evil",),
                (f"Host: localhost.:{port}",),
                (f"Host: {own}", "Host: evil.example"),
                (f"Host: {own}", f"Host: {own}"),
                (f"Host: {own}", "Origin: http://localhost:3000"),
                (f"Host: {own}", "Origin: null"),
                ("Host: evil.example", f"X-Forwarded-Host: {own}"),
                ("X-Nothing: 1",),
            ]
        }
        absolute = ask(f"Host: {own}", target="http://evil.example/mcp")

    assert list(answers.values()) == ["200"] * 3 + ["421", "421", "400", "400", "403", "403", "421", "400"]
    assert absolute == "404"


@pytest.mark.thorough
def test_half_open_connections_do_not_starve_who_has_a_token(serving, token):
    secret = token("ci")
    with serving() as url, ExitStack() as stack:
        half_open = [stack.enter_context(connect(url)) for _dummy in range(300)]
        for number, connection in enumerate(half_open):
            if number % 2:
                connection.sendall(b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")

        assert [greet(url, secret) for _dummy in range(5)] == [200] * 5
        # The oldest had to go; so few are left that they can't take what others need.
        still_open = [one for one in half_open if is_open(one)]
        assert 1 <= len(still_open) <= ConnectionLimits.unproven_per_address
        assert half_open[-1] in still_open


def is_open(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


@contextmanager
def flood(url, count):
    with ExitStack() as stack:
        yield [stack.enter_context(connect(url)) for _dummy in range(count)]


@pytest.mark.thorough
def test_an_answer_that_is_listened_to_outlives_a_flood(serving, token):
    secret = token("ci")
    with serving() as url:
        headers = {**ACCEPT, "authorization": f"Bearer {secret}"}
        begun = httpx2.post(url, json=INITIALIZE, headers=headers)
        headers["mcp-session-id"] = begun.headers["mcp-session-id"]
        with httpx2.Client(headers=headers, timeout=30) as client, client.stream("GET", url) as events:
            assert events.status_code == 200
            with flood(url, 300):
                assert greet(url, secret) == 200
            note = {"jsonrpc": "2.0", "id": 9, "method": "ping"}
            assert httpx2.post(url, json=note, headers=headers).status_code == 200
            assert not events.is_closed


TOO_MUCH = {
    "long header": (b"GET /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: " + b"a" * 100_000 + b"\r\n\r\n", "400"),
    "long target": (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "400"),
    "many headers": (b"GET /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: 1\r\n" * 20_000 + b"\r\n", "400"),
    "nonsense": (b"NONSENSE\r\n\r\n", "400"),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64 + b"\r\n\r\n", "400"),
    "huge body": (b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999\r\n\r\n" + b"a" * 999, "401"),
    "endless body": (
        b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 50,
        "401",
    ),
}


def test_what_is_too_large_or_no_request_is_answered_and_ended(serving, token):
    secret = token("ci")
    with serving() as url:
        answers = {name: exchange(url, request).split(" ")[1] for name, (request, _status) in TOO_MUCH.items()}
        assert greet(url, secret) == 200

    assert answers == {name: status for name, (_request, status) in TOO_MUCH.items()}


def test_arguments_nested_without_end_are_refused_and_end_nothing(serving, token):
    secret = token("ci")
    headers = {**ACCEPT, "authorization": f"Bearer {secret}", "content-type": "application/json"}
    with serving() as url:
        deep = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_guests","arguments":{"name":'
        answers = [
            httpx2.post(url, content=body, headers=headers).status_code
            for body in (
                deep + "[" * 500_000,
                deep + "[" * 100_000 + "]" * 100_000 + "}}}",
                "[" * 4_000_000,
                "a" * 5_000_000,
            )
        ]
        assert greet(url, secret) == 200

    assert answers == [400, 400, 400, 413]


@pytest.mark.thorough
def test_who_waits_for_runs_starves_neither_others_nor_itself(serving, token, talk, guest, simulator):
    simulator.world.settings.task_seconds = 60.0
    many, other, off = token("many"), token("other"), guest(running=False)
    ended = []

    async def wait_all(client, run_id):
        async with anyio.create_task_group() as group:
            for _dummy in range(70):
                group.start_soon(wait_once, client, run_id)

    async def wait_once(client, run_id):
        done = await client.call_tool("wait_run", {"run_id": run_id, "timeout": 120})
        ended.append(done.structured_content["status"])

    async def crowd(client):
        begun = await client.call_tool("start_guest", {"vmid": off.vmid, "wait": False})
        run_id = begun.structured_content["run_id"]
        async with anyio.create_task_group() as group:
            group.start_soon(wait_all, client, run_id)
            await anyio.sleep(0.5)
            seen = await talk(url, other, lambda modest: look(modest, run_id))
            assert ended == []
            stopped = await client.call_tool("cancel_run", {"run_id": run_id})
        return begun.structured_content["status"], seen, stopped.structured_content["status"]

    async def look(client, run_id):
        listed = await client.call_tool("list_guests", {})
        waited = await client.call_tool("wait_run", {"run_id": run_id, "timeout": 1})
        return listed.structured_content["status"], waited.structured_content["status"]

    with serving("--mode", "apply") as url:
        begun, seen, stopped = anyio.run(talk, url, many, crowd)

    assert (begun, seen, stopped) == ("running", ("ok", "running"), "ok")
    assert ended == ["ok"] * 70


@pytest.mark.thorough
def test_runs_in_the_background_count_and_a_call_in_line_can_be_cancelled(
    serving, token, talk, guest, simulator, ledger
):
    simulator.world.settings.task_seconds = 60.0
    many, other, off = token("many"), token("other"), guest(running=False)

    async def list_guests(client):
        return (await client.call_tool("list_guests", {})).structured_content["status"]

    async def crowd(client):
        begun = await client.call_tool("start_guest", {"vmid": off.vmid, "wait": False})
        run_id = begun.structured_content["run_id"]
        with anyio.move_on_after(1) as scope:
            await list_guests(client)
        other_status = await talk(url, other, list_guests)
        await client.call_tool("cancel_run", {"run_id": run_id})
        return scope.cancelled_caught, other_status, await list_guests(client)

    with serving("--mode", "apply", "--runs", "2") as url:
        seen = anyio.run(lambda: talk(url, many, crowd, protocol="legacy"))

    assert seen == (True, "ok", "ok")
    # What was cancelled in line has not begun.
    tools = [row.tool for row in ledger.recent()]
    assert (tools.count("list_guests"), tools.count("start_guest")) == (2, 1)


def test_nonsense_without_end_is_told_in_few_lines(env, token):
    token("ci")
    command = ["playvisor", "mcp", "--transport", "http", "--port", "0"]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as server:
        url = re.search(r"http://\S+", server.stderr.readline())[0]
        for _dummy in range(200):
            assert exchange(url, b"NONSENSE\r\n\r\n").split(" ")[1] == "400"
        server.terminate()
        said = server.stderr.read().splitlines()

    assert len(said) < 40
    assert re.search(r"and 1[78]\d more: .*Invalid HTTP request", "\n".join(said))


@contextmanager
def full_pipe():
    """The writing end of a pipe that nobody reads, and that takes nothing more."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)
    try:
        yield writer
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.parametrize("options", [(), ("--transport", "http", "--no-auth")], ids=["stdio", "http"])
def test_a_reader_that_does_not_read_stderr_does_not_block_the_server(env, eventually, options):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["playvisor", "mcp", *options, *(("--port", str(port)) if options else ())]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with full_pipe() as stderr, subprocess.Popen(command, env=env, stderr=stderr, **pipes) as server:
        if options:
            url = f"http://127.0.0.1:{port}/mcp"
            eventually(lambda: may_connect(port), "a server")
            for _dummy in range(30):
                assert exchange(url, b"NONSENSE\r\n\r\n").split(" ")[1] == "400"
            assert httpx2.post(url, json=INITIALIZE, headers=ACCEPT).status_code == 200
            server.terminate()
        else:
            for number in range(30):
                server.stdin.write(f"nonsense {number}\n".encode())
            server.stdin.write(json.dumps(INITIALIZE).encode() + b"\n")
            server.stdin.flush()
            assert any(b"protocolVersion" in line for line in server.stdout)
            server.stdin.close()
        assert server.wait(20) == 0


def may_connect(port):
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
