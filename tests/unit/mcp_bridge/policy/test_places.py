"""Which guests the steps of a plan touch."""

from __future__ import annotations

import pytest

from mcp_bridge.policy.places import find_guests
from mcp_bridge.policy.targets import GuestPlace

INVENTORY = [
    {"vmid": 101, "node": "pve1", "type": "qemu", "pool": "prod"},
    {"vmid": 102, "node": "pve1", "type": "lxc"},
    {"vmid": 103, "node": "pve2", "type": "qemu", "pool": "prod"},
]
UPID = "UPID:pve1:00001234:00005678:66F00000:qmigrate:101:root@pam:"
ARCHIVE = "nas:backup/vzdump-qemu-101-2026_01_01-00_00_00.vma.zst"


def find(method, path, params=None):
    return find_guests([{"method": method, "path": path, "params": params or {}}], INVENTORY)


@pytest.mark.parametrize(
    ("method", "path", "params", "vmids"),
    [
        ("POST", "/nodes/pve1/qemu/101/status/stop", {}, {101}),
        ("DELETE", "/nodes/pve1/lxc/102", {}, {102}),
        ("PUT", "/nodes/pve1/lxc/102/firewall/options", {"enable": 0}, {102}),
        ("POST", "/nodes/pve1/vzdump", {"vmid": "101,102"}, {101, 102}),
        ("POST", "/nodes/pve1/vzdump", {"vmid": 101}, {101}),
        ("POST", "/nodes/pve1/vzdump", {"all": 1}, {101, 102}),
        ("POST", "/nodes/pve1/vzdump", {"all": 1, "exclude": "102"}, {101}),
        ("POST", "/nodes/pve1/vzdump", {"pool": "prod"}, {101, 103}),
        ("POST", "/cluster/backup", {"all": True}, {101, 102, 103}),
        ("POST", "/cluster/backup", {"all": 1, "node": "pve2"}, {103}),
        ("PUT", "/cluster/backup/n", {"vmid": "103;101"}, {101, 103}),
        ("POST", "/nodes/pve1/stopall", {}, {101, 102}),
        ("POST", "/nodes/pve1/stopall", {"vms": "102"}, {102}),
        ("POST", "/nodes/pve1/migrateall", {"target": "pve2", "vms": [101, 102]}, {101, 102}),
        ("POST", "/nodes/pve2/status", {"command": "shutdown"}, {103}),
        ("POST", "/cluster/bulk-action/guest/shutdown", {}, {101, 102, 103}),
        ("POST", "/cluster/ha/resources", {"sid": "ct:102"}, {102}),
        ("PUT", "/cluster/ha/resources/vm:101", {"state": "stopped"}, {101}),
        ("DELETE", "/cluster/ha/resources/vm%3A101", {}, {101}),
        ("POST", "/cluster/ha/rules", {"rule": "r", "resources": "vm:101,ct:102"}, {101, 102}),
        ("PUT", "/pools", {"poolid": "prod", "vms": "101, 102"}, {101, 102}),
        ("PUT", "/pools/prod", {"vms": "101"}, {101}),
        ("PUT", "/access/acl", {"path": "/vms/103", "roles": "PVEAdmin"}, {103}),
        ("PUT", "/access/acl", {"path": "/pool/prod"}, set()),
        ("DELETE", f"/nodes/pve1/tasks/{UPID}", {}, {101}),
        ("DELETE", "/nodes/pve1/tasks/UPID:pve1:1:2:3:aptupdate::root@pam:", {}, set()),
        ("DELETE", f"/nodes/pve1/storage/nas/content/{ARCHIVE}", {}, {101}),
        ("DELETE", "/nodes/pve1/storage/pbs/content/pbs:backup%2Fvm%2F101%2F2026-01-01T00:00:00Z", {}, {101}),
        ("DELETE", "/nodes/pve1/storage/lvm/content/lvm:vm-102-disk-0", {}, {102}),
        ("DELETE", "/nodes/pve1/storage/local/content/local:103/vm-103-disk-0.qcow2", {}, {103}),
        ("DELETE", "/nodes/pve1/storage/local/content/local:iso/debian-13.iso", {}, set()),
        ("DELETE", "/nodes/pve1/storage/nas/prunebackups", {"vmid": 101}, {101}),
        ("POST", "/nodes/pve1/qemu/101/move_disk", {"disk": "scsi1", "target-vmid": 103}, {101, 103}),
        ("PUT", "/nodes/pve1/qemu/101/config", {"scsi1": "lvm:vm-103-disk-0"}, {101, 103}),
        ("PUT", "/nodes/pve1/qemu/101/config", {"description": "like vm-103-disk-0"}, {101}),
        ("POST", "/nodes/pve1/qemu", {"vmid": 900}, {900}),
        ("POST", "/nodes/pve1/qemu", {"vmid": 900, "archive": ARCHIVE}, {900, 101}),
        ("POST", "/nodes/pve1/lxc/102/clone", {"newid": 901}, {102, 901}),
        ("POST", "/access/users", {"userid": "vm101@pve"}, set()),
        ("POST", "/nodes/pve1/storage/local/download-url", {"url": "https://example.org/101/"}, set()),
    ],
)
def test_every_guest_that_a_step_names_is_found(method, path, params, vmids):
    assert set(find(method, path, params)) == vmids


def test_a_guest_of_the_path_has_its_place_and_others_have_that_of_the_inventory():
    assert find("POST", "/nodes/pve7/lxc/555/status/stop")[555] == GuestPlace(555, "pve7", "lxc")
    assert find("PUT", "/pools", {"poolid": "p", "vms": "101,556"}) == {
        101: GuestPlace(101, "pve1", "qemu"),
        556: GuestPlace(556),
    }


def test_created_copied_and_compared_guests_are_told_apart():
    clone = find("POST", "/nodes/pve1/qemu/101/clone", {"newid": 901, "target": "pve2"})
    restore = find("POST", "/nodes/pve1/qemu", {"vmid": 900, "archive": ARCHIVE})
    overwrite = find("POST", "/nodes/pve1/qemu", {"vmid": 101, "archive": ARCHIVE, "force": 1})
    backup = find("POST", "/nodes/pve1/vzdump", {"vmid": 101})

    assert clone == {
        101: GuestPlace(101, "pve1", "qemu", "copied"),
        901: GuestPlace(901, "pve2", "qemu", "created", 101),
    }
    assert (restore[900].use, restore[900].origin, restore[101].use) == ("created", 101, "compared")
    assert restore[900].is_created
    assert overwrite[101].use == "changed"
    assert backup[101].use == "copied"


def test_a_guest_that_one_step_creates_and_another_starts_is_created():
    steps = [
        {"method": "POST", "path": "/nodes/pve1/qemu", "params": {"vmid": 900, "archive": ARCHIVE}},
        {"method": "POST", "path": "/nodes/pve1/qemu/900/status/start", "params": {}},
    ]

    assert find_guests(steps)[900] == GuestPlace(900, "pve1", "qemu", "created", 101)
