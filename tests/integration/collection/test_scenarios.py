"""Every scenario of every module on the simulator: check equals apply, and a second apply changes nothing."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from scenarios import all_scenarios
from scenarios.refused import all_refusals
from scenarios.running import MODULES, attempt, carry_out, complaints, prepare, refuse
from simulated import CLUSTER, PLACES, build

from mcp_bridge.policy.effects import find_row
from pve_simulator import Simulator

_SPEED = 100.0
SOURCES = Path(__file__).resolve().parents[3] / "plugins/modules"
EVERY = [
    # A fleet is much at once, and of the parts that the other modules show here.
    pytest.param(
        place,
        one,
        id=f"{name}: {one.module}: {one.name}",
        marks=[pytest.mark.thorough] if (name, one.module) == ("single", "pve_fleet") else [],
    )
    for name, place in PLACES.items()
    for one in all_scenarios(place)
    if not place.lacking(one)
]


@pytest.fixture
def simulator(place):
    # The clock is quick for what takes its time whatever the task, as the lock after a rollback with memory; the list
    # of all guests is not, so that no scenario passes because it was fresh by chance.
    simulator = Simulator(build(place), port=0, task_seconds=0.0, resources_lag=_SPEED)
    simulator.world.clock.set_speed(_SPEED)
    with simulator as running:
        yield running


def writes(simulator):
    return [(method, path) for method, path, _status in simulator.requests if method != "GET"]


@pytest.mark.parametrize(("place", "scenario"), EVERY)
def test_apply_sends_the_plan_once(simulator, client, connection_env, place, scenario):
    scenario = prepare(client, scenario)
    before = len(writes(simulator))

    trial = attempt(scenario, connection_env)

    assert complaints(place, scenario, trial) == []
    assert [step["path"] for step in trial.check["plan"]["steps"] if not find_row(step)] == [], "no row of effects"
    planned = [(step["method"], unquote(step["path"])) for step in trial.check["plan"]["steps"]]
    sent = writes(simulator)[before:]
    # Guests are worked on side by side, so only each guest's own order is a promise.
    assert sorted(sent[: len(planned)]) == sorted(planned)
    assert scenario.settles == (len(sent) == len(planned))


REFUSED = [
    pytest.param(place, one, id=f"{name}: {one.name}")
    for name, place in PLACES.items()
    for one in all_refusals(place)
    if not place.lacking(one)
]


@pytest.mark.parametrize(("place", "refusal"), REFUSED)
def test_check_mode_refuses_what_the_server_refuses(simulator, client, connection_env, place, refusal):
    carry_out(client, refusal.prepare)
    before = len(writes(simulator))
    asked = [refusal.call.path] if refusal.call else []

    assert refuse(client, refusal, connection_env) == []
    assert [unquote(path) for _method, path in writes(simulator)[before:]] == asked


CHANGING = sorted(
    path.stem
    for path in SOURCES.glob("pve_*.py")
    if any(runs in path.read_text(encoding="utf-8") for runs in ("run_plans(", "run_fleet("))
)


@pytest.mark.parametrize("module", CHANGING)
def test_every_state_of_every_module_has_a_scenario(module):
    documentation = yaml.safe_load(import_module(f"{MODULES}.{module}").DOCUMENTATION)
    scenarios = [one for one in all_scenarios(CLUSTER) if one.module == module]
    state = documentation["options"].get("state", {})
    shown = {one.options.get("state", state.get("default")) for one in scenarios}

    assert scenarios
    assert set(state.get("choices", [])) - shown == set(), "states without a scenario"
