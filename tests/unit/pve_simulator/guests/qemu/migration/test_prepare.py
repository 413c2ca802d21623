"""What is checked before a virtual machine migrates, as calls."""

from __future__ import annotations

import pytest

from pve_simulator.state.ha import Ha, HaResource
from pve_simulator.state.sections import ClusterFiles

ON_FILES, ON_NAS = "pve1/qemu/100", "pve1/qemu/102"


def test_devices_of_the_host_keep_a_guest_where_it_is(lab):
    lab.guest(100).config |= {"usb0": "host=1234:5678", "serial0": "socket"}
    status, log = lab.migrate(ON_FILES)
    assert status == "migration aborted"
    assert log[0].endswith("): can't migrate VM which uses local devices: usb0")


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"target": "pve1"}, {"target": "target is local node."}),
        ({"target": "nope"}, "no such cluster node 'nope'"),
        ({"target": "pve2", "force": 1}, {"force": "Only root may use this option."}),
        ({"target": "pve2", "targetstorage": "nope"}, "storage 'nope' does not exist"),
    ],
)
def test_refused_migrations(lab, params, reason):
    assert lab.refused("POST", f"{ON_FILES}/migrate", **params) == reason


def test_a_storage_that_the_target_lacks_is_found_before_the_task(lab):
    lab.cluster.storages["files"].config["nodes"] = "pve1"
    reason = "storage 'files' is not available on node 'pve2'"
    assert lab.refused("POST", f"{ON_FILES}/migrate", target="pve2") == reason
    view = lab.get(f"{ON_FILES}/migrate")
    assert view["not_allowed_nodes"] == {"pve2": {"unavailable_storages": ["files"]}}
    assert view["allowed_nodes"] == []


def test_preconditions_list_local_volumes_and_devices(lab):
    lab.guest(100).config |= {"unused0": "thin:vm-100-disk-9", "hostpci0": "mapping=gpu"}
    mapping = lab.cluster.part(ClusterFiles).file("mapping/pci").sections
    mapping["gpu"] = {"map": ["id=10de:1234,node=pve2,path=0000:01:00.0"]}
    view = lab.get(f"{ON_FILES}/migrate")
    disks = {disk["volid"]: disk for disk in view["local_disks"]}
    assert disks.keys() == {"files:100/vm-100-disk-0.qcow2", "thin:vm-100-disk-9"}
    assert disks["files:100/vm-100-disk-0.qcow2"]["size"] == 8 * 1024**3
    assert (disks["thin:vm-100-disk-9"]["is_unused"], disks["thin:vm-100-disk-9"]["is_attached"]) == (1, 0)
    assert view["allowed_nodes"] == ["pve2"]
    assert view["mapped-resource-info"] == {"hostpci0": {"name": "gpu"}}


def test_a_mapped_device_must_exist_over_there_and_be_able_to_move_live(lab):
    lab.guest(102).config["hostpci0"] = "mapping=gpu"
    mapping = lab.cluster.part(ClusterFiles).file("mapping/pci").sections
    mapping["gpu"] = {"map": ["node=pve1,path=0000:01:00.0"]}
    assert lab.get(f"{ON_NAS}/migrate")["not_allowed_nodes"] == {"pve2": {"unavailable-resources": ["hostpci0"]}}
    assert lab.migrate(ON_NAS)[1][0].endswith("can't migrate to 'pve2': missing mapped devices hostpci0")
    mapping["gpu"]["map"].append("node=pve2,path=0000:01:00.0")
    lab.guest(102).running = True
    text = "can't live migrate running VM which uses following mapped devices: hostpci0:gpu"
    assert any(line.endswith(text) for line in lab.migrate(ON_NAS, online=1)[1])
    mapping["gpu"]["live-migration-capable"] = 1
    assert lab.migrate(ON_NAS, online=1)[0] == "OK"


def test_preconditions_name_who_comes_along_and_who_is_in_the_way(lab):
    state = lab.cluster.part(Ha)
    for sid in ("vm:100", "vm:101", "vm:102"):
        state.resources[sid] = HaResource({"state": "stopped"}, "stopped")
    state.rules["with"] = {"type": "resource-affinity", "resources": "vm:100,vm:102", "affinity": "positive"}
    state.rules["apart"] = {"type": "resource-affinity", "resources": "vm:100,vm:101", "affinity": "negative"}
    state.rules["here"] = {"type": "node-affinity", "resources": "vm:100", "nodes": "pve1:2", "strict": 1}
    lab.guest(101).node = "pve2"
    view = lab.get(f"{ON_FILES}/migrate")
    assert view["dependent-ha-resources"] == ["vm:102"]
    assert view["allowed_nodes"] == []
    assert view["not_allowed_nodes"]["pve2"]["blocking-ha-resources"] == [
        {"sid": "vm:101", "cause": "resource-affinity"},
        {"sid": "vm:100", "cause": "node-affinity"},
    ]
