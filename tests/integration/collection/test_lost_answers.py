"""Every scenario of every module, with the answer to each of its requests lost: the result says what is so.

What was done is never told as unchanged, and what was not done never as done.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import unquote

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._run import lost
from scenarios import all_scenarios
from scenarios.running import prepare, run_module
from simulated import CLUSTER, build, make_client

from pve_simulator import Simulator

_SPEED = 100.0


@dataclass(frozen=True)
class Loss:
    """What comes instead of an answer, how long tasks take, and whether the request is carried out."""

    fault: dict[str, Any]
    seconds: float
    is_done: bool


LOSSES = {
    "fast": Loss({"action": "lost"}, 0.0, is_done=True),
    "slow": Loss({"action": "lost"}, 10.0, is_done=True),
    "never": Loss({"action": "reset"}, 0.0, is_done=False),
    "refused": Loss({"action": "status", "status": 403}, 0.0, is_done=False),
}
# Other ways in which an answer is lost.
MORE_LOSSES = {
    "half": Loss({"action": "half"}, 10.0, is_done=True),
    "596": Loss({"action": "replaced", "status": 596}, 10.0, is_done=True),
    "595": Loss({"action": "replaced", "status": 595}, 10.0, is_done=True),
    "502": Loss({"action": "html"}, 0.0, is_done=False),
}
# What a fleet sends are the requests of the other modules; what counts is what stands on them.
FLEETS = {
    "machines are set up and started one after the other",
    "a linked and a full clone of a template that is there",
    "containers are restarted one after the other",
    "containers are stopped and started in their order",
    "guests come into pools, also from another one",
    "what somebody else has changed is taken back",
}
SCENARIOS = [
    one
    for one in all_scenarios(CLUSTER)
    if not CLUSTER.lacking(one) and (one.module != "pve_fleet" or one.name in FLEETS)
]
# One of each module.
SOME = {one.module: one for one in reversed(SCENARIOS)}
EVERY = [
    pytest.param(one, loss, id=f"{one.module}: {one.name}: {name}")
    for one in SCENARIOS
    for name, loss in {**LOSSES, **(MORE_LOSSES if one in SOME.values() else {})}.items()
]


@contextmanager
def simulated():
    simulator = Simulator(build(CLUSTER), port=0, task_seconds=0.0)
    simulator.world.clock.set_speed(_SPEED)
    with simulator as running:
        yield running


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(lost, "LATE_SECONDS", 0.2)


def lose(simulator, steps, index, fault):
    """Let the answer to the planned request number `index` be lost."""
    step = steps[index]
    before = sum(1 for one in steps[:index] if (one["method"], one["path"]) == (step["method"], step["path"]))
    place = {"path": f"^{re.escape(unquote(step['path']))}$", "method": step["method"], "after": before, "count": 1}
    simulator.inject(**fault, **place)


def count_sent(simulator, step):
    request = step["method"], unquote(step["path"])
    return sum(1 for method, path, _status in simulator.requests if (method, path) == request)


def check(simulator, scenario, loss, index):
    """Apply a scenario with the answer to one request lost; returns how many requests it has."""
    scenario = prepare(make_client(simulator), scenario)
    steps = run_module(scenario.module, scenario.options, simulator.environment, check=True)["plan"]["steps"]
    lose(simulator, steps, index, loss.fault)
    simulator.world.settings.task_seconds = loss.seconds
    before = count_sent(simulator, steps[index])

    result = run_module(scenario.module, scenario.options, simulator.environment)

    simulator.world.settings.task_seconds = 0.0
    same = sum(1 for step in steps if (step["method"], step["path"]) == (steps[index]["method"], steps[index]["path"]))
    assert 1 <= count_sent(simulator, steps[index]) - before <= same, "it was sent again"
    is_ok = not result.get("failed")
    if loss.is_done:
        assert result["changed"], result
        assert is_ok or result.get("unknown") or "was done" in result["msg"], result
        if is_ok and scenario.settles:
            again = run_module(scenario.module, scenario.options, simulator.environment, check=True)
            assert again["plan"]["steps"] == [], result
    else:
        assert not is_ok, result
        assert loss.fault["action"] == "status" or (result["changed"] and result["unknown"]), result
    return len(steps)


@pytest.mark.parametrize("scenario", [pytest.param(one, id=module) for module, one in sorted(SOME.items())])
def test_one_task_of_each_module(scenario):
    with simulated() as simulator:
        assert check(simulator, scenario, LOSSES["slow"], 0)


@pytest.mark.thorough
@pytest.mark.parametrize(("scenario", "loss"), EVERY)
def test_every_task_of_every_module(scenario, loss):
    for index in count():
        with simulated() as simulator:
            requests = check(simulator, scenario, loss, index)
        if index + 1 == requests:
            break
