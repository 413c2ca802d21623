"""Connections of a real server that are slow, many, or say nothing."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager

import pytest
import uvicorn

from mcp_bridge.system.connections import CONNECTION_KEY, ConnectionLimits, Connections, CountedSocket
from mcp_bridge.system.limited_http import make_config

HEADER = b"POST / HTTP/1.1\r\nHost: a\r\n"
QUICK = {"header_seconds": 0.2, "body_seconds": 0.2, "idle_seconds": 1}
PATIENT = {"header_seconds": 60, "body_seconds": 60, "idle_seconds": 60}


async def app(scope, receive, send):
    """Reads the body, and answers; /proven proves who sends it, /slow is answered for as long as it is listened to."""
    connection = scope["state"][CONNECTION_KEY]
    connection.proven = connection.proven or scope["path"] != "/"
    connection.busy += 1
    if scope["path"] == "/slow":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
    while True:
        message = await receive()
        if message["type"] == "http.disconnect" or (scope["path"] != "/slow" and not message["more_body"]):
            break
    connection.busy -= 1
    if message["type"] != "http.disconnect":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


@contextmanager
def serving(**limits):
    """`with serving(total=9) as connect`: a server with these limits; `connect()` opens a connection to it."""
    opened = []
    connections = Connections(ConnectionLimits(**limits))
    with CountedSocket(socket.create_server(("127.0.0.1", 0)), connections) as listening:
        address = listening.getsockname()
        server = uvicorn.Server(make_config(app, connections, lifespan="off", log_config=None))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
        thread.start()

        def connect():
            connection = socket.create_connection(address, timeout=30)
            opened.append(connection)
            return connection

        try:
            yield connect
        finally:
            for connection in opened:
                connection.close()
            server.should_exit = True
            thread.join()


def ask(connection, target=b"/"):
    connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    answer, end = b"", b"1\r\na\r\n" if target == b"/slow" else b"ok"
    while not answer.endswith(end) and (part := connection.recv(4096)):
        answer += part
    return answer


def is_open(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        connection.setblocking(True)
        connection.settimeout(30)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"P",
        HEADER,
        HEADER + b"X-Long: aaaa",
        HEADER + b"Content-Length: 10\r\n\r\n",
        HEADER + b"Content-Length: 10\r\n\r\nabc",
        HEADER + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
    ],
    ids=["nothing", "a letter", "lines", "half a line", "no body", "half a body", "a chunk"],
)
def test_what_is_not_complete_in_time_is_ended(sent):
    with serving(**QUICK) as connect:
        connection = connect()
        connection.sendall(sent)
        # Its end comes by itself.
        assert read_to_end(connection) == b""


def read_to_end(connection):
    answer = b""
    try:
        while part := connection.recv(4096):
            answer += part
    except ConnectionResetError:
        pass
    return answer


def test_a_second_request_of_a_connection_has_its_own_time_and_an_idle_one_ends():
    with serving(**QUICK) as connect:
        connection = connect()
        assert b"200" in ask(connection)
        connection.sendall(HEADER)
        assert read_to_end(connection) == b""

        idle = connect()
        assert b"200" in ask(idle)
        assert read_to_end(idle) == b""


def test_an_answer_may_take_longer_than_any_of_these_times():
    with serving(**QUICK) as connect:
        listening, other = connect(), connect()
        assert b"200" in ask(listening, b"/slow")
        # What ends others in time leaves this alone.
        assert read_to_end(other) == b""
        assert is_open(listening)


def test_the_oldest_connection_that_proved_nothing_makes_room():
    with serving(**PATIENT, unproven=8, unproven_per_address=4) as connect:
        proven = connect()
        assert b"200" in ask(proven, b"/proven")
        silent = [connect() for _dummy in range(20)]
        newest = connect()
        assert b"200" in ask(newest)

        assert [is_open(one) for one in silent] == [False] * 17 + [True] * 3
        assert b"200" in ask(proven)


def test_when_all_are_taken_one_that_is_idle_makes_room_and_none_that_is_answered():
    with serving(**PATIENT, total=4, unproven=4, unproven_per_address=4) as connect:
        listened = [connect() for _dummy in range(2)]
        assert all(b"200" in ask(one, b"/slow") for one in listened)
        idle = [connect() for _dummy in range(2)]
        assert all(b"200" in ask(one, b"/proven") for one in idle)
        newest = connect()
        assert b"200" in ask(newest, b"/proven")

        assert [is_open(one) for one in (*listened, *idle, newest)] == [True, True, False, True, True]


def test_when_all_are_answered_a_new_one_is_closed():
    with serving(**PATIENT, total=2, unproven=2, unproven_per_address=2) as connect:
        listened = [connect() for _dummy in range(2)]
        assert all(b"200" in ask(one, b"/slow") for one in listened)

        assert read_to_end(connect()) == b""
        assert [is_open(one) for one in listened] == [True, True]


def test_a_header_that_is_too_large_is_refused_though_it_comes_at_once():
    with serving(**PATIENT, header_bytes=2048) as connect:
        connection = connect()
        connection.sendall(HEADER + b"X-Long: " + b"a" * 40_000 + b"\r\n\r\n")
        assert read_to_end(connection).startswith(b"HTTP/1.1 400")
