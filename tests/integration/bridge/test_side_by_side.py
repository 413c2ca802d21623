"""Calls that one client makes in one turn, and plans that were approved side by side, don't spoil each other."""

from __future__ import annotations

import json
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import anyio
import pytest

from mcp_bridge.auth.caller import make_person
from mcp_bridge.evidence.events import read_api_trace
from mcp_bridge.run import Request

pytestmark = pytest.mark.flow


@pytest.fixture
def ask_at_once(lab):
    """`ask_at_once((tool, arguments), …)`: their results, when all are asked at once, over two bridges in turn."""
    bridges = [lab.make_bridge(), lab.make_bridge()]

    def ask(*calls):
        def one(number, call):
            return lab.ask_as_person(*call, bridge=bridges[number % 2])

        with ThreadPoolExecutor(len(calls)) as threads:
            asked = [threads.submit(one, number, call) for number, call in enumerate(calls)]
            return [each.result() for each in asked]

    return ask


@pytest.fixture
def template(simulator):
    return next(one for one in simulator.cluster.guests.values() if one.template)


def test_what_is_asked_at_once_is_done_one_after_the_other(ask_at_once, simulator, guest, template, lab):
    simulator.world.settings.task_seconds = 0.2
    web = guest(running=True)

    results = ask_at_once(
        *[("clone_guest", {"vmid": template.vmid, "new_name": name}) for name in ("w1", "w2", "w3", "w3")],
        ("set_guest_tags", {"vmid": web.vmid, "add_tags": ["late"]}),
        ("set_cloudinit", {"vmid": web.vmid, "user": "me"}),
        ("resize_guest", {"vmid": web.vmid, "memory": int(web.config["memory"]) * 2}),
    )

    assert [(result.status, result.failure) for result in results] == [("ok", None)] * 7
    clones = [result.data["guests"][0]["vmid"] for result in results[:4]]
    assert len(set(clones)) == 3
    assert sorted(one.name for one in simulator.cluster.guests.values() if one.vmid in clones) == ["w1", "w2", "w3"]
    # The second of two equal calls has found the other's clone.
    assert clones[2] == clones[3]
    assert sorted(result.changed for result in results) == [False, *[True] * 6]
    assert "late" in web.config["tags"]
    assert lab.bridge.ledger.verify().faults == []


@pytest.mark.thorough
def test_a_client_of_mcp_may_make_several_calls_in_one_turn(converse, simulator, guest, template):
    web, results = guest(running=False), {}

    async def steps(client):
        async def call(key, tool, **arguments):
            results[key] = (await client.call_tool(tool, arguments)).structured_content["status"]

        async with anyio.create_task_group() as group:
            for number in range(3):
                group.start_soon(lambda n=number: call(n, "clone_guest", vmid=template.vmid, new_name=f"w{n}"))
            group.start_soon(lambda: call("tags", "set_guest_tags", vmid=web.vmid, add_tags=["a"]))
            group.start_soon(lambda: call("cores", "resize_guest", vmid=web.vmid, cores=3))
            group.start_soon(lambda: call("memory", "resize_guest", vmid=web.vmid, memory=4096))

    converse(steps, toolsets="all")

    assert set(results.values()) == {"ok"}, results
    assert {"w0", "w1", "w2"} <= {one.name for one in simulator.cluster.guests.values()}


@pytest.mark.thorough
def test_commands_of_the_command_line_may_run_side_by_side(playvisor, env, simulator, template):
    words = [("call", "clone_guest", f"vmid={template.vmid}", f"new_name=c{number}", "--json") for number in range(3)]
    with ThreadPoolExecutor(3) as threads:
        done = list(threads.map(lambda given: playvisor(*given, environment=env), words))

    assert [each.json["status"] for each in done] == ["ok"] * 3
    assert {"c0", "c1", "c2"} <= {one.name for one in simulator.cluster.guests.values()}


@pytest.fixture
def snapshots(lab, guest):
    """A guest with the snapshots `a`, `b` and `c`."""
    web = guest(running=False)
    for name in "abc":
        lab.ask_as_person("snapshot_guest", {"vmid": web.vmid, "snapname": f"snap-{name}"})
    return web


def test_an_approved_plan_stands_while_another_of_the_same_guest_is_applied(lab, snapshots):
    deletes = [{"vmid": snapshots.vmid, "snapname": f"snap-{name}"} for name in "ab"]
    held = [lab.ask("delete_snapshot", arguments) for arguments in deletes]
    for plan in held:
        lab.approve(plan)

    again = lab.ask("delete_snapshot", deletes[0])
    applied = lab.ask("apply_plan", {"plan_id": held[1].plan.id})

    assert [result.status for result in (*held, again, applied)] == ["held", "held", "ok", "ok"]
    assert applied.plan.digest == held[1].plan.digest
    assert [*snapshots.snapshots] == ["snap-c"]


@pytest.mark.thorough
def test_plans_to_make_guests_get_ids_of_their_own_and_keep_them(lab, simulator, template):
    plans = [
        lab.ask("clone_guest", {"vmid": template.vmid, "new_name": name, "check": True}) for name in ("p1", "p2", "p1")
    ]
    first, second, same = ([step["params"]["newid"] for step in result.plan.steps] for result in plans)
    assert (first == same, first == second) == (True, False)

    done = [lab.ask_as_person("apply_plan", {"plan_id": plans[number].plan.id}) for number in (1, 0)]

    assert [result.status for result in done] == ["ok", "ok"]
    assert [simulator.cluster.guests[vmid].name for vmid in (*first, *second)] == ["p1", "p2"]


