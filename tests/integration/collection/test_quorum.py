"""Quorum: it is looked at before anything is interrupted or lost, and what fails without it says so."""

from __future__ import annotations

import pytest
from ansible.module_utils.basic import AnsibleModule
from scenarios.running import run_module

from pve_simulator import Simulator, build_cluster

RISKY = {
    "stop": ("pve_guest_state", {"vmid": 101, "state": "stopped", "force": True}),
    "shut down": ("pve_guest_state", {"vmid": 101, "state": "stopped"}),
    "restart": ("pve_guest_state", {"vmid": 101, "state": "restarted"}),
    "stop many": ("pve_guest_state", {"guests": {"vmids": [101, 102]}, "state": "stopped"}),
    "delete": ("pve_guest", {"vmid": 105, "state": "absent"}),
    "grow a disk": ("pve_guest", {"vmid": 101, "disks": [{"slot": "scsi0", "size": 640}]}),
    "delete an image": (
        "pve_storage_content",
        {"storage": "local", "node": "pve1", "filename": "{iso}", "state": "absent"},
    ),
    "delete a disk": ("pve_guest", {"vmid": 101, "disks": [{"slot": "scsi0", "state": "absent"}]}),
    "change a guest of a fleet": (
        "pve_fleet",
        {"fleet": {"fleet": "x", "guests": {"web-01": {"vmid": 101, "description": "new"}}}},
    ),
    "delete a pool": ("pve_pool", {"pool": "lab", "state": "absent"}),
}
REFUSED_BY_THE_CLUSTER = {
    "start": ("pve_guest_state", {"vmid": 105, "state": "started"}),
    "configure": ("pve_guest", {"vmid": 101, "description": "new"}),
    "snapshot": ("pve_snapshot", {"vmid": 101, "snapname": "nq"}),
    "back up": ("pve_backup", {"vmid": 101, "storage": "local"}),
    "make a pool": ("pve_pool", {"pool": "new"}),
}


@pytest.fixture(scope="module")
def alone():
    """One node of two is left: the simulator, and the environment that leads to it."""
    with Simulator(build_cluster(nodes=2, guests=8), port=0, task_seconds=0.0) as simulator:
        for guest in simulator.cluster.guests.values():
            guest.node = "pve2" if guest.vmid > 106 else "pve1"
            guest.running = guest.vmid < 105
        pool, *_others = simulator.cluster.pools.values()
        simulator.cluster.pools["lab"] = pool
        simulator.catch_up()
        simulator.take_down("pve2")
        yield simulator, simulator.environment


def list_writes(simulator):
    return [request for request in simulator.requests if request[0] != "GET"]


def fill_in(simulator, options):
    volumes = simulator.cluster.storages["local"].volumes_on("pve1")
    iso = next(volid for volid, volume in volumes.items() if volume.content == "iso").rpartition("/")[2]
    return {name: iso if value == "{iso}" else value for name, value in options.items()}


@pytest.mark.parametrize("check", [True, False], ids=["check", "apply"])
@pytest.mark.parametrize(("module", "options"), RISKY.values(), ids=RISKY)
def test_what_can_not_be_undone_is_not_begun(alone, module, options, check):
    simulator, environment = alone
    before = len(list_writes(simulator))

    result = run_module(module, fill_in(simulator, options), environment, check=check)

    assert result.get("failed"), result
    assert (result["failure"]["code"], result.get("changed")) == ("no_quorum", False), result["msg"]
    assert "pve2 offline" in result["msg"]
    assert len(list_writes(simulator)) == before


@pytest.mark.parametrize(("module", "options"), REFUSED_BY_THE_CLUSTER.values(), ids=REFUSED_BY_THE_CLUSTER)
def test_what_the_cluster_refuses_is_told_as_a_lack_of_quorum(alone, module, options):
    dummy, environment = alone

    result = run_module(module, options, environment)

    assert result.get("failed"), result
    assert result["failure"]["code"] == "no_quorum", result["msg"]


def test_the_guests_of_a_node_that_has_gone_are_unknown_with_one_warning(alone, monkeypatch):
    dummy, environment = alone
    told = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _module, warning, **_more: told.append(warning))

    found = {guest["vmid"]: guest for guest in run_module("pve_guest_info", {}, environment)["guests"]}

    assert {found[vmid]["status"] for vmid in found if vmid > 106} == {"unknown"}
    assert found[101]["status"] == "running"
    assert len([line for line in told if "pve2" in line]) == 1


def test_with_all_nodes_online_nothing_more_is_read(simulator, connection_env):
    result = run_module("pve_guest_state", {"vmid": 101, "state": "stopped", "force": True}, connection_env)

    assert result["changed"]
    assert "/cluster/status" not in [path for method, path, status in simulator.requests]


def test_with_most_nodes_online_guests_are_stopped_after_one_more_reading():
    with Simulator(build_cluster(nodes=3, guests=6), port=0, task_seconds=0.0) as simulator:
        simulator.take_down("pve3")
        simulator.cluster.guests[101].node = "pve1"
        simulator.cluster.guests[101].running = True

        options = {"vmid": 101, "state": "stopped", "force": True}
        result = run_module("pve_guest_state", options, simulator.environment)

        assert result["changed"], result
        assert [path for method, path, status in simulator.requests].count("/cluster/status") == 1


def test_each_guest_of_a_node_that_has_gone_fails_as_itself(alone):
    simulator, environment = alone
    gone = [guest.vmid for guest in simulator.cluster.guests.values() if guest.node == "pve2"]

    result = run_module("pve_backup", {"guests": {"vmids": gone}, "storage": "local"}, environment, check=True)

    assert len(gone) > 1
    for row in result["guests"]:
        assert row["failure"]["message"].startswith(f"Guest {row['vmid']} "), row


def test_a_list_that_could_not_be_had_is_not_empty(alone):
    _simulator, environment = alone

    result = run_module("pve_storage_info", {"storage": "local", "node": "pve2", "content": "all"}, environment)

    assert result["failure"]["code"] == "node_offline"
    assert "Storage local of node pve2 could not be read" in result["msg"]
