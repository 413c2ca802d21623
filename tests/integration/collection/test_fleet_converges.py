"""Fleets that chance made: an apply that is killed anywhere leaves what the next one brings to its end."""

from __future__ import annotations

import threading
import time
from random import Random

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.apply import Pace, apply_units, confirm_units
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.compose import compose
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.document import Document, read_document
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.forecast import ForecastClient
from generated_fleets import build_world, change_fleet, make_fleet
from simulated import make_client

from pve_simulator import Simulator

FLEETS = 200
# What runs with the other tests is a sample.
SAMPLE = (13,)
NOTHING = Document("")


class Killed(BaseException):
    """The process ends here."""


class MortalClient(Client):
    """A client whose process is killed at a request that changes something: before it is sent, or before its answer."""

    def __init__(self, connection, fatal, *, is_sent):
        super().__init__(connection)
        self._left, self._is_sent = fatal, is_sent
        self._lock = threading.Lock()

    def request(self, method, path, params=None, file=None):
        with self._lock:
            self._left -= method != "GET"
            left = self._left
        if left == 0 and self._is_sent and method != "GET":
            super().request(method, path, params, file)
        if left <= 0:
            raise Killed
        return super().request(method, path, params, file)


def plan(client, fleet, last=NOTHING):
    world = ForecastClient(client)
    return confirm_units(world, compose(world, read_document(fleet), last))


def apply(client, states, fleet):
    settings = fleet.get("settings") or {}
    pace = Pace(settings.get("serial"), settings.get("max_unavailable"), len(fleet["guests"]))
    apply_units(client, states, pace, {"throttle": 3, "timeout": 30}, lambda: ForecastClient(client))


def list_requests(states):
    return [
        f"{unit_id}: {step.method} {step.path} {step.why}"
        for unit_id, state in states.items()
        for step in (state.outcome.plan.steps if state.outcome.plan else ())
    ]


def require_success(states):
    problems = {
        unit_id: state.skipped or f"{state.outcome.failure}"
        for unit_id, state in states.items()
        if state.skipped or state.outcome.failure
    }
    assert not problems, problems


def converge(seed):
    """Kill the apply of a fleet, and of what it was changed to, and see that the next ones finish it."""
    random = Random(seed)
    fleet = make_fleet(random)
    # A round of the HA manager takes ten seconds otherwise, which a fleet that starts such guests waits for.
    with Simulator(build_world(random), task_seconds=random.choice([0.0, 0.02]), ha_delay=0.5) as simulator:
        client = make_client(simulator)
        kill(simulator, random, plan(client, fleet), fleet)
        finish(client, fleet, NOTHING)
        last, fleet = read_document(fleet), change_fleet(random, fleet)
        kill(simulator, random, plan(client, fleet, last), fleet)
        finish(client, fleet, last)


def kill(simulator, random, states, fleet):
    require_success(states)
    connection = make_client(simulator).connection
    fatal = random.randint(1, max(len(list_requests(states)), 1))
    try:
        apply(MortalClient(connection, fatal, is_sent=random.random() < 0.5), states, fleet)
    except Killed:
        wait_for_tasks(simulator)
    else:
        require_success(states)


def wait_for_tasks(simulator):
    """Tasks go on without the process that started them."""
    deadline = time.monotonic() + 30
    while any(task.running for task in simulator.world.tasks.list_all()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def finish(client, fleet, last):
    states = plan(client, fleet, last)
    require_success(states)
    apply(client, states, fleet)
    require_success(states)
    requests = list_requests(plan(client, fleet, read_document(fleet)))
    assert not requests, requests


@pytest.mark.parametrize("seed", SAMPLE)
def test_a_fleet_whose_apply_was_killed_converges(seed):
    converge(seed)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(FLEETS))
def test_all_fleets_whose_apply_was_killed_converge(seed):
    print(f"the fleet of seed {seed}")
    converge(seed)
