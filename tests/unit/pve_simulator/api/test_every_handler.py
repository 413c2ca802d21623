"""Every handler, with whatever the schema lets through: an answer, never a defect; and a state that can be saved."""

from __future__ import annotations

import asyncio
import json
import random
import re

import pytest

from pve_simulator import build_cluster
from pve_simulator.clusters.saving import world_to_data
from pve_simulator.clusters.seed import cluster_from_data
from pve_simulator.requests.coverage import list_simulated
from pve_simulator.schema import load_facts
from pve_simulator.server.driver import Driver
from pve_simulator.state.access import ROOT
from tests.unit.pve_simulator.api.valid_params import draw_params

# What makes a call go further than its checks; everything else is a guess.
KNOWN = {
    "archive": "local:backup/vzdump-qemu-101-2026_01_01-00_00_00.vma.zst",
    "bridge": "vmbr0",
    "cidr": "10.0.0.0/24",
    "data": "127.0.0.1 localhost",
    "delete": "description",
    "disk": "scsi0",
    "iface": "vmbr0",
    "map": "node=pve1,path=/tmp",
    "newid": "900",
    "net0": "virtio,bridge=vmbr0",
    "nodes": "pve1",
    "ostemplate": "local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst",
    "path": "/vms",
    "realm": "pam",
    "resources": "vm:101",
    "roles": "PVEAdmin",
    "rootfs": "local-lvm:1",
    "schedule": "daily",
    "scsi0": "local-lvm:1",
    "service": "pveproxy",
    "sid": "vm:101",
    "size": "+1G",
    "snapname": "snap1",
    "storage": "local",
    "subnet": "zone1-10.0.0.0-24",
    "target": "pve2",
    "timezone": "Europe/Vienna",
    "upid": "UPID:pve1:00000DE3:00074237:6B00E60C:qmcreate:195:root@pam:",
    "url": "http://example.com/a.iso",
    "userid": "ann@pve",
    "vms": "101",
    "volume": "local:iso/debian-13.1.0-amd64-netinst.iso",
    "zone": "zone1",
}
# Without root and its token nothing more could be asked.
SPARED = {("DELETE", "/access/users/{userid}"), ("DELETE", "/access/users/{userid}/token/{tokenid}")}


def fill_in(path):
    vmid = "104" if "/lxc/" in path else "101"
    known = {**KNOWN, "vmid": vmid, "node": "pve1"}
    return re.sub(r"{([^}]+)}", lambda match: known.get(match[1], "name1"), path)


async def ask(driver, endpoint, draw):
    path = fill_in(endpoint.path_template)
    match = load_facts().find(endpoint.method, path)
    params = (draw_params(endpoint, match.path_params, draw) if match else None) or {}
    named = {name.replace("_", "__").replace("-", "_"): value for name, value in params.items()}
    answer = await driver.call(endpoint.method, path, **named)
    exitstatus = None
    if isinstance(answer[2], dict) and str(answer[2].get("data")).startswith("UPID:"):
        exitstatus = await driver.finish(answer[2]["data"])
    keep_asking(driver.world.cluster)
    return [f"{text} {params}" for text in (answer[1], exitstatus) if text and "simulator defect" in text]


def keep_asking(cluster):
    """Let nothing that was asked stop whoever asks."""
    for node in cluster.nodes.values():
        node.online = True
    root = cluster.access.users[ROOT]
    root.enable, root.expire = True, 0
    for token in root.tokens.values():
        token.privsep, token.expire = False, 0


def list_endpoints():
    known = list_simulated() - SPARED
    found = [item for item in load_facts().endpoints() if (item.method, item.path_template) in known]
    return sorted(found, key=lambda item: (item.path_template, item.method))


@pytest.mark.parametrize("seed", [1, 2])
def test_no_call_meets_a_defect_and_the_state_survives_them_all(seed):
    draw = random.Random(seed)
    driver = Driver(build_cluster(nodes=3, guests=12))
    endpoints = list_endpoints()
    draw.shuffle(endpoints)
    defects = {}
    with asyncio.Runner() as runner:
        for endpoint in endpoints:
            found = runner.run(ask(driver, endpoint, draw))
            if found:
                defects[f"{endpoint.method} {endpoint.path_template}"] = found
        # A task that runs would not survive.
        runner.run(driver.clock.advance(7200))
        saved = json.loads(json.dumps(world_to_data(driver.world)))
    loaded = Driver(cluster_from_data(json.loads(json.dumps(saved))))

    assert defects == {}
    assert len(endpoints) > 500
    assert json.loads(json.dumps(world_to_data(loaded.world))) == saved


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(100, 120))
def test_no_valid_call_meets_a_defect_whatever_was_asked_before(seed):
    draw = random.Random(seed)
    driver = Driver(build_cluster(nodes=3, guests=12))
    defects = {}
    with asyncio.Runner() as runner:
        for _round in range(4):
            endpoints = list_endpoints()
            draw.shuffle(endpoints)
            for endpoint in endpoints:
                found = runner.run(ask(driver, endpoint, draw))
                if found:
                    defects[f"{endpoint.method} {endpoint.path_template}"] = found

    assert defects == {}
