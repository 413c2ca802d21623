"""Runs by id: started without waiting, followed, and cancelled, whichever process runs them."""

from __future__ import annotations

import pytest

from mcp_bridge.executor import processes

pytestmark = pytest.mark.flow


def called(client):
    async def call(name, **arguments):
        return (await client.call_tool(name, arguments)).structured_content

    return call


@pytest.fixture
def slow(simulator):
    """Makes tasks of Proxmox VE take minutes, or end."""

    def take(seconds=300.0):
        simulator.world.settings.task_seconds = seconds

    take()
    return take


@pytest.fixture
def background(converse, guest, slow):
    """A run that a client has started without waiting, and then has left."""
    off = guest(running=False)

    async def start(client):
        return await called(client)("start_guest", vmid=off.vmid, wait=False)

    return converse(start)


def test_a_run_goes_on_when_its_client_has_left_and_anybody_can_follow_it(
    background, simulator, converse, playvisor, ledger, eventually, slow
):
    assert (background["status"], background["changed"], len(background["plan"]["steps"])) == ("running", False, 1)
    run_id = background["run_id"]
    row = ledger.find(run_id)
    assert (row["outcome"], "wait" in row["arguments"]) == (None, False)
    eventually(lambda: any("/tasks/UPID" in request[1] for request in simulator.requests), "a look at its task")

    async def follow(client):
        call = called(client)
        return await call("get_run", run_id=run_id), await call("wait_run", run_id=run_id, timeout=1)

    shown, waited = converse(follow)
    running = shown["run"]["running"]
    assert running["phase"] == "applying"
    assert running["since"] >= row["opened_at"]
    assert running["said"]
    assert ["qmstart" in upid for upid in running["upids"]] == [True]
    assert waited["status"] == "running"

    slow(0.0)
    simulator.world.clock.set_speed(1000.0)
    done = playvisor("runs", "wait", run_id, "--json")

    assert (done.status, done.json["status"], done.json["run"]["outcome"]) == (0, "ok", "ok")
    assert done.json["run"]["changed"] is True
    assert ledger.verify().faults == []
