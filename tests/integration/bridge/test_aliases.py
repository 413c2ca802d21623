"""A client that knows another server's tools is served by ours."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.flow


@pytest.mark.thorough
def test_old_names_and_arguments_do_what_they_did_and_are_recorded_as_ours(converse, simulator, guest, ledger):
    off = guest(running=False)

    async def steps(client):
        listed = {tool.name for tool in (await client.list_tools()).tools}
        started = await client.call_tool("start_machine", {"vmid": off.vmid, "node": "anywhere", "type": "qemu"})
        found = await client.call_tool("list_machines", {"status_filter": "stopped", "type_filter": "qemu"})
        return listed, started.structured_content, found.structured_content

    listed, started, found = converse(steps, toolsets="runs", aliases="mcp_proxmox")

    assert {"start_machine", "get_console_url", "list_runs"} <= listed
    assert "start_guest" not in listed
    assert (started["tool"], started["status"], started["changed"]) == ("start_guest", "ok", True)
    assert off.running
    assert off.vmid not in {one["vmid"] for one in found["guests"]}
    assert {row.tool for row in ledger.recent(10)} == {"start_guest", "list_guests"}
