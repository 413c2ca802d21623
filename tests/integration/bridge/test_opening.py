"""A server on stdio answers what clients ask first before it has loaded, from what an earlier one answered."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.integration.bridge.conftest import PLAYVISOR

pytestmark = pytest.mark.flow

INITIALIZE = {
    "id": "first",
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "agent", "version": "1"}},
}
INITIALIZED = {"method": "notifications/initialized"}
LIST_TOOLS = {"id": 2, "method": "tools/list"}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Where the answers of this test's servers are kept."""
    return tmp_path / "cache" / "playvisor" / "mcp"


@pytest.fixture
def ask(env, cache):
    """`ask(*messages)`: what a new server answers, by the id of the request; then its client leaves."""

    def talk(*messages, mode="apply", options=()):
        environment = {**env, "XDG_CACHE_HOME": str(cache.parent.parent), "PLAYVISOR_MODE": mode}
        command = [*PLAYVISOR, "mcp", *options]
        with subprocess.Popen(command, env=environment, stdin=-1, stdout=-1, stderr=-1, text=True) as server:
            server.stdin.write("".join(json.dumps({"jsonrpc": "2.0", **message}) + "\n" for message in messages))
            server.stdin.flush()
            asked = [message for message in messages if "id" in message]
            answers = [json.loads(server.stdout.readline()) for _message in asked]
            server.stdin.close()
            assert server.stdout.read() == ""
            assert server.stderr.read() == ""
        assert server.returncode == 0
        return {answer["id"]: answer["result"] for answer in answers}

    return talk


def list_kept(cache):
    """The kept answers by their methods."""
    [kept] = cache.iterdir()
    return {json.loads(key)[0]: answer for key, answer in json.loads(kept.read_text()).items()}


def name_tools(answers):
    return [tool["name"] for tool in answers[LIST_TOOLS["id"]]["tools"]]


def test_the_first_answers_are_the_kept_ones_until_the_server_knows_better(ask, cache):
    opening = (INITIALIZE, INITIALIZED, LIST_TOOLS)
    own = ask(*opening)
    [kept] = cache.iterdir()
    # Only a server that has loaded would give another answer than this one.
    kept.write_text(kept.read_text().replace("Playvisor for Proxmox VE", "What was kept"))

    second, third = ask(*opening), ask(*opening)

    assert second["first"]["serverInfo"]["title"] == "What was kept"
    assert (second[2], third) == (own[2], own)
    assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("version", "mode", "options"),
    [
        ("2025-06-18", "apply", ()),
        pytest.param("2024-11-05", "read", ("--tools", "get_guest"), marks=pytest.mark.thorough),
        pytest.param("2025-03-26", "check", ("--toolsets=all",), marks=pytest.mark.thorough),
        pytest.param("2025-11-25", "apply", ("--toolsets", "all", "--read-only"), marks=pytest.mark.thorough),
        pytest.param("2025-11-25", "read", ("--aliases=mcp_proxmox", "--mode", "apply"), marks=pytest.mark.thorough),
    ],
)
def test_what_the_very_first_start_answers_is_what_the_server_would(ask, cache, version, mode, options):
    initialize = {**INITIALIZE, "params": {**INITIALIZE["params"], "protocolVersion": version}}
    # Only the server answers a ping, after what it was asked before.
    answers = ask(initialize, INITIALIZED, LIST_TOOLS, {"id": "p", "method": "ping"}, mode=mode, options=options)

    assert {"initialize": answers["first"], "tools/list": answers[2]} == list_kept(cache)


@pytest.mark.thorough
def test_no_request_is_lost_while_the_server_loads(ask):
    call = {"id": 3, "method": "tools/call", "params": {"name": "list_guests", "arguments": {}}}
    ask(INITIALIZE, INITIALIZED, LIST_TOOLS)

    answers = ask(INITIALIZE, INITIALIZED, LIST_TOOLS, {"id": "p", "method": "ping"}, call)

    assert answers["p"] == {}
    assert len(answers[3]["structuredContent"]["guests"]) == 8


@pytest.mark.thorough
def test_other_settings_have_other_answers(ask, cache):
    opening = (INITIALIZE, INITIALIZED, LIST_TOOLS)
    applying = name_tools(ask(*opening))
    reading = [name_tools(ask(*opening, mode="read")) for _start in range(2)]

    assert "start_guest" in applying
    assert reading[0] == reading[1]
    assert "start_guest" not in reading[0]
    older = {**INITIALIZE, "params": {**INITIALIZE["params"], "protocolVersion": "2025-03-26"}}
    assert [ask(older)["first"]["protocolVersion"] for _start in range(2)] == ["2025-03-26"] * 2


@pytest.mark.thorough
@pytest.mark.parametrize("text", ["", "[]", "{", '{"initialize": 1}'])
def test_what_can_not_be_read_is_made_anew(ask, cache, text):
    own = ask(INITIALIZE)
    [kept] = cache.iterdir()
    kept.write_text(text)

    assert ask(INITIALIZE) == own
    assert json.loads(kept.read_text()) != {}


def test_a_client_that_reads_no_more_has_left(env):
    lines = [json.dumps({"jsonrpc": "2.0", **message}) + "\n" for message in (INITIALIZE, INITIALIZED, LIST_TOOLS)]
    with subprocess.Popen([*PLAYVISOR, "mcp"], env=env, stdin=-1, stdout=-1, stderr=-1, text=True) as server:
        server.stdin.write(lines[0])
        server.stdin.flush()
        server.stdout.readline()
        server.stdout.close()
        # It goes on sending, and has not closed its end.
        server.stdin.write("".join(lines[1:]))
        server.stdin.flush()

        assert (server.wait(60), server.stderr.read()) == (0, "")
