"""The client that reads each thing once, and answers as the cluster will once plans are applied."""

from __future__ import annotations

from collections import Counter

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.connection import Connection
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import NOT_FOUND, PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.forecast import ForecastClient
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.plan import Step

STORAGE = {"type": "storage", "storage": "lvm", "node": "pve1", "plugintype": "lvmthin", "status": "available"}
WEB = {"vmid": 101, "name": "web-01", "status": "running"}
ANSWERS = {
    "/cluster/resources": [
        {"type": "node", "node": "pve1", "status": "online", "maxmem": 64 * 1024**3},
        {**STORAGE, "content": "images"},
        {"type": "qemu", "node": "pve1", **WEB, "template": 0, "maxmem": 1024**3},
    ],
    "/nodes/pve1/qemu": [{**WEB, "qmpstatus": "paused"}],
    "/nodes/pve1/lxc": [],
    "/nodes/pve1/qemu/101/config": {"name": "web-01", "cores": 2, "scsi0": "lvm:vm-101-disk-0,size=8G", "digest": "a"},
    "/nodes/pve1/qemu/101/firewall/rules": [{"pos": 0}],
    "/pools": [{"poolid": "old"}],
    "/storage": [{"storage": "lvm", "type": "lvmthin", "digest": "b"}],
    "/cluster/ha/resources": [{"sid": "vm:101", "state": "started", "digest": "c"}],
}


class Answering:
    """A client that answers what it is given, and counts what it is asked."""

    def __init__(self):
        self.connection, self.notices, self.asked = Connection(host="pve.invalid", user="a@pve"), [], Counter()

    def request(self, method, path, params=None):
        assert method == "GET"
        self.asked[path] += 1
        if path not in ANSWERS:
            raise PveError(NOT_FOUND, f"there is no {path}", http_status=404)
        return ANSWERS[path]

    def get(self, path, **params):
        return self.request("GET", path, params)


@pytest.fixture
def client():
    return Answering()


@pytest.fixture
def world(client):
    return ForecastClient(client)


def test_each_thing_is_read_once(client, world):
    for _turn in range(3):
        world.get("/nodes/pve1/qemu/101/config")
        with pytest.raises(PveError):
            world.get("/nodes/pve1/qemu/101/unknown")
        assert world.inventory.get(101).name == "web-01"

    assert set(client.asked.values()) == {1}


def test_the_state_of_a_guest_comes_from_the_list_of_its_node(client, world):
    assert world.get("/nodes/pve1/qemu/101/status/current")["qmpstatus"] == "paused"
    assert "/nodes/pve1/qemu/101/status/current" not in client.asked


def test_nothing_but_get_is_sent(world):
    with pytest.raises(ValueError, match="is not sent"):
        world.request("PUT", "/nodes/pve1/qemu/101/config", {"cores": 4})


def test_a_new_guest_is_there_with_all_that_is_read_of_guests(world):
    assert world.inventory.get(102) is None
    params = {"vmid": 102, "name": "web-02", "scsi0": "lvm:8", "pool": "old", "memory": 512}
    world.absorb([Step("POST", "/nodes/pve1/qemu", "", params)])
    path = "/nodes/pve1/qemu/102"

    guest = world.inventory.get(102)
    assert (guest.name, guest.node, guest.status, guest.pool) == ("web-02", "pve1", "stopped", "old")
    assert [one.vmid for one in world.inventory.with_name("web-02")] == [102]
    assert world.get(f"{path}/config")["scsi0"] == "lvm:vm-102-disk-0,size=8G"
    assert world.get(f"{path}/status/current")["status"] == "stopped"
    assert [
        world.get(f"{path}/{what}") for what in ("snapshot", "cloudinit", "firewall/rules", "firewall/options")
    ] == [
        [{"name": "current"}],
        [],
        [],
        {},
    ]
    assert world.get("/nodes/pve1/storage/lvm/content/lvm:vm-102-disk-0") == {"size": 8 * 1024**3}
    assert world.get("/pools", poolid="old")[0]["members"][0]["vmid"] == 102
    with pytest.raises(PveError, match="still to be made"):
        world.get(f"{path}/rrddata")


