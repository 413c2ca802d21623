"""Resources with their change notifications, prompts and completions, through real MCP clients."""

from __future__ import annotations

import json

import anyio
import pytest
import yaml
from mcp import types
from mcp.shared.exceptions import MCPError

from mcp_bridge.system.identity import local_user

pytestmark = pytest.mark.flow


async def read(client, uri):
    content = (await client.read_resource(uri)).contents[0]
    assert content.uri == uri
    return json.loads(content.text) if content.mime_type == "application/json" else content.text


async def error(client, uri):
    with pytest.raises(MCPError) as caught:
        await client.read_resource(uri)
    return caught.value


def test_reading_a_resource_is_recorded(converse, guest, ledger):
    web = guest(running=True)

    async def steps(client):
        templates = [one.uri_template for one in (await client.list_resource_templates()).resource_templates]
        assert templates == [
            *("pve://nodes/{node}", "pve://guests/{vmid}"),
            *("run://{id}", "run://{id}/playbook", "run://{id}/events", "plan://{id}"),
        ]
        shown = await read(client, f"pve://guests/{web.vmid}")
        assert (shown["tool"], shown["guests"][0]["name"]) == ("get_guest", web.name)
        assert [node["node"] for node in (await read(client, "pve://nodes/pve2"))["nodes"]] == ["pve2"]
        assert (await read(client, "pve://cluster"))["cluster"]["nodes_total"] == 2

        planned = (await client.call_tool("stop_guest", {"vmid": web.vmid, "check": True})).structured_content
        run_id = planned["run_id"]
        plan = await read(client, f"plan://{run_id}")
        assert (plan["state"], plan["tool"]) == ("held", "stop_guest")
        assert (plan["asker"], plan["asker_kind"], plan["label"]) == (local_user(), "client", "test-client")
        (step,), (shown_step,) = plan["shown"]["steps"], planned["plan"]["steps"]
        assert shown_step.items() <= step.items()
        run = await read(client, f"run://{run_id}")
        assert run["run"]["outcome"] == "planned"
        events = await read(client, f"run://{run_id}/events")
        assert {event["phase"] for event in events["events"]} == {"plan"}
        playbook = yaml.safe_load(await read(client, f"run://{run_id}/playbook"))
        assert playbook[0]["tasks"][0]["playvisor.proxmox.pve_guest_state"]["vmid"] == web.vmid

        listed = (await client.list_resources()).resources
        assert [one.uri for one in listed] == ["pve://cluster", f"run://{run_id}"]
        unrepeatable = (await client.call_tool("list_runs", {"limit": 1})).structured_content["run_id"]
        return {
            "guest": await error(client, "pve://guests/99999"),
            "no vmid": await error(client, "pve://guests/web"),
            "node": await error(client, "pve://nodes/pve9"),
            "run": await error(client, "run://ffffffff"),
            "plan": await error(client, "plan://ffffffff"),
            "playbook": await error(client, f"run://{unrepeatable}/playbook"),
            "unknown": await error(client, "pve://storages/local"),
        }

    errors = converse(steps, user=None)

    assert {one.code for one in errors.values()} == {-32602}
    assert errors["guest"].data["code"] == "not_found"
    assert "vmid must be a whole number" in errors["no vmid"].message
    assert "There are these: pve1, pve2" in errors["node"].message
    assert "There is no run 'ffffffff'" in errors["run"].message
    assert "can't be repeated by a playbook" in errors["playbook"].message
    assert "This server has: pve://cluster, pve://nodes/{node}" in errors["unknown"].message
    rows = ledger.recent(100)
    assert {"get_guest", "list_nodes", "cluster_overview", "get_run", "read_resource"} <= {row.tool for row in rows}
    read_from_ledger = [row.arguments["uri"] for row in rows if row.tool == "read_resource"]
    planned = next(row.run_id for row in rows if row.tool == "stop_guest")
    assert [uri.split("/")[-1] for uri in read_from_ledger] == ["playbook", "ffffffff", "playbook", "events", planned]
    assert ledger.verify().faults == []


VMID = types.ResourceTemplateReference(uri="pve://guests/{vmid}")


