"""Every scenario of every module on a live cluster: check equals apply, and a second apply changes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scenarios import Place, all_scenarios
from scenarios.running import attempt, clear, complaints, prepare

# Where they will run is not known yet, only what they are called.
NAMES = [(one.module, one.name) for one in all_scenarios(Place(node="node", storage="storage", bridge="bridge"))]
# So many ids has a scenario. The next one takes others, as the cluster's list shows what it knew of a guest for
# 10 s, also when another one has its id by then.
EACH = 10


def part_of(place: Place, number: int) -> Place:
    """The place with the ids that the scenario of this number may use."""
    parts = (place.last_vmid - place.first_vmid + 1) // EACH
    first = place.first_vmid + number % parts * EACH
    return replace(place, first_vmid=first, last_vmid=first + EACH - 1)


@pytest.mark.cluster
@pytest.mark.parametrize(("module", "name"), NAMES, ids=[f"{module}: {name}" for module, name in NAMES])
def test_the_plan_of_check_mode_is_what_becomes_of_it_and_a_second_apply_plans_nothing(
    found, client, connection_env, could_not, module, name
):
    place = part_of(found.place, NAMES.index((module, name)))
    scenario = next(one for one in all_scenarios(place) if (one.module, one.name) == (module, name))
    lacking = sorted(place.lacking(scenario))
    if lacking:
        could_not(f"{module}: {name}", "; ".join(found.reasons.get(need, f"it lacks {need}") for need in lacking))
    try:
        situation = prepare(client, scenario)

        trial = attempt(situation, connection_env)

        assert complaints(situation, trial) == []
    finally:
        clear(client, place, scenario)
