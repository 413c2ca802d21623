"""Every scenario of every module on a live cluster: check equals apply, and a second apply changes nothing."""

from __future__ import annotations

import pytest
from scenarios import Place, all_scenarios
from scenarios.running import attempt, clear, complaints, prepare

# Where they will run is not known yet, only what they are called.
NAMES = [(one.module, one.name) for one in all_scenarios(Place(node="node", storage="storage", bridge="bridge"))]


@pytest.mark.cluster
@pytest.mark.parametrize(("module", "name"), NAMES, ids=[f"{module}: {name}" for module, name in NAMES])
def test_apply_does_the_plan_once(found, client, connection_env, could_not, module, name):
    # Each scenario uses the ids of the one before: the cluster's list shows for 10 s who had them then.
    place = found.place
    scenario = next(one for one in all_scenarios(place) if (one.module, one.name) == (module, name))
    lacking = sorted(place.lacking(scenario))
    if lacking:
        could_not(f"{module}: {name}", "; ".join(found.reasons.get(need, f"it lacks {need}") for need in lacking))
    try:
        situation = prepare(client, scenario)

        trial = attempt(situation, connection_env)

        assert complaints(place, situation, trial) == []
    finally:
        clear(client, place, scenario)
