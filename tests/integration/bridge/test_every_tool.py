"""Every tool of the catalogue does what its documented example says, through a real MCP client."""

from __future__ import annotations

import pytest

from mcp_bridge import catalogue
from pve_simulator import Simulator, build_cluster

pytestmark = pytest.mark.flow


@pytest.fixture
def simulator():
    """What the examples speak of: three nodes, with guests that are named as there."""
    with Simulator(build_cluster(nodes=3, guests=12), port=0, task_seconds=0.0) as running:
        yield running


def test_every_tool_does_what_its_example_says(converse, simulator, ledger):
    async def steps(client):
        results = {}
        # What is started first leaves a task to look at.
        for tool in sorted(catalogue.offered(), key=lambda tool: tool.name != "start_guest"):
            arguments = dict(tool.example)
            if tool.name == "get_task":
                arguments["upid"] = results["start_guest"]["upids"][0]
            results[tool.name] = (await client.call_tool(tool.name, arguments)).structured_content
        return results

    simulator.cluster.guests[101].running = False

    results = converse(steps, toolsets="all")

    assert {name: (one["status"], one["summary"]) for name, one in results.items() if one["status"] != "ok"} == {}
    changing = {tool.name for tool in catalogue.offered() if tool.writes}
    assert {name for name, one in results.items() if one["changed"]} == changing
    assert ledger.verify().faults == []
