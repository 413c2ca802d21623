"""Ten jobs of an operator, done with the tools alone: what each takes is counted, and may not grow.

After a change that is meant: PLAYVISOR_UPDATE_SNAPSHOTS=1 pytest -m thorough tests/integration/bridge/test_jobs.py
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import anyio
import jobs
import pytest
import requests
from jobs.agent import Agent
from jobs.jobs import JOBS, find_guest
from jobs.numbers import load_numbers, write_numbers

from pve_simulator import Simulator, load_seed
from pve_simulator.state.guest import Snapshot

pytestmark = [pytest.mark.flow, pytest.mark.thorough]

WORLD = Path(jobs.__file__).with_name("world.yml")
TOKEN = "PVEAPIToken=bob@pve!own=11111111-2222-3333-4444-555555555555"
# Bytes that ids, times and names of folders may add.
SLACK = 100


@pytest.fixture
def simulator():
    """The cluster of the jobs, whose HA manager has not come by yet; one of its snapshots is two days old."""
    with Simulator(load_seed(WORLD), port=0, task_seconds=0.0, ha_delay=3600.0) as running:
        recent = {"snaptime": str(int(time.time()) - 2 * 86400), "parent": "monthly"}
        find_guest(running, "www-01").snapshots["before-upgrade"] = Snapshot(recent)
        yield running


@pytest.fixture
def env(env, tmp_path):
    """The environment of somebody who has a folder for the secrets of new tokens."""
    (tmp_path / ".config/playvisor/secrets").mkdir(parents=True, mode=0o700)
    return {**env, "HOME": str(tmp_path)}


@pytest.fixture
def yesterday(playvisor, env, simulator):
    """What was changed: www-01 was made smaller with Playvisor, and bob stopped app-01 without it."""
    changed = playvisor("guest", "resize", "www-01", "--memory", "2048", environment=env)
    assert changed.status == 0, changed.stderr
    guest = find_guest(simulator, "app-01")
    url = f"{simulator.url}/api2/json/nodes/{guest.node}/qemu/{guest.vmid}/status/stop"
    stopped = requests.post(url, headers={"Authorization": TOKEN}, verify=str(simulator.ca_path), timeout=30)
    assert stopped.status_code == 200


@pytest.mark.parametrize("name", JOBS)
def test_a_job_is_done_with_the_tools_alone(name, request, converse, playvisor, env, simulator):
    job = JOBS[name]
    if name == "undo":
        request.getfixturevalue("yesterday")
    agents = []

    async def approve(plan_id):
        command = ("approvals", "approve", plan_id, "--yes")
        done = await anyio.to_thread.run_sync(lambda: playvisor(*command, environment=env))
        assert done.status == 0, done.stderr

    async def steps(client):
        agents.append(Agent(client, approve))
        await job.do(agents[0])

    converse(steps, toolsets=job.toolsets, user=None)

    job.check(simulator)
    [agent] = agents
    assert {answer.tool: answer.missing_in_text for answer in agent.answers if answer.missing_in_text} == {}
    assert [answer for answer in agent.answers if answer.structured_bytes > 1.4 * answer.text_bytes + SLACK] == []
    if os.environ.get("PLAYVISOR_UPDATE_SNAPSHOTS"):
        write_numbers(name, agent.count(), agent.tools)
    ceiling, taken = load_numbers()[name], agent.count()
    assert agent.tools == ceiling["tools"]
    assert {kind: taken[kind] for kind in ("calls", "approvals")} == {
        kind: ceiling["now"][kind] for kind in ("calls", "approvals")
    }
    assert [kind for kind in ("text", "structured") if taken[kind] > ceiling["now"][kind] + SLACK] == []
