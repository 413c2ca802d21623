"""Addresses of resources, which of them a run changes, and which a server offers."""

from __future__ import annotations

from dataclasses import replace

import anyio
import pytest
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError
from rows import make_row

from mcp_bridge.catalogue.offer import make_offer
from mcp_bridge.mcp.server import McpServer
from mcp_bridge.mcp.uris import find_changed_addresses, make_address, parse_address
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.settings import Settings

RUN = "b1946ac9-2b4c-4d5e-8f6a-7b8c9d0e1f2a"


@pytest.mark.parametrize(
    ("uri", "kind", "values"),
    [
        ("pve://cluster", "cluster", {}),
        ("pve://cluster/", "cluster", {}),
        ("pve://guests/101", "guest", {"vmid": "101"}),
        ("pve://nodes/pve%2D1", "node", {"node": "pve-1"}),
        (f"run://{RUN}", "run", {"id": RUN}),
        (f"run://{RUN}/playbook", "run_playbook", {"id": RUN}),
        (f"run://{RUN}/events", "run_events", {"id": RUN}),
        (f"plan://{RUN}", "plan", {"id": RUN}),
        (f"run://{RUN}/secrets", None, None),
        ("pve://guests/101/config", None, None),
        ("pve://guests/", None, None),
        ("pve://guests/101?x=1", None, None),
        ("run://", None, None),
        ("file:///etc/passwd", None, None),
    ],
)
def test_an_address_is_of_one_kind_or_of_none(uri, kind, values):
    found = parse_address(uri)

    assert (found and (found[0].name, found[1])) == (kind and (kind, values))
    if kind and not uri.endswith("/"):
        assert parse_address(make_address(kind, **values)) == found


def test_a_run_changes_the_guests_that_it_returned_and_the_nodes_that_they_were_on():
    row = make_row(run_id=RUN, changed=True, arguments={"vmid": 100, "newid": 120})
    moved = {"vmid": 101, "node": "pve2", "before": {"node": "pve1"}, "after": {"node": "pve2"}}
    itself = [f"run://{RUN}", f"run://{RUN}/events", f"run://{RUN}/playbook"]

    assert list(find_changed_addresses(row, [moved, {"vmid": 102, "before": None}])) == [
        *itself,
        "pve://cluster",
        *(f"pve://guests/{vmid}" for vmid in (100, 101, 102, 120)),
        *("pve://nodes/pve1", "pve://nodes/pve2"),
    ]
    assert list(find_changed_addresses(replace(row, changed=False), [moved])) == itself


def test_a_server_has_only_the_resources_and_prompts_whose_tools_it_offers(tmp_path):
    cluster = {"url": "https://127.0.0.1:1", "token_id": "root@pam!x", "token_secret": "s" * 20}
    bridge = make_bridge(Settings(**cluster, state_dir=tmp_path))
    server = McpServer(bridge, "apply", make_offer(["power"])).server

    async def connected():
        async with Client(server) as client:
            assert (await client.list_resources()).resources == []
            assert (await client.list_resource_templates()).resource_templates == []
            assert (await client.list_prompts()).prompts == []
            with pytest.raises(MCPError, match=r"toolsets observe.*move"):
                await client.get_prompt("patch_node", {"node": "pve1"})
            with pytest.raises(MCPError, match="This server has: none"):
                await client.read_resource("pve://cluster")

    anyio.run(connected)
    bridge.close()
    assert list(tmp_path.iterdir()) == []
