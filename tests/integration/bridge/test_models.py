"""What models send and get, through a real MCP client."""

from __future__ import annotations

import pytest
from prompt_calls import list_calls

from mcp_bridge.mcp import prompts
from pve_simulator.state.access import Token, User

pytestmark = pytest.mark.flow

SECRET = "5d1b6f0e-2a4c-4d7e-9b0a-1f2e3d4c5b6a"
# What a sentence leaves out since an earlier one has said it.
SUBJECT = {"vmid": 101}


def complete(tool, arguments):
    takes_subject = "vmid" in tool.input_schema["properties"] and not arguments.keys() & {"guests", "node", "content"}
    return {**(SUBJECT if takes_subject else {}), **arguments}


def is_wrong(done):
    return done.structured_content.get("failure", {}).get("code") in ("invalid_parameter", "not_found", "refused")


@pytest.mark.thorough
def test_the_calls_of_every_prompt_succeed(converse):
    calls = [call for prompt in prompts.load().values() for call in list_calls(prompt) if call[1]]

    async def steps(client):
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        return [(name, args, await client.call_tool(name, complete(tools[name], args))) for name, args in calls]

    results = converse(steps, mode="check", toolsets="all")

    # That guests can't be moved, or that none were moved away, is an answer; that a call is wrong is none.
    texts = [(name, args, done.content[0].text) for name, args, done in results if is_wrong(done)]
    wrong = [told for told in texts if "No drain of node pve1 is known" not in told[2]]
    assert wrong == []
    assert len({name for name, _args, _done in results}) > 8


def test_what_models_send_is_understood_and_held_is_no_error(converse, simulator, ledger):
    async def steps(client):
        return [
            await client.call_tool("get_guest", {"vmid": "101", "name": ""}),
            await client.call_tool("list_guests", {"guests": '{"tags":["web"]}', "fields": "mem", "limit": "1"}),
            await client.call_tool("list_tasks", {"vmid": 101, "node": "", "running": False, "errors": False}),
            await client.call_tool("stop_guest", {"vmid": "101", "guests": {}, "check": "false"}),
        ]

    one, web, tasks, held = converse(steps, user=None)

    assert [done.is_error for done in (one, web, tasks, held)] == [False] * 4
    assert one.structured_content["guests"][0]["vmid"] == 101
    page = web.structured_content["page"]["guests"]
    assert (page["total"], page["shown"], page["next_offset"], page["by_tags"]["web"]) == (2, 1, 1, 2)
    assert list(web.structured_content["guests"][0])[-1] == "mem"
    assert "offset=1 shows more" in web.content[0].text
    plan = held.structured_content["plan"]
    assert held.structured_content["status"] == "held"
    assert held.content[0].text.startswith(held.structured_content["summary"])
    assert f"plan: id={plan['id']} expires_at={plan['expires_at']}" in held.content[0].text
    # What is recorded is what was meant.
    assert ledger.recent()[0].arguments == {"vmid": 101}


def test_a_token_that_may_see_nothing_is_told_so(converse, env, simulator):
    simulator.cluster.access.users["eve@pve"] = User(tokens={"look": Token(secret=SECRET)})
    env |= {"PROXMOX_USER": "eve@pve", "PROXMOX_TOKEN_ID": "look", "PROXMOX_TOKEN_SECRET": SECRET}
    blind = {
        "list_guests": "VM.Audit on /vms",
        "list_storage": "Datastore.Audit on /storage",
        "list_backups": "Datastore.Audit on /storage",
        "check_backups": "VM.Audit on /vms",
        "list_pools": "Pool.Audit on /pool",
        "list_tasks": "Sys.Audit on /nodes",
    }

    async def steps(client):
        return {name: await client.call_tool(name, {}) for name in blind}

    results = converse(steps, toolsets="all", mode="read")

    told = {name: " ".join(done.structured_content.get("warnings", ())) for name, done in results.items()}
    assert {name for name, missing in blind.items() if f"no {missing}" not in told[name]} == set()
    assert all("privilege separation" in done.content[0].text for done in results.values())
