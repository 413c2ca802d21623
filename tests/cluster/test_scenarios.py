"""Every scenario of every module on a live cluster: check equals apply, and a second apply changes nothing."""

from __future__ import annotations

import pytest
from scenarios import Place, all_scenarios
from scenarios.refused import all_refusals
from scenarios.running import attempt, carry_out, clear, complaints, prepare, refuse

# Where they will run is not known yet, only what they are called.
SOMEWHERE = Place(node="node", storage="storage", bridge="bridge")
NAMES = [(one.module, one.name) for one in all_scenarios(SOMEWHERE)]
REFUSED = [one.name for one in all_refusals(SOMEWHERE)]


@pytest.mark.cluster
@pytest.mark.parametrize(("module", "name"), NAMES, ids=[f"{module}: {name}" for module, name in NAMES])
def test_apply_does_the_plan_once(found, client, connection_env, could_not, module, name):
    # Each scenario uses the ids of the one before: the cluster's list shows for 10 s who had them then.
    place = found.place
    scenario = next(one for one in all_scenarios(place) if (one.module, one.name) == (module, name))
    if lacking := place.lacking(scenario):
        could_not(f"{module}: {name}", lacking)
    try:
        situation = prepare(client, scenario)

        trial = attempt(situation, connection_env)

        assert complaints(place, situation, trial) == []
    finally:
        clear(client, place, scenario)


@pytest.mark.cluster
@pytest.mark.parametrize("name", REFUSED)
def test_check_mode_refuses_what_the_server_refuses(found, client, connection_env, could_not, name):
    place = found.place
    refusal = next(one for one in all_refusals(place) if one.name == name)
    if lacking := place.lacking(refusal):
        could_not(name, lacking)
    try:
        carry_out(client, refusal.prepare)

        assert refuse(client, refusal, connection_env) == []
    finally:
        clear(client, place, refusal)
