"""What drifts of each kind of object of a fleet is found, whatever else has drifted, and told with who did it."""

from __future__ import annotations

import threading

import pytest

from mcp_bridge.run import Request
from mcp_bridge.run.sync import Manner, sync_history
from pve_simulator import Simulator, build_cluster

pytestmark = [pytest.mark.flow, pytest.mark.thorough]

SHOP = {
    "fleet": "shop",
    "guests": {
        "web-01": {
            "description": "Front page",
            "nics": [{"slot": "net0", "bridge": "vmbr0"}],
            "firewall": {
                "options": {"enable": True},
                "rules": [{"key": "ssh", "type": "in", "action": "ACCEPT", "proto": "tcp", "dport": "22"}],
            },
            "ha": {"max_restart": 2},
        }
    },
    "pools": {"shop": {"comment": "ours", "vmids": [101], "move": True}, "gone": {"comment": "x"}},
    "storages": {"extra": {"type": "dir", "path": "/mnt/extra", "content": ["backup"]}},
    "backup_jobs": {
        "nightly": {"schedule": "02:00", "vmids": [101], "storage": "extra", "retention": {"last": 3}},
    },
    "ha_rules": {"apart": {"guests": {"vmids": [101]}, "nodes": ["pve1"]}},
    "firewall": {
        "cluster": {"options": {"policy_in": "DROP"}, "aliases": [{"name": "office", "cidr": "10.0.0.0/24"}]},
        "nodes": {"pve1": {"options": {"log_level_in": "info"}}},
        "groups": {"web": {"rules": [{"key": "h", "type": "in", "action": "ACCEPT", "proto": "tcp", "dport": "80"}]}},
    },
    "access": {
        "roles": [{"role": "Shop", "privileges": ["VM.Audit"]}],
        "groups": [{"group": "shops", "comment": "g"}],
        "users": [{"user": "al.ice@pve", "comment": "A"}],
        "acls": [{"path": "/vms/101", "user": "al.ice@pve", "roles": ["Shop"]}],
    },
}
# What somebody else does, and the field of the fleet that it is.
CHANGES = {
    "guests.web-01.description": ("/nodes/pve1/qemu/101/config", {"description": "theirs"}),
    "guests.web-01.nics.net0.bridge": (
        "/nodes/pve1/qemu/101/config",
        {"net0": "virtio=BC:24:11:00:00:01,bridge=vmbr1"},
    ),
    "guests.web-01.firewall.options.enable": ("/nodes/pve1/qemu/101/firewall/options", {"enable": 0}),
    "guests.web-01.firewall.rules": ("/nodes/pve1/qemu/101/firewall/rules/0", {"dport": "23"}),
    "guests.web-01.ha.max_restart": ("/cluster/ha/resources/vm:101", {"max_restart": 5}),
    "pools.shop.comment": ("/pools", {"poolid": "shop", "comment": "theirs"}),
    "pools.shop.vmids": ("/pools", {"poolid": "shop", "vms": "101", "delete": 1}),
    "storages.extra.content": ("/storage/extra", {"content": "iso"}),
    "backup_jobs.nightly.schedule": ("/cluster/backup/nightly", {"schedule": "03:00"}),
    "backup_jobs.nightly.retention": ("/cluster/backup/nightly", {"prune-backups": "keep-last=9"}),
    "ha_rules.apart.nodes": ("/cluster/ha/rules/apart", {"type": "node-affinity", "nodes": "pve2"}),
    "firewall.cluster.options.policy_in": ("/cluster/firewall/options", {"policy_in": "ACCEPT"}),
    "firewall.cluster.aliases": ("/cluster/firewall/aliases/office", {"cidr": "10.9.0.0/24"}),
    "firewall.nodes.pve1.options.log_level_in": ("/nodes/pve1/firewall/options", {"log_level_in": "debug"}),
    "firewall.groups.web.rules": ("/cluster/firewall/groups/web/0", {"dport": "81"}),
    "access.roles.Shop.privileges": ("/access/roles/Shop", {"privs": "VM.Audit,VM.Console"}),
    "access.groups.shops.comment": ("/access/groups/shops", {"comment": "theirs"}),
    'access.users."al.ice@pve".comment': ("/access/users/al.ice@pve", {"comment": "theirs"}),
}


@pytest.fixture
def simulator():
    """A cluster whose lists are as fresh as can be."""
    with Simulator(build_cluster(nodes=2, guests=8), port=0, task_seconds=0.0, resources_lag=0.0) as running:
        yield running


def apply(lab, fleet):
    planned = lab.ask_as_person("plan_fleet", {"fleet": fleet})
    applied = lab.ask_as_person("apply_plan", {"plan_id": planned.plan.id})
    assert (applied.status, applied.failure) == ("ok", None)
    return applied


def look(lab):
    manner = Manner(all_parts=True, rounds=3)
    sync_history(lab.bridge, Request("", {}, "read"), lambda _line: None, threading.Event(), manner)


def test_drift_of_every_kind_is_told_with_who_did_it(lab):
    applied = apply(lab, SHOP)
    look(lab)
    for path, params in CHANGES.values():
        lab.send("PUT", path, **params)
    lab.send("DELETE", "/pools/gone")

    before = len(lab.simulator.requests)
    found = lab.ask("fleet_drift", {"fleet": "shop"})
    asked = {path for _method, path, _status in lab.simulator.requests[before:]}

    told = {one["path"]: one.get("by") for row in found.data["objects"] for one in row["changes"]}
    assert told.keys() == {*CHANGES, "pools.gone.state", "pools.gone.comment"}
    # None of this leaves a task, and the apply itself, some seconds before, is not who did it.
    assert {by and by["source"] for by in told.values()} == {"outside"}
    assert not any(by.get("run_id") == applied.run_id for by in told.values())
    # It looked at what is concerned, and at nothing else.
    assert {path.split("/")[4] for path in asked if path.endswith("/pending")} == {"101"}
    assert not any("/sdn" in path or "/mapping" in path or path.endswith("/network") for path in asked)


def test_of_an_apply_and_a_task_between_two_looks_the_task_is_told(lab):
    look(lab)
    fleet = {"fleet": "shop", "guests": {"web-01": {"memory": 4096}}}
    applied = apply(lab, fleet)
    upid = lab.send("POST", "/nodes/pve1/qemu/101/config", memory="6144")

    planned = lab.ask_as_person("plan_fleet", {"fleet": fleet})

    (conflict,) = planned.data["conflicts"]
    assert (conflict["by"]["source"], conflict["by"]["upid"]) == ("task", upid)
    assert upid not in applied.upids
    # What was not looked at waits for its turn, and is not lost.
    later = lab.ask_as_person("fleet_drift", {})
    assert later.data["objects"][0]["changes"][0]["by"]["upid"] == upid
