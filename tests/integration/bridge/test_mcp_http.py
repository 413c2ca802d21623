"""The MCP server over streamable HTTP, through real MCP clients."""

from __future__ import annotations

import re
import subprocess

import anyio
import httpx2
import pytest
from mcp.types import ElicitResult

from mcp_bridge.authority.token_writer import TokenWriter

pytestmark = pytest.mark.flow

PROTOCOLS = pytest.mark.parametrize("protocol", ["legacy", "auto"])
HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "raw", "version": "0"}}
INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO}
ACCEPT = {"accept": "application/json, text/event-stream"}


@pytest.fixture
def token(ledger):
    """`token("ci", ["ops"])`: the secret of a new token."""
    return lambda name, roles=(): TokenWriter(ledger.database).create(name, roles)[1]


@PROTOCOLS
def test_a_client_with_a_token_is_known_by_it_and_its_user_approves(
    serving, token, talk, guest, writes, ledger, protocol
):
    web, secret, asked = guest(running=True), token("ci"), []

    async def user(_context, params):
        asked.append(params.message)
        return ElicitResult(action="accept", content={"approve": True})

    async def stop(client):
        return await client.call_tool("stop_guest", {"vmid": web.vmid})

    with serving("--mode", "apply") as url:
        done = anyio.run(lambda: talk(url, secret, stop, protocol=protocol, user=user))

    assert (done.structured_content["status"], len(asked), len(writes())) == ("ok", 1, 1)
    rows = ledger.recent()
    assert [row.tool for row in rows] == ["stop_guest", "approve_plan", "stop_guest"]
    assert {(row.asker, row.client_name, row.client_version) for row in rows} == {("token:ci", "test-client", "7")}
    assert secret not in str(rows)
    assert ledger.verify().faults == []


def test_two_clients_work_at_once_and_roles_of_tokens_count_in_the_policy(
    serving, token, talk, guest, env, tmp_path, ledger
):
    own = tmp_path / "own.cedar"
    own.write_text('permit(principal in Role::"ops", action, resource);')
    env["PLAYVISOR_POLICY"] = str(own)
    secrets = {"ops": token("nightly", ["ops"]), "other": token("other")}
    off, came = guest(running=False), {}

    async def work(url, who):
        async def start(client):
            return await client.call_tool("start_guest", {"vmid": off.vmid, "check": True})

        came[who] = (await talk(url, secrets[who], start)).structured_content["status"]

    async def both(url):
        async with anyio.create_task_group() as group:
            for who in secrets:
                group.start_soon(work, url, who)

    with serving("--mode", "apply") as url:
        anyio.run(both, url)

    assert came == {"ops": "planned", "other": "refused"}
    assert {row.asker for row in ledger.recent(2)} == {"token:nightly", "token:other"}


def test_callers_without_a_token_too_often_or_from_elsewhere_are_refused(serving, token, ledger):
    secret, revoked, other = token("ci"), token("old"), token("other")
    TokenWriter(ledger.database).revoke("old")

    def knock(url, given, **headers):
        bearer = {"authorization": f"Bearer {given}"} if given else {}
        return httpx2.post(url, json=INITIALIZE, headers={**ACCEPT, **bearer, **headers})

    with serving("--rate", "4") as url:
        for wrong in ("", "nonsense", revoked, f"{secret}x", secret[:-1]):
            answer = knock(url, wrong)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
        begun = knock(url, secret)
        assert begun.status_code == 200
        # A session is only for the token that began it.
        assert knock(url, other, **{"mcp-session-id": begun.headers["mcp-session-id"]}).status_code == 404
        # Requests for another server are none of this token's.
        assert knock(url, secret, host="evil.example").status_code == 421
        assert knock(url, secret, origin="https://evil.example").status_code == 403
        assert knock(url, secret, origin="http://localhost:3000").status_code == 403
        own = url.removesuffix("/mcp")
        assert [knock(url, secret, origin=own).status_code for _dummy in range(3)] == [200, 200, 200]
        often = knock(url, secret)

    assert often.status_code == 429
    assert 1 <= int(often.headers["retry-after"]) <= 15
    # Who was refused is an act; what was given is not kept.
    refused = ledger.list_acts(kind="login_refused")
    assert {act["facts"]["source"] for act in refused} == {"127.0.0.1"}
    assert sum(act["facts"]["count"] for act in refused) == 5
    assert [given for given in ("nonsense", revoked, secret[:-1]) if given in str(refused)] == []
    assert ledger.verify().faults == []


def ended(ledger, eventually):
    return eventually(lambda: next((row for row in ledger.recent(1) if row.closed_at), None), "the run's end")


def test_a_run_outlives_a_connection_that_breaks(serving, guest, simulator, ledger, eventually):
    simulator.world.settings.task_seconds = 1.0
    off = guest(running=False)
    start = {"name": "start_guest", "arguments": {"vmid": off.vmid}, "_meta": {"progressToken": 1}}

    with serving("--mode", "apply", "--no-auth") as url:
        begun = httpx2.post(url, json=INITIALIZE, headers=ACCEPT)
        headers = {**ACCEPT, "mcp-session-id": begun.headers["mcp-session-id"]}
        httpx2.post(url, json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=headers)
        call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": start}
        with httpx2.stream("POST", url, json=call, headers=headers, timeout=30) as answer:
            next(line for line in answer.iter_lines() if "Applying" in line)
        httpx2.delete(url, headers=headers)
        row = ended(ledger, eventually)

    assert (row.outcome, row.changed) == ("ok", True)
    assert off.running


