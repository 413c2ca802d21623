"""The life of a fleet, as it is lived on a live cluster by `make test-cluster`, on simulated ones."""

from __future__ import annotations

import pytest
from scenarios.fleet_life import User, live, live_with_shapes
from scenarios.shapes import list_shapes, split
from simulated import PLACES, build, make_client

from pve_simulator import Simulator

pytestmark = [pytest.mark.flow, pytest.mark.thorough]


@pytest.fixture(params=list(PLACES))
def place(request):
    return PLACES[request.param]


@pytest.fixture
def simulator(place):
    # The list of all guests is ten seconds old, as that of a real cluster.
    simulator = Simulator(build(place), port=0, task_seconds=0.0)
    with simulator as running:
        yield running


@pytest.fixture
def user(place, simulator, playvisor, tmp_path):
    return User(place, make_client(simulator), tmp_path, playvisor)


@pytest.mark.parametrize("place", ["cluster"], indirect=True)
def test_a_fleet_lives_by_changes_of_each_consequence(user, simulator):
    before = set(simulator.cluster.guests)

    live(user)

    assert set(simulator.cluster.guests) == before


@pytest.mark.parametrize("place", ["single"], indirect=True)
def test_guests_of_many_shapes_are_a_fleet(user, place, simulator):
    shapes, before = list_shapes(place), set(simulator.cluster.guests)

    live_with_shapes(user, shapes)

    assert len(shapes) >= 25
    assert set(simulator.cluster.guests) == before


@pytest.mark.parametrize("size", [10, 100])
def test_shapes_come_in_batches_with_what_they_stand_on(place, size):
    shapes = list_shapes(place)
    batches = list(split(shapes, size))

    assert [one for batch in batches for one in batch] == shapes
    assert max(map(len, batches)) <= size
    assert not any(batch[0].stands_on_last for batch in batches)
