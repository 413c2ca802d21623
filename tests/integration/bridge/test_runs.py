"""Runs by id: started without waiting, followed, and cancelled, whichever process runs them."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import anyio
import pytest

from mcp_bridge.system import processes

pytestmark = pytest.mark.flow


def called(client):
    async def call(name, **arguments):
        return (await client.call_tool(name, arguments)).structured_content

    return call


@pytest.fixture
def slow(simulator):
    """Makes tasks of Proxmox VE take minutes."""
    simulator.world.settings.task_seconds = 300.0


@pytest.fixture
def background(converse, guest, slow):
    """A run that a client has started without waiting, and then has left."""
    off = guest(running=False)

    async def start(client):
        return await called(client)("start_guest", vmid=off.vmid, wait=False)

    return converse(start)


def test_a_run_goes_on_when_its_client_has_left_and_anybody_can_follow_it(
    background, simulator, converse, playvisor, ledger, eventually
):
    assert (background["status"], background["changed"], len(background["plan"]["steps"])) == ("running", False, 1)
    run_id = background["run_id"]
    row = ledger.find(run_id)
    process = Path(f"/proc/{row.pid}")
    assert (
        simulator.token_secret.encode() not in (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
    )
    assert (row.outcome, "wait" in row.arguments) == (None, False)
    eventually(lambda: any("/tasks/UPID" in request[1] for request in simulator.requests), "a look at its task")

    async def follow(client):
        call = called(client)
        return await call("get_run", run_id=run_id), await call("wait_run", run_id=run_id, timeout=1)

    shown, waited = converse(follow)
    running = shown["run"]["running"]
    assert running["phase"] == "applying"
    assert running["since"] >= row.opened_at
    assert running["said"]
    assert ["qmstart" in upid for upid in running["upids"]] == [True]
    assert waited["status"] == "running"

    simulator.advance(600.0)
    done = playvisor("runs", "wait", run_id, "--json")

    assert (done.status, done.json["status"], done.json["run"]["outcome"]) == (0, "ok", "ok")
    assert done.json["run"]["changed"] is True
    assert ledger.verify().faults == []


def test_a_cancelled_run_says_what_it_had_done_and_its_tasks_go_on(
    background, simulator, playvisor, ledger, eventually
):
    run_id = background["run_id"]
    eventually(lambda: any("/tasks/UPID" in request[1] for request in simulator.requests), "a look at its task")

    done = playvisor("runs", "cancel", run_id[:8], "--json")

    assert (done.status, done.json["run"]["outcome"]) == (0, "cancelled")
    row = ledger.find(run_id)
    (upid,) = row.upids
    assert row.changed is True
    assert f"was sent; its task still runs ({upid})" in row.summary
    assert "start of" in row.summary
    assert processes.find_run_processes(ledger.folder(run_id)) == []
    assert [task.running for task in simulator.world.tasks.list_running()] == [True]
    assert "has not ended" not in done.json["summary"]
    again = playvisor("runs", "cancel", run_id, "--json")
    assert (again.status, again.json["run"]["outcome"]) == (0, "cancelled")
    assert ledger.verify().faults == []


def test_a_run_is_cancelled_with_its_tasks_and_nobody_elses(
    background, simulator, converse, guest, ledger, eventually, writes, playvisor
):
    run_id = background["run_id"]
    eventually(lambda: any("/tasks/UPID" in request[1] for request in simulator.requests), "a look at its task")
    web = guest(running=True)
    other = playvisor("call", "reboot_guest", f"vmid={web.vmid}", "wait=false", "--json").json
    eventually(lambda: len(simulator.world.tasks.list_running()) == 2, "the other's task")

    async def cancel(client):
        call = called(client)
        return await call("cancel_run", run_id=other["run_id"]), await call(
            "cancel_run", run_id=run_id, stop_tasks=True
        )

    refused, done = converse(cancel)

    assert (refused["status"], refused["failure"]["code"]) == ("refused", "refused")
    assert done["run"]["outcome"] == "cancelled"
    (upid,) = ledger.find(run_id).upids
    assert "its task ended received interrupt" in done["run"]["summary"]
    assert [path for method, path in writes() if method == "DELETE"] == [f"/nodes/{upid.split(':')[1]}/tasks/{upid}"]
    assert len(simulator.world.tasks.list_running()) == 1
    assert ledger.find(other["run_id"]).outcome is None
    playvisor("runs", "cancel", other["run_id"], "--stop-tasks")
    assert simulator.world.tasks.list_running() == []
    assert ledger.verify().faults == []


def test_what_policy_holds_is_not_in_the_background(converse, guest, writes, slow):
    async def stop(client):
        return await called(client)("stop_guest", vmid=guest(running=True).vmid, wait=False)

    assert converse(stop, user=None)["status"] == "held"
    assert writes() == []


def test_wrong_arguments_and_unknown_runs_are_told(converse):
    async def steps(client):
        call = called(client)
        return [
            await call("start_guest", vmid=101, wait="no"),
            await call("list_guests", wait=False),
            await call("wait_run", run_id="ffffffff"),
            await call("cancel_run", run_id="ffffffff"),
        ]

    codes = [result["failure"]["code"] for result in converse(steps)]
    assert codes == ["invalid_parameter", "invalid_parameter", "not_found", "not_found"]


def test_a_freeze_keeps_tasks_from_being_stopped_but_not_the_run(background, playvisor, writes, eventually):
    eventually(writes, "the request of the run")
    playvisor("freeze", "incident 42")

    refused = playvisor("runs", "cancel", background["run_id"], "--stop-tasks", "--json")
    assert (refused.status, refused.json["failure"]["code"]) == (3, "frozen")
    done = playvisor("runs", "cancel", background["run_id"], "--json")

    assert done.json["run"]["outcome"] == "cancelled"
    assert [method for method, _path in writes() if method == "DELETE"] == []


def test_progress_has_the_lines_of_the_tasks_own_log(converse, simulator, guest, slow):
    off, told = guest(running=False), []

    async def on_progress(_progress, _total, message):
        told.append(message)
        if "vzdump" in message:
            await anyio.to_thread.run_sync(simulator.advance, 6000.0)

    async def back_up(client):
        asked = {"vmid": off.vmid, "storage": "local"}
        with anyio.fail_after(60):
            return (await client.call_tool("backup_guest", asked, progress_callback=on_progress)).structured_content

    done = converse(back_up)

    assert done["status"] == "ok"
    assert [line for line in told if line.startswith(f"Applying: vzdump {off.vmid}: INFO:")]


@pytest.mark.thorough
@pytest.mark.parametrize("protocol", [pytest.param("legacy", marks=pytest.mark.thorough), "auto"])
def test_an_approved_plan_goes_on_in_the_background(converse, guest, slow, protocol, playvisor):
    web = guest(running=True)

    async def stop(client):
        return await called(client)("stop_guest", vmid=web.vmid, wait=False)

    done = converse(stop, protocol=protocol)

    assert done["status"] == "running"
    assert playvisor("runs", "cancel", done["run_id"]).status == 0


@pytest.mark.thorough
def test_a_kept_plan_is_applied_in_the_background(converse, guest, slow, ledger, playvisor, eventually):
    off = guest(running=False)

    async def plan_and_apply(client):
        call = called(client)
        planned = await call("start_guest", vmid=off.vmid, check=True)
        return await call("apply_plan", plan_id=planned["plan"]["id"], wait=False)

    done = converse(plan_and_apply)

    assert (done["status"], done["tool"]) == ("running", "start_guest")
    plan_id = ledger.recent(2)[1].run_id
    used_by = eventually(lambda: ledger.plans.find(plan_id).used_by, "its first request, which uses the plan up")
    assert used_by == done["run_id"]
    assert playvisor("runs", "cancel", done["run_id"]).status == 0


def test_a_server_follows_up_by_itself_what_was_left_open(background, converse, ledger, eventually, simulator):
    row = ledger.find(background["run_id"])
    eventually(lambda: any("/tasks/UPID" in request[1] for request in simulator.requests), "a look at its task")
    os.kill(row.pid, signal.SIGKILL)
    eventually(lambda: not processes.read_start_time(row.pid), "its end")

    async def look(client):
        await called(client)("list_nodes")
        await anyio.to_thread.run_sync(
            lambda: eventually(lambda: ledger.recent(tool="follow_up", outcome="failed"), "it")
        )

    converse(look)

    assert ledger.find(row.run_id).outcome == "interrupted"
    assert "its task still runs" in ledger.recent(tool="follow_up")[0].summary