async def completed(client, ref, name, begun):
    return (await client.complete(ref, {"name": name, "value": begun})).completion.values


def test_a_prompt_is_completed_from_the_cluster_and_becomes_a_procedure(converse, simulator, ledger):
    guests = simulator.cluster.guests

    async def steps(client):
        offered = [prompt.name for prompt in (await client.list_prompts()).prompts]
        assert offered == ["backup_gaps", "capacity_report", "incident", "patch_node", "safe_change", "slow_guest"]
        change, gaps, patch = (
            types.PromptReference(name=name) for name in ("safe_change", "backup_gaps", "patch_node")
        )
        assert await completed(client, VMID, "vmid", "") == [str(vmid) for vmid in guests]
        assert await completed(client, change, "guest", "") == [
            *(guest.name for guest in guests.values()),
            *(str(vmid) for vmid in guests),
        ]
        assert await completed(client, patch, "node", "PVE") == ["pve1", "pve2"]
        assert "local" in await completed(client, gaps, "storage", "lo")
        assert await completed(client, change, "tool", "snapshot_") == ["snapshot_guest"]
        assert await completed(client, change, "nothing", "") == []

        message = (await client.get_prompt("patch_node", {"node": "pve2"})).messages[0]
        assert message.role == "user"
        assert message.content.text.startswith("Take node pve2 through a patch night. Guests to snapshot: none.")
        with pytest.raises(MCPError, match="patch_node needs node"):
            await client.get_prompt("patch_node", {})
        with pytest.raises(MCPError, match="There are: backup_gaps"):
            await client.get_prompt("patch_nide", {})

    converse(steps, toolsets="all")

    # Each once, whatever the number of keystrokes, and recorded.
    assert sorted(row.tool for row in ledger.recent()) == ["list_guests", "list_nodes", "list_storage"]


def test_a_listener_is_told_what_runs_change_also_those_of_other_processes(converse, playvisor, guest):
    web, off = guest(running=True), guest(running=False)

    async def steps(client):
        held = (await client.call_tool("stop_guest", {"vmid": web.vmid})).structured_content["plan"]["id"]
        watched = [f"pve://guests/{off.vmid}", f"pve://nodes/{off.node}", f"plan://{held}"]
        told = []
        async with client.listen(resource_subscriptions=watched, resources_list_changed=True) as stream:

            async def hear(number):
                with anyio.fail_after(30):
                    async for event in stream:
                        told.append(getattr(event, "uri", "list"))
                        if len(told) == number:
                            return

            await client.call_tool("list_guests", {})
            await client.call_tool("start_guest", {"vmid": off.vmid})
            await hear(3)
            approved = await anyio.to_thread.run_sync(playvisor, "approvals", "approve", held, "--yes")
            assert approved.status == 0
            await hear(4)
        return told, watched

    told, watched = converse(steps, user=None)

    assert sorted(told[:3]) == ["list", *watched[:2]]
    assert told[3] == watched[2]


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore:resources/(un)?subscribe is removed")
def test_a_subscriber_of_the_older_era_is_told_until_it_unsubscribes(converse, guest):
    web, off = guest(running=True), guest(running=False)
    first, second = f"pve://guests/{off.vmid}", f"pve://guests/{web.vmid}"
    told = []

    async def hear(message):
        told.append(message)

    async def steps(client):
        assert client.server_capabilities.resources.subscribe
        assert client.server_capabilities.resources.list_changed
        await client.subscribe_resource(first)
        await client.subscribe_resource(second)
        await client.unsubscribe_resource(second)
        with pytest.raises(MCPError, match="There is no resource"):
            await client.subscribe_resource("pve://nothing")
        await client.list_resources()
        await client.call_tool("stop_guest", {"vmid": web.vmid})
        await client.call_tool("start_guest", {"vmid": off.vmid})
        with anyio.fail_after(30):
            while first not in [getattr(message.params, "uri", None) for message in told]:
                await anyio.sleep(0.02)

    converse(steps, protocol="legacy", hear=hear)

    updated = [message.params.uri for message in told if message.method == "notifications/resources/updated"]
    assert updated == [first]
    assert "notifications/resources/list_changed" in [message.method for message in told]
