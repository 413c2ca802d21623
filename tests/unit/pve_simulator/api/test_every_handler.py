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
    "subnet": "10.0.0.0/24",
    "target": "pve2",
    "timezone": "Europe/Vienna",
    "upid": "UPID:pve1:00000DE3:00074237:6B00E60C:qmcreate:195:root@pam:",
    "url": "http://example.com/a.iso",
    "userid": "ann@pve",
    "vms": "101",
    "volume": "local:iso/debian-13.1.0-amd64-netinst.iso",
    "zone": "zone1",
}
GUESSES = ("name1", "pve2", "local", "101", "a=b", "x,y", "10.0.0.9")
# Without root and its token nothing more could be asked.
SPARED = {("DELETE", "/access/users/{userid}"), ("DELETE", "/access/users/{userid}/token/{tokenid}")}


def fill_in(path):
    vmid = "104" if "/lxc/" in path else "101"
    known = {**KNOWN, "vmid": vmid, "node": "pve1"}
    return re.sub(r"{([^}]+)}", lambda match: known.get(match[1], "name1"), path)


def guess(name, schema, draw):
    if schema.enum:
        return draw.choice(list(schema.enum))
    if schema.type == "boolean":
        return draw.choice("01")
    if schema.type in ("integer", "number"):
        return str(draw.choice([1, 2, 5] if schema.minimum is None else [schema.minimum]))
    return KNOWN.get(name) or draw.choice(GUESSES)


async def ask(driver, endpoint, draw):
    properties = endpoint.parameters.properties or {}
    params = {}
    for name, schema in properties.items():
        wanted = not schema.optional or draw.random() < min(0.5, 3 / len(properties))
        if wanted and f"{{{name}}}" not in endpoint.path_template:
            params[name.replace("_", "__").replace("-", "_")] = guess(name, schema, draw)
    answer = await driver.call(endpoint.method, fill_in(endpoint.path_template), **params)
    exitstatus = None
    if isinstance(answer[2], dict) and str(answer[2].get("data")).startswith("UPID:"):
        exitstatus = await driver.finish(answer[2]["data"])
    for node in driver.world.cluster.nodes.values():
        node.online = True
    return [text for text in (answer[1], exitstatus) if text and "simulator defect" in text]


@pytest.mark.parametrize("seed", [1, 2])
def test_no_call_meets_a_defect_and_the_state_survives_them_all(seed):
    draw = random.Random(seed)
    driver = Driver(build_cluster(nodes=3, guests=12))
    endpoints = [
        item for item in load_facts().endpoints() if (item.method, item.path_template) in list_simulated() - SPARED
    ]
    endpoints.sort(key=lambda item: (item.path_template, item.method))
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
