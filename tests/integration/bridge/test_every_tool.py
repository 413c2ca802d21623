"""Every tool of the catalogue does what its documented example says, through a real MCP client."""

from __future__ import annotations

import re

import pytest

from mcp_bridge import catalogue
from pve_simulator import Simulator, build_cluster
from pve_simulator.state.appliances import Appliance, Appliances
from pve_simulator.state.guest import Snapshot

pytestmark = pytest.mark.flow

# These need a guest that runs, or make what others speak of: a task to look at, and a backup.
FIRST = ("start_guest", "exec_guest", "backup_guest")
TOOLS = sorted(catalogue.list_offered(), key=lambda tool: FIRST.index(tool.name) if tool.name in FIRST else len(FIRST))
ONLY_PLANNED = {tool.name for tool in TOOLS if tool.only_plans}
# What a request that deletes a guest, a disk, a backup or any other volume, or a storage looks like.
DELETES = re.compile(r"/nodes/[^/]+/(qemu|lxc)/\d+$|/storage/|/prunebackups|/unlink$")


@pytest.fixture
def simulator():
    """What the examples speak of: three nodes, with guests that are named as there."""
    cluster = build_cluster(nodes=3, guests=12)
    cluster.guests[101].running = False
    cluster.guests[105].snapshots["old"] = Snapshot({**cluster.guests[105].config, "snaptime": "1700000000"})
    name = catalogue.load()["download_template"].example["template"]
    cluster.part(Appliances).templates[name] = Appliance(f"https://example.org/{name}", "alpine", section="system")
    with Simulator(cluster, port=0, task_seconds=0.0) as running:
        yield running


@pytest.fixture
def env(env, tmp_path):
    """Somebody whose policy holds nothing, with the folder that an example writes a token's secret to."""
    (tmp_path / ".config" / "playvisor" / "secrets").mkdir(parents=True, mode=0o700)
    policy = tmp_path / "everything.cedar"
    policy.write_text("permit (principal, action, resource);\n", encoding="utf-8")
    return {**env, "HOME": str(tmp_path), "PLAYVISOR_POLICY": str(policy)}


def arguments(tool, results):
    """The example, about the task and the backup that there are."""
    found = dict(tool.example)
    if "upid" in found:
        found["upid"] = results["start_guest"]["upids"][0]
    if "volid" in found:
        found["volid"] = results["list_backups"]["volumes"][0]["volid"]
    return found


def test_every_tool_does_what_its_example_says(converse, simulator, ledger, tmp_path):
    async def steps(client):
        results = {}
        for tool in TOOLS:
            # Where new guests go depends on what is known of those that run.
            simulator.catch_up()
            called = (await client.call_tool(tool.name, arguments(tool, results))).structured_content
            if tool.name in ONLY_PLANNED:
                assert (called["status"], called["changed"]) == ("planned", False)
                plan_id = {"plan_id": called["plan"]["id"]}
                called = (await client.call_tool("apply_plan", plan_id)).structured_content
            results[tool.name] = called
        return results

    results = converse(steps, toolsets="all,exec")

    assert {name: (one["status"], one["summary"]) for name, one in results.items() if one["status"] != "ok"} == {}
    changing = {tool.name for tool in catalogue.list_offered() if tool.writes}
    assert {name for name, one in results.items() if one["changed"]} == changing
    assert [path for method, path, _status in simulator.requests if method == "DELETE" and DELETES.search(path)] == []
    assert ledger.verify().faults == []
    assert results["console_link"]["console"]["link"].startswith(f"{simulator.url}/?console=kvm")
    secret = (tmp_path / ".config/playvisor/secrets/ops-deploy").read_text(encoding="utf-8").strip()
    recorded = (tmp_path / "state").rglob("*")
    assert [file for file in recorded if file.is_file() and secret.encode() in file.read_bytes()] == []
