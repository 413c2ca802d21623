"""Clusters made of answers to GET requests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pve_simulator import load_seed
from pve_simulator.clusters.readings import Reading, cluster_from_capture, cluster_from_readings
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.firewall import Firewall
from pve_simulator.state.ha import Ha

NODE: dict[str, Any] = {"node": "pve1", "type": "node", "status": "online", "maxcpu": 8, "maxmem": 1 << 34}
LISTED: dict[str, Any] = {"vmid": 101, "name": "web-01", "status": "running", "maxmem": 1 << 30, "cpus": 2}
CONFIG: dict[str, Any] = {"name": "web-01", "memory": "1024", "cores": 2, "digest": "0" * 40}


def cluster(**answers: Any) -> Cluster:
    """A cluster of one node and one guest, and what some paths answer."""
    paths = {
        "/nodes": [NODE],
        "/nodes/pve1/qemu": [LISTED],
        "/nodes/pve1/qemu/101/config": CONFIG,
        **answers,
    }
    return cluster_from_readings(Reading(path, {}, data) for path, data in paths.items())


def test_a_guest_has_the_configuration_as_text_and_runs_as_listed():
    guest = cluster().guests[101]

    assert guest.config == {"name": "web-01", "memory": "1024", "cores": "2"}
    assert (guest.node, guest.type, guest.running) == ("pve1", "qemu", True)


def test_pending_changes_are_told_from_what_is():
    pending = [
        {"key": "name", "value": "web-01"},
        {"key": "memory", "value": "1024", "pending": "2048"},
        {"key": "cores", "value": 2, "delete": 1},
        {"key": "cpu", "pending": "host"},
        {"key": "digest", "value": "0" * 40},
    ]
    shown = {"name": "web-01", "memory": "2048", "cpu": "host"}

    guest = cluster(**{"/nodes/pve1/qemu/101/pending": pending, "/nodes/pve1/qemu/101/config": shown}).guests[101]

    assert guest.config == {"name": "web-01", "memory": "1024", "cores": "2"}
    assert guest.pending == {"memory": "2048", "cpu": "host"}
    assert guest.pending_delete == ["cores"]
    assert guest.effective_config() == shown


def test_snapshots_keep_their_configuration_and_their_place_in_the_tree():
    path = "/nodes/pve1/qemu/101/snapshot"
    snapshots = [
        {"name": "two", "snaptime": 20, "parent": "one"},
        {"name": "one", "snaptime": 10},
        {"name": "current", "parent": "two", "digest": "0" * 40, "running": 1},
    ]

    guest = cluster(**{path: snapshots, f"{path}/two/config": {"memory": "512", "snaptime": 20}}).guests[101]

    assert {name: snapshot.config for name, snapshot in guest.snapshots.items()} == {
        "two": {"memory": "512", "snaptime": "20", "parent": "one"},
        "one": {"snaptime": "10"},
    }


def test_a_guest_whose_configuration_was_not_read_is_made_up_from_the_list():
    lost = {**LISTED, "vmid": 102, "type": "qemu", "node": "pve2", "status": "unknown", "maxdisk": 1 << 30, "tags": "x"}
    down = {"node": "pve2", "type": "node", "status": "offline"}

    made = cluster(**{"/cluster/resources": [NODE, down, {**LISTED, "type": "qemu", "node": "pve1"}, lost]})

    assert sorted(made.guests) == [101, 102]
    assert not made.nodes["pve2"].online
    guest = made.guests[102]
    assert (guest.name, guest.config["memory"], guest.config["tags"]) == ("web-01", "1024", "x")
    assert not guest.running


def test_disks_that_no_content_list_shows_are_taken_from_configurations():
    config = {**CONFIG, "scsi0": "tank:vm-101-disk-0,size=8G"}
    storage = [{"storage": "tank", "type": "lvmthin", "content": "images", "digest": "0" * 40}]

    made = cluster(**{"/storage": storage, "/nodes/pve1/qemu/101/config": config})

    (volume,) = made.storages["tank"].volumes_on("pve1").values()
    assert (volume.volid, volume.size, volume.vmid) == ("tank:vm-101-disk-0", 8 << 30, 101)


def test_space_that_no_volume_explains_is_still_taken():
    status = [{"storage": "local", "type": "dir", "total": 1000, "used": 400, "active": 1}]
    content = [{"volid": "local:iso/a.iso", "content": "iso", "format": "iso", "size": 150, "ctime": 1}]
    answers = {
        "/storage": [{"storage": "local", "type": "dir", "path": "/var/lib/vz", "content": "iso"}],
        "/nodes/pve1/storage": status,
        "/nodes/pve1/storage/local/content": content,
    }

    storage = cluster(**answers).storages["local"]

    assert (storage.total, storage.base_used, storage.used_on("pve1")) == (1000, 250, 400)


def test_pools_list_their_guests_and_storages():
    members = [{"type": "qemu", "vmid": 101}, {"type": "storage", "storage": "local"}]
    readings = [
        Reading("/nodes", {}, [NODE]),
        Reading("/pools", {}, [{"poolid": "front"}, {"poolid": "empty"}]),
        Reading("/pools", {"poolid": "front"}, [{"poolid": "front", "members": members}]),
    ]

    pools = cluster_from_readings(readings).pools

    assert (pools["front"].vms, pools["front"].storages) == ([101], ["local"])
    assert (pools["empty"].vms, pools["empty"].storages) == ([], [])


def test_firewall_rules_stand_in_the_order_of_their_positions():
    rules = [
        {"pos": 1, "type": "in", "action": "DROP", "enable": 0, "digest": "0" * 40},
        {"pos": 0, "type": "in", "action": "ACCEPT", "enable": 1, "source": "10.0.0.1", "ipversion": 4},
    ]

    made = cluster(**{"/nodes/pve1/qemu/101/firewall/rules": rules})

    assert made.part(Firewall).guests[101].rules == [
        {"enable": "1", "type": "in", "action": "ACCEPT", "source": "10.0.0.1"},
        {"enable": "0", "type": "in", "action": "DROP"},
    ]


def test_managed_guests_are_in_the_state_that_the_cluster_lists():
    resources = [NODE, {**LISTED, "type": "qemu", "node": "pve1", "hastate": "error"}]

    made = cluster(
        **{"/cluster/resources": resources, "/cluster/ha/resources": [{"sid": "vm:101", "state": "started"}]}
    )

    assert made.part(Ha).resources["vm:101"].state == "error"


def test_tokens_get_secrets_of_their_own():
    users = [{"userid": "ops@pve", "enable": 1, "expire": 0, "groups": "", "tokens": [{"tokenid": "ci", "privsep": 0}]}]

    token = cluster(**{"/access/users": users}).access.users["ops@pve"].tokens["ci"]

    assert len(token.secret) == 36
    assert not token.privsep


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"readings": [{"path": "/nodes"}]}, "at least a `path` and `data`"),
        ({"readings": ["x"]}, "at least a `path` and `data`"),
        ({"readings": []}, "no node"),
        ({"readings": [{"path": "/nodes", "data": [{"type": "node"}]}]}, "not an answer of Proxmox VE: KeyError"),
        ({"playvisor_capture": 2, "readings": []}, "form 2"),
    ],
)
def test_what_is_no_capture_is_refused_with_the_reason(data: dict[str, Any], complaint: str):
    with pytest.raises(ValueError, match=complaint):
        cluster_from_capture(data)


def test_a_capture_loads_where_a_seed_does(tmp_path):
    path = tmp_path / "capture.json"
    path.write_text(json.dumps({"playvisor_capture": 1, "readings": [{"path": "/nodes", "data": [NODE]}]}))

    assert list(load_seed(path).nodes) == ["pve1"]


def test_a_made_up_guest_has_its_disk_on_a_storage_that_is_there():
    lost = {**LISTED, "vmid": 102, "type": "qemu", "node": "pve1", "maxdisk": 8 << 30}
    storage = [{"storage": "tank", "type": "lvmthin", "content": "images"}]

    made = cluster(**{"/cluster/resources": [NODE, lost], "/storage": storage})

    assert made.guests[102].config["scsi0"] == "tank:vm-102-disk-0,size=8192M"
    assert "tank:vm-102-disk-0" in made.storages["tank"].volumes_on("pve1")
