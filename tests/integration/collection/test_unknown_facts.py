"""A guest whose configuration can't be read, in each way in which a guest gets into a plan.

It fails alone and clearly; it is neither planned as a guest without tags, pool and protection, nor left out silently.
"""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.basic import AnsibleModule
from scenarios.running import nouns, run_module

from pve_simulator.state.node import Node

# 101 is the guest that can't be read; 106 is chosen together with it, except where many are.
SINGLE = {
    "state by vmid": ("pve_guest_state", {"vmid": 101, "state": "stopped"}),
    "state by name": ("pve_guest_state", {"name": "web-01", "state": "stopped"}),
    "migrate": ("pve_migrate", {"vmid": 101, "target": "pve2"}),
    "clone": ("pve_clone", {"vmid": 101, "new_name": "copy"}),
    "cloudinit": ("pve_cloudinit", {"vmid": 101, "user": "ops"}),
    "options": ("pve_guest", {"vmid": 101, "name": "web-01", "memory": 1024}),
    "delete": ("pve_guest", {"vmid": 101, "state": "absent", "force": True}),
    "exec": ("pve_guest_exec", {"vmid": 101, "command": ["true"]}),
    "backup": ("pve_backup", {"vmid": 101, "storage": "local"}),
    "snapshot": ("pve_snapshot", {"vmid": 101, "snapname": "a1"}),
    "firewall": ("pve_firewall", {"level": "guest", "vmid": 101, "options": {"enable": True}}),
    "ha": ("pve_ha", {"vmid": 101, "state": "present"}),
}
STOPPED = {"state": "stopped"}
BULK = {
    "tag": ("pve_guest_state", {"guests": {"tags": ["web"]}, **STOPPED}),
    "tag of many": ("pve_guest_state", {"guests": {"tags": ["many"]}, **STOPPED}),
    "tag and status": ("pve_guest_state", {"guests": {"tags": ["web"], "status": "running"}, **STOPPED}),
    "tag and type": ("pve_guest_state", {"guests": {"tags": ["web"], "type": "qemu"}, **STOPPED}),
    "pool": ("pve_guest_state", {"guests": {"pool": "lab"}, **STOPPED}),
    "glob": ("pve_guest_state", {"guests": {"names": ["web-*"]}, **STOPPED}),
    "every name": ("pve_guest_state", {"guests": {"names": ["*"]}, **STOPPED}),
    "vmids": ("pve_guest_state", {"guests": {"vmids": [101, 106]}, **STOPPED}),
    "ha": ("pve_ha", {"guests": {"tags": ["web"]}, "state": "present"}),
    "backup": ("pve_backup", {"guests": {"tags": ["web"]}, "storage": "local"}),
    "snapshot": ("pve_snapshot", {"guests": {"tags": ["web"]}, "snapname": "a1"}),
}
# What has a guest in it without reading it: its requests name the guest, by which policy finds it.
NAMED = {
    "pool": ("pve_pool", {"pool": "lab", "vmids": [101, 106, 107]}),
    "job": ("pve_backup_job", {"id": "nightly", "vmids": [101], "storage": "local", "schedule": "daily"}),
}
FAULTS = {
    "500": {"status": 500},
    "403": {"status": 403},
    "595": {"status": 595},
    "reset": {"action": "reset"},
}


@pytest.fixture
def unreadable(simulator, client, connection_env):
    """`unreadable(fault, module, options)`: the result in check mode."""
    for vmid, guest in simulator.cluster.guests.items():
        if guest.type == "qemu" and not guest.template:
            guest.config["tags"] = "many;web" if vmid in (101, 106) else "many"
    client.request("POST", "/pools", {"poolid": "lab"})
    client.request("PUT", "/pools", {"poolid": "lab", "vms": "101,106", "allow-move": 1})

    def run(fault, module, options):
        simulator.inject(path="/qemu/101/config$", method="GET", **fault)
        return run_module(module, options, connection_env, check=True)

    return run


def names_guest(step):
    return "/101/" in f"{step['path']}/" or "101" in json.dumps(step["params"])


def require_single_failure(result):
    assert result.get("failed"), result
    assert "/qemu/101/config" in result["msg"] or "Proxmox VE at" in result["msg"]
    assert [step for step in result.get("plan", {}).get("steps", []) if names_guest(step)] == []


def require_lonely_failure(result):
    require_single_failure(result)
    failures = {one["vmid"]: one["failure"] for one in nouns(result)}
    assert failures.pop(101)
    assert failures
    assert set(failures.values()) == {None}
    assert result["plan"]["steps"]


@pytest.mark.parametrize(("module", "options"), SINGLE.values(), ids=SINGLE)
def test_a_guest_that_can_not_be_read_is_not_planned(unreadable, module, options):
    require_single_failure(unreadable(FAULTS["500"], module, options))


@pytest.mark.parametrize(("module", "options"), BULK.values(), ids=BULK)
def test_one_of_several_that_can_not_be_read_fails_alone(unreadable, module, options):
    require_lonely_failure(unreadable(FAULTS["403"], module, options))


@pytest.mark.parametrize(("module", "options"), NAMED.values(), ids=NAMED)
def test_what_does_not_read_a_guest_names_it_in_its_requests(unreadable, module, options):
    result = unreadable(FAULTS["500"], module, options)

    assert any(map(names_guest, result["plan"]["steps"])) or module == "pve_pool"


@pytest.mark.thorough
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize(
    ("module", "options"), [*SINGLE.values(), *BULK.values()], ids=[*SINGLE, *map("bulk {}".format, BULK)]
)
def test_whatever_keeps_a_configuration_away(unreadable, fault, module, options):
    result = unreadable(fault, module, options)

    (require_lonely_failure if "guests" in options else require_single_failure)(result)


@pytest.mark.parametrize("criteria", [{"status": "running"}, {"names": ["web-*"]}, {"type": "qemu"}], ids=str)
def test_a_selection_says_which_guests_it_can_not_judge(simulator, connection_env, monkeypatch, criteria):
    # Where Ansible's controller is loaded, it prints each warning once and leaves it out of the result.
    told = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _module, warning, **_more: told.append(warning))
    simulator.cluster.guests[101].config["tags"] = simulator.cluster.guests[106].config["tags"] = "web"
    # A third node keeps the quorum.
    simulator.cluster.nodes["pve3"] = Node("pve3", id=3, ip="10.0.0.3")
    simulator.take_down("pve2")
    options = {"guests": {"tags": ["web"], **criteria}, "state": "stopped"}

    result = run_module("pve_guest_state", options, connection_env, check=True)

    chosen = {one["vmid"] for one in nouns(result)} if result.get("guests") else set()
    assert 101 in chosen
    assert 106 in chosen or "106 (web-02) on pve2" in " ".join(told), result
