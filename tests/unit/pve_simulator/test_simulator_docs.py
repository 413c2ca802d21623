"""The guide says of the simulator what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from pve_simulator.clusters.seed import cluster_from_data
from pve_simulator.requests.coverage import list_endpoints, list_simulated, update_table
from pve_simulator.server.control import _CONTROLS
from pve_simulator.world.faults import REQUEST_ACTIONS, TASK_ACTIONS

GUIDE = Path(__file__).parents[3] / "docs" / "simulator.md"
TEXT = GUIDE.read_text(encoding="utf-8") if GUIDE.exists() else ""

pytestmark = pytest.mark.skipif(not TEXT, reason="there is no guide beside these tests")


def test_the_guide_lists_what_is_not_simulated():
    assert update_table(TEXT) == TEXT, "run python -m pve_simulator.requests.coverage --write docs/simulator.md"


def test_every_handler_is_of_an_endpoint_that_there_is():
    assert len(list_simulated()) > 500
    assert list_simulated() <= list_endpoints()


@pytest.mark.parametrize("action", sorted(REQUEST_ACTIONS | TASK_ACTIONS))
def test_every_fault_is_explained(action):
    assert f"| `{action}`" in TEXT


def test_every_control_is_listed():
    listed = re.findall(r"^\| `([A-Z ]+) (/sim\S*)`", TEXT, re.MULTILINE)
    named = {(method, path) for methods, path in listed for method in methods.split()}

    assert named == set(_CONTROLS)


def test_the_example_of_a_seed_loads():
    example = re.search(r"```yaml\n(.*?)```", TEXT, re.DOTALL)

    cluster = cluster_from_data(yaml.safe_load(example[1]))

    assert [guest.name for guest in cluster.guests.values()] == ["web-01", "deaf", "db", "ct-01"]
    assert cluster.access.users["ann@pve"].tokens["ops"].secret.startswith("1111")
