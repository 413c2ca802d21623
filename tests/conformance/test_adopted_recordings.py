"""Every configuration of a guest that a real server has shown becomes an entry of a fleet that changes nothing."""

from __future__ import annotations

import json
import re
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
from simulated import SINGLE, build, make_client

from playvisor.fleet.adopt.adoption import adopt_cluster
from playvisor.fleet.adopt.observed import read_observation
from playvisor.fleet.adopt.proof import prove_fixed_point
from pve_simulator import Simulator
from pve_simulator.clusters.model import complete_guest
from pve_simulator.replay.recording import load_recording
from pve_simulator.state.guest import Guest

_CONFIG = re.compile(r".*/(qemu|lxc)/(\d+)/config")
_FIRST_VMID = 20000


def find_configs(recordings):
    """The different configurations of the recordings, with type and vmid of the guest."""
    found = {}
    for file in sorted(recordings.glob("traces/*.json")):
        for exchange in load_recording(file):
            match = _CONFIG.fullmatch(exchange.path)
            if match and exchange.method == "GET" and exchange.status == 200 and exchange.data:
                config = {key: value for key, value in exchange.data.items() if key != "digest"}
                found[json.dumps([match[1], match[2], config], sort_keys=True)] = (match[1], match[2], config)
    return list(found.values())


def make_guest(kind, vmid, config, number):
    """The guest of a configuration, with an id, a name and volumes of its own."""
    texts = {
        key: str(value).replace(f"-{vmid}-", f"-{number}-").replace(f":{vmid}/", f":{number}/")
        for key, value in config.items()
    }
    texts["name" if kind == "qemu" else "hostname"] = f"guest-{number}"
    return Guest(number, kind, SINGLE.node, texts)


@pytest.mark.thorough
def test_recorded_guests_are_taken_over_without_a_change(recordings, tmp_path):
    cluster = build(SINGLE)
    configs = find_configs(recordings)
    for number, (kind, vmid, config) in enumerate(configs, _FIRST_VMID):
        cluster.guests[number] = make_guest(kind, vmid, config, number)
        complete_guest(cluster, cluster.guests[number])

    def report(client, fleet, only):
        document = select_objects(read_document(fleet), only)
        return build_result(document, compose(ForecastClient(client), document, Document("last")))["objects"]

    with Simulator(cluster, resources_lag=0) as simulator:
        client = make_client(simulator)
        seen = observe_cluster(client, Wish())
        file = tmp_path / "observed.jsonl"
        file.write_text("".join(seen.lines.render(seen.header)))
        observed = read_observation(file)
        adoption = adopt_cluster(observed, observed.list_guests())
        proven, _texts = prove_fixed_point(adoption, tmp_path / "fleet", partial(report, client))
    assert len(proven.guests) == len(configs) > 50
    assert not any("not managed" in phrase for phrases in proven.notes.values() for phrase in phrases)