def test_a_clone_has_the_firewall_of_what_it_is_made_of(world):
    world.absorb([Step("POST", "/nodes/pve1/qemu/101/clone", "", {"newid": 103, "name": "copy", "full": 1})])

    assert world.get("/nodes/pve1/qemu/103/config") == {
        "name": "copy",
        "cores": 2,
        "scsi0": "lvm:vm-103-disk-0,size=8G",
    }
    assert world.get("/nodes/pve1/qemu/103/firewall/rules") == [{"pos": 0}]


def test_a_guest_that_is_changed_moved_between_pools_and_stopped(world):
    world.absorb(
        [
            Step("PUT", "/nodes/pve1/qemu/101/config", "", {"cores": 4, "name": "renamed", "digest": "a"}),
            Step("PUT", "/nodes/pve1/qemu/101/resize", "", {"disk": "scsi0", "size": "9G"}),
            Step("PUT", "/pools", "", {"poolid": "old", "vms": "101"}),
            Step("POST", "/nodes/pve1/qemu/101/status/shutdown", ""),
        ]
    )

    config = world.get("/nodes/pve1/qemu/101/config")
    assert config == {"name": "renamed", "cores": 4, "scsi0": "lvm:vm-101-disk-0,size=9G"}
    guest = world.inventory.get(101)
    assert (guest.name, guest.pool, guest.status) == ("renamed", "old", "stopped")
    # What was read stays as it was.
    assert ANSWERS["/nodes/pve1/qemu/101/config"]["cores"] == 2


def test_a_guest_that_is_deleted_is_gone(world):
    world.absorb([Step("DELETE", "/nodes/pve1/qemu/101", "")])

    assert world.inventory.guests == ()
    with pytest.raises(PveError, match="will be gone"):
        world.get("/nodes/pve1/qemu/101/config")


def test_storages_pools_and_ha_that_are_made_changed_and_deleted(world):
    world.absorb(
        [
            Step("POST", "/storage", "", {"storage": "nas", "type": "nfs", "content": "images"}),
            Step("PUT", "/storage/lvm", "", {"content": "rootdir", "digest": "b"}),
            Step("POST", "/pools", "", {"poolid": "new", "comment": "x"}),
            Step("DELETE", "/pools", "", {"poolid": "old"}),
            Step("PUT", "/cluster/ha/resources/vm%3A101", "", {"state": "stopped"}),
            Step("POST", "/cluster/ha/resources", "", {"sid": "vm:102"}),
        ]
    )

    places = {entry["storage"]: entry for entry in world.get("/cluster/resources", type="storage")}
    assert (places["nas"]["node"], places["nas"]["shared"], places["lvm"]["content"]) == ("pve1", 1, "rootdir")
    assert {entry["storage"]: entry["type"] for entry in world.get("/storage")} == {"lvm": "lvmthin", "nas": "nfs"}
    assert world.get("/pools") == [{"poolid": "new", "comment": "x"}]
    assert world.get("/cluster/ha/resources") == [{"sid": "vm:101", "state": "stopped"}, {"sid": "vm:102"}]


def test_what_many_miss_is_read_before_they_begin_anew(client, world):
    begun = Counter()

    def work(number):
        begun[number] += 1
        return world.get("/pools"), world.get("/nodes/pve1/qemu/101/config")["cores"] + number

    assert [cores for _pools, cores in world.read_for_all(work, range(3))] == [2, 3, 4]
    assert set(begun.values()) == {3}
    assert set(client.asked.values()) == {1}


def test_a_failure_is_kept_for_whoever_asks_again(client, world):
    def work(number):
        try:
            return world.get("/nodes/pve1/qemu/999/config")
        except PveError as error:
            return error.code

    assert world.read_for_all(work, [1, 2]) == [NOT_FOUND, NOT_FOUND]
    assert client.asked["/nodes/pve1/qemu/999/config"] == 1