@pytest.mark.parametrize(("protocol", "outcome"), [("legacy", "cancelled"), ("auto", "ok")])
def test_a_call_taken_back_is_stopped_where_the_protocol_can_tell(
    serving, talk, guest, simulator, ledger, eventually, protocol, outcome
):
    simulator.world.settings.task_seconds = 1.0
    off = guest(running=False)

    async def start(client):
        with anyio.CancelScope() as scope:

            async def on_progress(_progress, _total, message):
                if message.startswith("Applying"):
                    scope.cancel()

            await client.call_tool("start_guest", {"vmid": off.vmid}, progress_callback=on_progress)
        return await anyio.to_thread.run_sync(lambda: ended(ledger, eventually))

    with serving("--mode", "apply", "--no-auth") as url:
        row = anyio.run(lambda: talk(url, None, start, protocol=protocol))

    assert row.outcome == outcome


def test_a_server_that_is_ended_ends_its_streams_and_says_nothing(env):
    command = ["playvisor", "mcp", "--transport", "http", "--port", "0", "--no-auth"]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as server:
        url = re.search(r"http://\S+", server.stderr.readline())[0]
        begun = httpx2.post(url, json=INITIALIZE, headers=ACCEPT)
        headers = {**ACCEPT, "mcp-session-id": begun.headers["mcp-session-id"]}
        httpx2.post(url, json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=headers)
        with httpx2.stream("GET", url, headers=headers, timeout=30) as stream:
            server.terminate()
            heard = "".join(stream.iter_text())
        said = server.stderr.read()

    assert (server.returncode, said, heard.strip()) == (0, "", "")


def test_who_has_no_token_learns_how_to_get_one_and_that_nobody_issues_them(serving, token):
    token("ci")
    with serving() as url:
        refused = httpx2.post(url, json=INITIALIZE, headers=ACCEPT)
        root = url.removesuffix("/mcp")
        paths = ("oauth-protected-resource", "oauth-protected-resource/mcp", "oauth-authorization-server")
        statuses = [httpx2.get(f"{root}/.well-known/{path}").status_code for path in paths]

    assert (refused.status_code, statuses) == (401, [404] * 3)
    assert "playvisor tokens create" in refused.json()["error"]


def test_what_clients_send_in_ways_of_their_own_is_answered(serving):
    def call(url, headers, number, method, params):
        body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        return httpx2.post(url, json=body, headers=headers, timeout=30).text

    with serving("--no-auth") as url:
        begun = httpx2.post(f"{url}/", json=INITIALIZE, headers=ACCEPT)
        headers = {**ACCEPT, "mcp-session-id": begun.headers["mcp-session-id"]}
        as_text = call(url, headers, 2, "tools/call", {"name": "get_run", "arguments": '{"run_id": "none"}'})
        page = call(url, headers, 3, "tools/call", {"name": "list_guests", "arguments": {"limit": 5000}})
        no_name = call(url, headers, 4, "tools/call", {"arguments": {"token": "hunter2"}})
        guest = {"guest": 101, "since": None}
        prompt = call(url, headers, 5, "prompts/get", {"name": "slow_guest", "arguments": guest})
        no_plan = call(url, headers, 6, "resources/read", {"uri": "plan://none"})
        resumed = httpx2.stream("GET", url, headers={**headers, "last-event-id": "7"}, timeout=30)
        with resumed as stream:
            resumed_status = stream.status_code

    assert begun.status_code == 200
    assert "There is no run 'none'." in as_text
    assert "limit is 5000, which is out of range." in page
    assert "Give a whole number from 1 to 1000." in page
    assert "name: Field required" in no_name
    assert "hunter2" not in no_name
    assert '"messages"' in prompt
    assert "as plan.id" in no_plan
    assert resumed_status == 200


def test_a_server_does_not_listen_without_tokens(playvisor):
    for options, said in (
        (["--host", "0.0.0.0", "--no-auth"], "Without tokens it does not listen on 0.0.0.0"),
        ([], "There is no token yet"),
    ):
        done = playvisor("mcp", "--transport", "http", *options)
        assert done.status == 2
        assert said in done.stderr


def test_tokens_are_shown_once_listed_without_secret_and_in_the_ledger(playvisor, ledger):
    secret = playvisor("tokens", "create", "ci", "--role", "ops", "--days", "30").stdout.strip()
    listed = playvisor("tokens", "list", "--json")
    assert playvisor("tokens", "revoke", "ci").status == 0

    assert [(one["name"], one["roles"], one["state"]) for one in listed.json] == [("ci", ["ops"], "valid")]
    assert TokenWriter(ledger.database).verify(secret) is None
    assert secret.split("_", 2)[2] not in listed.stdout
    assert [row.tool for row in ledger.recent()] == ["revoke_token", "create_token"]
    assert secret not in str(ledger.recent())
