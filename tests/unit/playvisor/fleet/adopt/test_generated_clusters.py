"""Guests and objects with any options of the API, however odd, are imported without a change; nothing is lost."""

from __future__ import annotations

from functools import partial

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.compose import compose
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.document import (
    Document,
    read_document,
    select_objects,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.forecast import ForecastClient
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.report import build_result
from ansible_collections.playvisor.proxmox.plugins.module_utils._observe.observation import Wish, observe_cluster
from generated_guests import build_guests
from generated_objects import list_requests
from simulated import make_client

from playvisor.fleet.adopt.adoption import adopt_cluster
from playvisor.fleet.adopt.observed import read_observation
from playvisor.fleet.adopt.proof import prove_fixed_point
from pve_simulator import Simulator, build_cluster

SEEDS = range(4)
GUESTS = 30
OBJECTS = 12


def report(client, fleet, only):
    document = select_objects(read_document(fleet), only)
    return build_result(document, compose(ForecastClient(client), document, Document("last")))["objects"]


def adopt(cluster, requests, folder):
    """Import a cluster after these requests, which is proven to change nothing; what is not managed of it."""
    with Simulator(cluster, resources_lag=0) as simulator:
        client = make_client(simulator)
        for method, path, params in requests:
            client.request(method, path, params)
        seen = observe_cluster(client, Wish())
        file = folder / "observed.jsonl"
        file.write_text("".join(seen.lines.render(seen.header)))
        observed = read_observation(file)
        adoption = adopt_cluster(observed, observed.list_guests())
        proven, _texts = prove_fixed_point(adoption, folder / "fleet", partial(report, client))
    phrases = [phrase for notes in proven.notes.values() for phrase in notes if phrase.startswith("not managed")]
    assert set(proven.guests) == {guest.name for guest in observed.list_guests()}
    return phrases


def test_generated_guests_are_taken_over_without_a_change(tmp_path):
    assert adopt(build_guests("sample", 12), (), tmp_path) == []


def test_what_is_generated_beside_guests_is_taken_over_without_a_change(tmp_path):
    assert adopt(build_cluster(nodes=2, guests=2), list_requests("sample", 3), tmp_path) == []


@pytest.mark.thorough
@pytest.mark.parametrize("seed", SEEDS)
def test_many_generated_guests_and_objects_are_taken_over_without_a_change(seed, tmp_path):
    print(f"the cluster of seed {seed}")
    assert adopt(build_guests(seed, GUESTS), list_requests(seed, OBJECTS), tmp_path) == []
