"""Lines on stdin that are no message are answered, and the others pass."""

from __future__ import annotations

import json

import anyio
import pytest

from mcp_bridge.mcp.stdio import CheckedStreams, find_errors
from mcp_bridge.mcp.subscriptions import Subscriptions

PING = '{"jsonrpc":"2.0","id":7,"method":"ping"}'
DEEP = '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"a":' + "[" * 5000 + "]" * 5000 + "}}"


@pytest.mark.parametrize(
    ("line", "answers"),
    [
        (PING, []),
        ('{"jsonrpc":"2.0","method":"notifications/initialized"}', []),
        ('{"jsonrpc":"2.0","id":"x","result":{}}', []),
        ("nonsense", [(None, -32700)]),
        (PING[:-1], [(7, -32700)]),
        (PING[:-1] + ",}", [(7, -32700)]),
        (DEEP, [(7, -32600)]),
        ("[" * 5000, [(None, -32600)]),
        ('{"id":3}', [(3, -32600)]),
        ('{"jsonrpc":"2.0","id":true,"method":1}', [(None, -32600)]),
        ("[]", [(None, -32600)]),
        (f"[{PING},{PING.replace('7', '8')}]", [(7, -32600), (8, -32600)]),
        ("7", [(None, -32600)]),
    ],
    ids=range(13),
)
def test_what_is_no_message_is_answered(line, answers):
    errors = find_errors(line)

    assert [(error["id"], error["error"]["code"]) for error in errors] == answers
    assert all(error["jsonrpc"] == "2.0" and error["error"]["message"] for error in errors)


class Recorded:
    """Lines to read, and what is written."""

    def __init__(self, *lines):
        self.lines, self.written = lines, []

    async def __aiter__(self):
        for line in self.lines:
            yield line

    async def write(self, text):
        self.written.append(text)

    async def flush(self):
        self.written.append("")


def test_only_messages_reach_the_server():
    streams = Recorded(f"{PING}\n", "\n", "nonsense\n", f"{PING}\n")

    async def read():
        return [line async for line in CheckedStreams(streams)]

    assert anyio.run(read) == [f"{PING}\n"] * 2
    (error,) = filter(None, streams.written)
    assert json.loads(error)["error"]["code"] == -32700


def test_a_client_hears_of_the_list_once_a_minute():
    now = [1000.0]
    subscriptions = Subscriptions(bridge=None, clock=lambda: now[0])

    def look(seconds, *, changed):
        now[0] += seconds
        return subscriptions._may_tell_of_list(changed=changed)

    assert [look(0, changed=False), look(0, changed=True), look(1, changed=True), look(30, changed=False)] == [
        *(False, True, False, False),
    ]
    # What was not told then is told now, once.
    assert [look(30, changed=False), look(300, changed=False), look(0, changed=True)] == [True, False, True]
