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
        ("7", [(None, -32600)]),
        # The SDK takes what has no valid id for a notification, and its client waits for an answer.
        ('{"jsonrpc":"2.0","id":null,"method":"ping"}', [(None, -32600)]),
        ('{"jsonrpc":"2.0","id":1.5,"method":"ping"}', [(None, -32600)]),
        ('{"jsonrpc":"2.0","id":2.0,"method":"ping"}', [(None, -32600)]),
        ('{"jsonrpc":"2.0","method":"ping","params":{"id":null}}', []),
        ('{"jsonrpc":"2.0","id":3,"method":"ping","params":{"a":"\\ud83d"}}', [(3, -32700)]),
    ],
    ids=range(17),
)
def test_what_is_no_message_is_answered(line, answers):
    errors = find_errors(line)

    assert [(error["id"], error["error"]["code"]) for error in errors] == answers
    assert all(error["jsonrpc"] == "2.0" and error["error"]["message"] for error in errors)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"jsonrpc":"2.0","id":3,"method":"ping","params":[]}', "in which params is an object"),
        ('{"id":3,"method":"ping"}', 'in which jsonrpc is "2.0"'),
        ('{"jsonrpc":"2.0","id":3,"method":"ping","params":{"a":"\\ud83d"}}', "hex escape"),
        ('{"jsonrpc":"2.0","id":2.0,"method":"ping"}', "id must be text or a whole number"),
    ],
    ids=["params", "version", "half a character", "id"],
)
def test_an_answer_says_what_is_wrong(line, said):
    (error,) = find_errors(line)

    assert said in error["error"]["message"]


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
    # Shells of Windows begin what they send with a byte order mark.
    streams = Recorded(f"\ufeff{PING}\n", "\n", "nonsense\n", f"{PING}\n")

    async def read():
        return [line async for line in CheckedStreams(streams)]

    assert anyio.run(read) == [f"{PING}\n"] * 2
    (error,) = filter(None, streams.written)
    assert json.loads(error)["error"]["code"] == -32700


def answer(number):
    return {"jsonrpc": "2.0", "id": number, "result": {}}


@pytest.mark.parametrize(
    ("batch", "read", "written"),
    [
        ([{"id": 7}, {"id": "8"}], [7, "8"], [[answer(7), answer("8")]]),
        ([{"id": 7}, {}], [7, None], [[answer(7)]]),
        ([{}], [None], []),
        # What is no message in it is answered with the rest.
        ([{"id": 7}, 5], [7], [[-32600, answer(7)]]),
        ([{"id": 7}, [{"id": 8}]], [7], [[-32600, answer(7)]]),
        ([5], [], [[-32600]]),
        # Nobody waits for what was cancelled.
        (
            [{"id": 7}, {"id": 8}, {"method": "notifications/cancelled", "params": {"requestId": 8}}],
            [7, 8, None],
            [[answer(7)]],
        ),
    ],
    ids=range(7),
)
def test_a_batch_is_read_message_by_message_and_answered_as_one(batch, read, written):
    entries = [{"jsonrpc": "2.0", "method": "ping"} | entry if isinstance(entry, dict) else entry for entry in batch]
    streams = Recorded(f"{json.dumps(entries)}\n")
    numbers = []

    async def serve():
        checked = CheckedStreams(streams)
        async for line in checked:
            numbers.append(json.loads(line).get("id"))
        cancelled = [entry["params"]["requestId"] for entry in entries if isinstance(entry, dict) and "params" in entry]
        for number in numbers:
            if number is not None and number not in cancelled:
                await checked.write(json.dumps(answer(number)))
        await checked.write(json.dumps({"jsonrpc": "2.0", "id": 7, "method": "roots/list"}))

    anyio.run(serve)

    *batches, request = (json.loads(text) for text in filter(None, streams.written))
    assert numbers == read
    assert [[entry.get("error", {}).get("code") or entry for entry in told] for told in batches] == written
    assert request["method"] == "roots/list"


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
