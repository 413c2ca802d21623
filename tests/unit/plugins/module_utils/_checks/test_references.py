from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._checks.references import list_created, list_references
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.drives import DriveStep
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.plan import Step

GUEST = "/nodes/n1/qemu/101"


def describe(step):
    """Each reference in a word, such as storage:local@n1/images, with a question mark if it is optional."""
    return [
        f"{one.kind}:{one.name}"
        + (f"@{one.node}" if one.node else "")
        + (f"/{one.content}" if one.content else "")
        + (f".{one.format}" if one.format else "")
        + (f"={one.holder}" if one.holder else "")
        + ("?" if one.is_optional else "")
        for one in list_references(step)
    ]


@pytest.mark.parametrize(
    ("method", "path", "params", "named"),
    [
        ("POST", "/nodes/n1/qemu", {"vmid": 101, "scsi0": "a:8,iothread=1"}, ["storage:a@n1/images"]),
        (
            "POST",
            "/nodes/n1/qemu",
            {"scsi0": "a:8", "virtio1": "a:0.5", "pool": "p"},
            ["pool:p", "storage:a@n1/images"],
        ),
        ("POST", "/nodes/n1/qemu", {"efidisk0": "a:1,efitype=4m"}, ["storage:a@n1/images"]),
        ("POST", "/nodes/n1/qemu", {"ide2": "a:cloudinit,media=cdrom"}, ["storage:a@n1"]),
        ("POST", "/nodes/n1/qemu", {"ide2": "none,media=cdrom", "sata0": "/dev/sdb", "ide0": "cdrom"}, []),
        ("POST", "/nodes/n1/qemu", {"ide2": "a:iso/x.iso,media=cdrom"}, ["storage:a@n1", "volume:a:iso/x.iso@n1/iso"]),
        (
            "POST",
            "/nodes/n1/qemu",
            {"scsi0": "a:0,import-from=b:import/x.qcow2"},
            ["storage:a@n1/images", "storage:b@n1", "volume:b:import/x.qcow2@n1/import"],
        ),
        ("POST", "/nodes/n1/qemu", {"archive": "b:backup/x.vma", "storage": "a"}, ["storage:a@n1/images"]),
        ("POST", "/nodes/n1/qemu", {"net0": "virtio=BC:24:11:00:00:01,bridge=v0"}, ["bridge:v0@n1?"]),
        (
            "POST",
            "/nodes/n1/lxc",
            {"ostemplate": "b:vztmpl/x.tar.zst", "rootfs": "a:8", "mp0": "/srv,mp=/srv", "net0": "name=eth0"},
            ["storage:b@n1", "volume:b:vztmpl/x.tar.zst@n1/vztmpl", "storage:a@n1/rootdir"],
        ),
        ("PUT", f"{GUEST}/config", {"cores": 2, "delete": "ide2", "revert": "cpu", "digest": "d"}, []),
        (
            "PUT",
            f"{GUEST}/config",
            {"scsi1": "a:vm-101-disk-1,ssd=1"},
            ["storage:a@n1", "volume:a:vm-101-disk-1@n1/images=101"],
        ),
        (
            "POST",
            "/nodes/n1/qemu",
            {"vmid": 102, "scsi0": "a:0,import-from=b:vm-9-disk-0,format=qcow2"},
            ["storage:a@n1/images.qcow2", "storage:b@n1", "volume:b:vm-9-disk-0@n1/images"],
        ),
        ("PUT", f"{GUEST}/config", {"cpu": "host,flags=+aes", "onboot": 1}, ["processor type:host@n1"]),
        ("PUT", f"{GUEST}/config", {"cpu": "custom-mine", "hostpci3": "mapping=gpu"}, []),
        (
            "PUT",
            f"{GUEST}/config",
            {"cicustom": "user=a:snippets/u.yml"},
            ["storage:a@n1", "volume:a:snippets/u.yml@n1/snippets?"],
        ),
        ("PUT", f"{GUEST}/config", {"descripton": "x"}, ["option:descripton/qemu"]),
        ("POST", f"{GUEST}/config", {"scsi1": "a:8"}, ["storage:a@n1/images"]),
        ("POST", f"{GUEST}/move_disk", {"disk": "scsi0", "storage": "a"}, ["storage:a@n1/images"]),
        (
            "POST",
            f"{GUEST}/move_disk",
            {"disk": "scsi0", "storage": "a", "format": "qcow2"},
            ["storage:a@n1/images.qcow2"],
        ),
        ("POST", "/nodes/n1/lxc/102/move_volume", {"volume": "mp0", "storage": "a"}, ["storage:a@n1/rootdir"]),
        (
            "POST",
            f"{GUEST}/clone",
            {"newid": 102, "target": "n2", "storage": "a", "pool": "p"},
            ["node:n2", "pool:p", "storage:a@n1/images", "storage:a@n2/images"],
        ),
        ("POST", f"{GUEST}/clone", {"newid": 102}, []),
        (
            "POST",
            f"{GUEST}/migrate",
            {"target": "n2", "targetstorage": "a:b,c"},
            ["node:n2", "storage:b@n2/images", "storage:c@n2/images"],
        ),
        ("POST", f"{GUEST}/migrate", {"target": "n2", "targetstorage": "1"}, ["node:n2"]),
        ("POST", "/nodes/n%2E1/vzdump", {"vmid": "101", "storage": "a"}, ["storage:a@n.1/backup"]),
        (
            "POST",
            "/cluster/backup",
            {"vmid": "101,102", "storage": "a", "node": "n1"},
            ["node:n1?", "storage:a/backup?", "guest:101?", "guest:102?"],
        ),
        ("PUT", "/cluster/backup/j1", {"pool": "p"}, ["pool:p"]),
        ("PUT", "/cluster/ha/rules/r1", {"nodes": "n1:2,n2"}, ["node:n1", "node:n2"]),
        ("POST", "/pools", {"poolid": "a"}, []),
        ("POST", "/pools", {"poolid": "a/b/c"}, ["pool:a/b"]),
        ("PUT", "/pools", {"poolid": "a", "vms": "1", "storage": "s"}, ["pool:a", "guest:1", "storage:s"]),
        ("PUT", "/pools", {"poolid": "a", "vms": "1", "delete": 1}, ["pool:a"]),
        ("POST", "/storage", {"storage": "a", "nodes": "n1,n2"}, ["node:n1?", "node:n2?"]),
        ("PUT", "/access/users/a@pve", {"groups": "g,h"}, ["group:g", "group:h"]),
        (
            "PUT",
            "/access/acl",
            {"path": "/vms/101", "users": "a@pve", "roles": "R,S"},
            ["user:a@pve", "role:R", "role:S", "guest:101?"],
        ),
        (
            "PUT",
            "/access/acl",
            {"path": "/sdn/zones/z", "tokens": "a@pve!t", "roles": "R"},
            ["token:a@pve!t", "role:R"],
        ),
        ("PUT", "/access/acl", {"path": "/vms", "groups": "g", "roles": "R", "delete": 1}, []),
        ("POST", "/cluster/firewall/rules", {"type": "group", "action": "web"}, ["group of rules:web?"]),
        ("POST", "/cluster/firewall/rules", {"type": "in", "action": "ACCEPT", "source": "+dc/s"}, []),
        ("POST", f"{GUEST}/firewall/rules", {"type": "in", "source": "+guest/set1,10.0.0.1"}, ["IP set:set1"]),
        ("PUT", f"{GUEST}/firewall/rules/3", {"dest": "dc/home", "source": "2001:db8::1"}, ["alias:home"]),
        ("PUT", "/cluster/firewall/groups/web/0", {"source": "home", "dest": "10.0.0.0-10.0.0.9"}, ["alias:home"]),
        ("PUT", "/nodes/n1/firewall/rules/0", {"moveto": 2}, []),
        ("DELETE", GUEST, {}, []),
        ("POST", f"{GUEST}/status/start", {}, []),
    ],
)
def test_a_request_names_what_has_to_be_there(method, path, params, named):
    assert describe(Step(method, path, "", params)) == named


def test_what_a_drive_has_already_is_not_looked_for():
    params = {"scsi0": "a:vm-101-disk-0,ssd=1", "scsi1": "a:vm-101-disk-1"}
    step = DriveStep("PUT", f"{GUEST}/config", "", params, drives={"scsi0": "a:vm-101-disk-0", "scsi1": None})

    assert describe(step) == ["storage:a@n1", "volume:a:vm-101-disk-1@n1/images=101"]


def test_later_requests_may_name_what_earlier_ones_make():
    steps = [
        Step("POST", "/pools", "", {"poolid": "p"}),
        Step("POST", "/access/groups", "", {"groupid": "g"}),
        Step("POST", "/access/users/a@pve/token/t", "", {}),
        Step("POST", "/nodes/n1/qemu/100/clone", "", {"newid": 101}),
        Step("PUT", "/pools", "", {"poolid": "q"}),
    ]

    assert list_created(steps) == {("pool", "p"), ("group", "g"), ("token", "a@pve!t"), ("guest", "101")}
