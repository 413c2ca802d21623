"""Guests with any options that the API has, however odd, are imported without a change, and nothing of them is lost."""

from __future__ import annotations

from functools import partial

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.compose import compose
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.document import Document, read_document
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.forecast import ForecastClient
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.report import build_result
from ansible_collections.playvisor.proxmox.plugins.module_utils._observe.observation import Wish, observe_cluster
from generated_guests import build_guests
from simulated import make_client

from playvisor.fleet.adopt.adoption import adopt_cluster
from playvisor.fleet.adopt.observed import read_observation
from playvisor.fleet.adopt.proof import prove_fixed_point
from pve_simulator import Simulator

SEEDS = range(10)
GUESTS = 30


def report(client, fleet, only):
    document = read_document(fleet)
    return build_result(document, compose(ForecastClient(client), document, Document("last"), only=only))["objects"]


def adopt(seed, count, folder):
    """Import generated guests, which is proven to be a fixed point; the guests, and what is not managed of them."""
    cluster = build_guests(seed, count)
    with Simulator(cluster, resources_lag=0) as simulator:
        client = make_client(simulator)
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
    assert adopt("sample", 12, tmp_path) == []


@pytest.mark.thorough
@pytest.mark.parametrize("seed", SEEDS)
def test_many_generated_guests_are_taken_over_without_a_change(seed, tmp_path):
    print(f"the guests of seed {seed}")
    assert adopt(seed, GUESTS, tmp_path) == []