@pytest.mark.thorough
def test_a_plan_that_stands_no_more_says_why(lab, guest):
    web = guest(running=False)
    wish = {"vmid": web.vmid, "memory": 8192}
    planned = lab.ask_as_person("resize_guest", {**wish, "check": True})
    lab.ask_as_person("set_guest_tags", {"vmid": web.vmid, "add_tags": ["harmless"]})
    still = lab.ask_as_person("resize_guest", {**wish, "check": True})
    lab.ask_as_person("resize_guest", {"vmid": web.vmid, "memory": 3072})

    result = lab.ask_as_person("apply_plan", {"plan_id": planned.plan.id})

    assert still.plan.digest == planned.plan.digest
    assert (result.failure.code, result.changed) == ("drifted", False)
    assert "memory was" in result.failure.message
    assert "is 3072" in result.failure.message


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("tool", "wish", "changes"),
    [
        pytest.param("resize_guest", {"cores": 3, "sockets": 4}, {"sockets": "2"}, id="what the plan was made from"),
        pytest.param("snapshot_guest", {"snapname": "before"}, {"tags": "other"}, id="what the policy judged"),
        pytest.param("start_guest", {}, {"description": "other"}, id="the guest's configuration"),
    ],
)
def test_what_somebody_else_changes_just_then_is_planned_anew(lab, guest, tool, wish, changes):
    """Nobody has seen the plan, so there is nothing that could have drifted."""
    off = guest(running=False)

    def change(line):
        if line.startswith("Applying"):
            off.config.update(changes)

    result = lab.ask_as_person(tool, {"vmid": off.vmid, **wish}, progress=change)

    assert (result.status, result.changed) == ("ok", True)
    (folder,) = lab.state_dir.glob(f"*/{result.run_id}")
    assert sorted(path.name for path in (folder / "replaced").iterdir()) == ["1-apply", "1-plan"]
    trace = [(entry["phase"], entry["method"]) for entry in read_api_trace(folder) if entry["method"] != "GET"]
    assert len(trace) == len(result.plan.steps) + (tool == "snapshot_guest")
    assert lab.bridge.ledger.verify().faults == []


@pytest.mark.thorough
def test_a_call_that_takes_long_is_answered_and_goes_on(converse, env, simulator, guest):
    env["PLAYVISOR_ANSWER_SECONDS"] = "0.1"
    simulator.world.settings.task_seconds = 2.0
    off = guest(running=False)

    async def steps(client):
        async def call(tool, **arguments):
            return (await client.call_tool(tool, arguments)).structured_content

        first = await call("start_guest", vmid=off.vmid)
        found = await call("wait_run", run_id=first["run_id"], timeout=60)
        while found["status"] == "running":
            found = await call("wait_run", run_id=first["run_id"], timeout=60)
        return first, found

    first, found = converse(steps)

    assert first["status"] == "running"
    assert (found["run"]["outcome"], off.running) == ("ok", True)


@pytest.mark.thorough
def test_a_run_that_was_answered_early_can_be_cancelled(lab, guest, simulator):
    simulator.world.settings.task_seconds = 60.0
    request = Request("start_guest", {"vmid": guest(running=False).vmid}, "apply", make_person("pytest"))
    first = lab.bridge.call(replace(request, answer_seconds=0.0), print, threading.Event())

    assert (first.status, lab.bridge.has_runs) == ("running", True)
    ended = lab.ask_as_person("cancel_run", {"run_id": first.run_id, "stop_tasks": True})
    assert ended.data["run"]["outcome"] == "cancelled"
    assert not lab.bridge.has_runs


@pytest.mark.thorough
def test_a_run_that_was_answered_early_goes_on_when_its_client_leaves(env, simulator, guest, ledger):
    simulator.world.settings.task_seconds = 2.0
    off = guest(running=False)
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "model", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"name": "start_guest", "arguments": {"vmid": off.vmid}, "_meta": meta}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    command, changed = ["playvisor", "mcp", "--mode", "apply"], {**env, "PLAYVISOR_ANSWER_SECONDS": "0.1"}
    with subprocess.Popen(command, env=changed, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        server.stdin.write(f"{json.dumps(call)}\n")
        server.stdin.flush()
        answer = next(found for found in map(json.loads, server.stdout) if found.get("id") == 1)
        server.stdin.close()
        assert server.wait(60) == 0

    run = answer["result"]["structuredContent"]
    assert run["status"] == "running"
    assert (ledger.find(run["run_id"]).outcome, off.running) == ("ok", True)


@pytest.mark.thorough
def test_an_approval_of_what_has_changed_since_is_told_as_that(lab, snapshots):
    wish = {"vmid": snapshots.vmid, "snapname": "snap-a"}
    held = lab.ask("delete_snapshot", wish)
    lab.approve(held)
    path = f"/nodes/{snapshots.node}/qemu/{snapshots.vmid}/snapshot/snap-a/config"
    lab.send("PUT", path, description="keep this one")

    again = lab.ask("delete_snapshot", wish)

    assert again.status == "held"
    assert f"Plan {held.plan.id[:8]} of this call was approved, but" in again.failure.message
    assert "keep this one" in again.failure.message
