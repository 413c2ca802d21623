"""What scrubbing takes out of readings, and how consistently it renames."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._capture.pseudonyms import Pseudonyms
from ansible_collections.playvisor.proxmox.plugins.module_utils._capture.scrub import (
    MASK,
    clean_text,
    is_secret_name,
    scrub,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._capture.scrub_names import NameScrubber
from ansible_collections.playvisor.proxmox.plugins.module_utils._capture.volume_names import replace_volume_name

KEY = b"0123456789abcdef"
UPID = "UPID:alpha:0000026C:00001F2A:6B00E821:qmstart:101:carol@corp!deploy:"


def reading(path: str, data: Any, **params: Any) -> dict[str, Any]:
    return {"path": path, "params": params, "data": data}


def scrubbed(*readings: dict[str, Any]) -> list[Any]:
    """The data of readings, under pseudonyms made with a fixed key."""
    return [item["data"] for item in NameScrubber(Pseudonyms(KEY)).scrub(scrub(readings))]


CONFIG = "/nodes/alpha/qemu/101/config"
RESOURCES = reading(
    "/cluster/resources",
    [
        {"id": "node/alpha", "type": "node", "node": "alpha", "status": "online"},
        {"id": "storage/alpha/tank", "type": "storage", "node": "alpha", "storage": "tank", "shared": 0},
        {"id": "qemu/101", "type": "qemu", "vmid": 101, "name": "payroll", "node": "alpha", "pool": "finance"},
    ],
)


@pytest.mark.parametrize(
    "name",
    [
        "sshkeys",
        "password",
        "smb-password",
        "encryption-key",
        "master-pubkey",
        "keyring",
        "client-key",
        "token_secret",
        "private_key",
        "certificate",
        "ssl_fingerprint",
        "keys",
        "ticket",
        "CSRFPreventionToken",
        "api_key",
        "otp",
        "args",
        "lxc",
        "env",
        "description",
        "notes",
        "comment",
        "email",
        "http_proxy",
        "digest",
    ],
)
def test_what_stands_under_a_secret_name_is_dropped(name: str):
    assert is_secret_name(name)
    assert scrub([reading(CONFIG, {name: "s3cret", "cores": 2})])[0]["data"] == {"cores": 2}


@pytest.mark.parametrize(
    "name",
    ["tokens", "tokenid", "keyboard", "privsep", "privs", "hookscript", "efidisk0", "ciuser", "passthrough", "hotplug"],
)
def test_what_only_sounds_like_a_secret_is_kept(name: str):
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("-----BEGIN PRIVATE KEY-----\nMIIE", MASK),
        ("ssh-ed25519%20AAAAC3NzaC1lZDI1NTE5AAAAIJ4m", MASK),
        ("ssh-rsa AAAAB3NzaC1yc2E ops@example", MASK),
        ("https://user:pass@pbs.example/x", f"https://{MASK}@pbs.example/x"),
        ("ops@pve!deploy=0b9a7c1e-1111-2222-3333-444455556666", f"ops@pve!deploy={MASK}"),
        ("type=vnc,password=abc,port=5901", f"type=vnc,password={MASK},port=5901"),
        ("tank:vm-101-disk-0,pre-enrolled-keys=1,size=4M", "tank:vm-101-disk-0,pre-enrolled-keys=1,size=4M"),
        ("virtio=BC:24:11:00:00:01,bridge=vmbr0", "virtio=BC:24:11:00:00:01,bridge=vmbr0"),
    ],
)
def test_secrets_in_the_middle_of_a_text_are_masked(text: str, kept: str):
    assert clean_text(text) == kept


def test_a_password_reads_on_as_there_but_unknown():
    assert scrub([reading(CONFIG, {"cipassword": "hunter2"})])[0]["data"] == {"cipassword": MASK}


def test_of_the_smbios_settings_only_the_id_stays():
    data = {"smbios1": "uuid=f53b0044-5036-48c5-9eda-86a8d851b5d6,serial=U0VSSUFM,base64=1,sku=Tk8="}

    assert scrub([reading(CONFIG, data)])[0]["data"] == {"smbios1": "uuid=f53b0044-5036-48c5-9eda-86a8d851b5d6"}


def test_pending_changes_are_scrubbed_by_the_option_they_are_about():
    pending = [
        {"key": "memory", "value": "512", "pending": "1024"},
        {"key": "description", "value": "the password is swordfish"},
        {"key": "cipassword", "value": "old", "pending": "new"},
        {"key": "sshkeys", "delete": 1, "value": "ssh-rsa%20AAAA"},
    ]

    assert scrub([reading("/nodes/alpha/qemu/101/pending", pending)])[0]["data"] == [
        {"key": "memory", "value": "512", "pending": "1024"},
        {"key": "cipassword", "value": MASK, "pending": MASK},
    ]


def test_without_names_scrubbed_everything_else_stays():
    assert scrub([RESOURCES]) == [RESOURCES]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"name": "payroll"}, {"name": "guest-1"}),
        ({"scsi0": "tank:vm-101-disk-0,size=8G"}, {"scsi0": "storage-1:vm-101-disk-0,size=8G"}),
        ({"scsi0": "gone:101/vm-101-disk-1.raw"}, {"scsi0": "storage-2:101/vm-101-disk-1.raw"}),
        ({"ide2": "tank:iso/corp-setup.iso,media=cdrom"}, {"ide2": "storage-1:iso/file-1.iso,media=cdrom"}),
        ({"tags": "finance;prod"}, {"tags": "tag-1;tag-2"}),
        ({"searchdomain": "corp.example"}, {"searchdomain": "domain-1.example"}),
        ({"hookscript": "tank:snippets/payroll.pl"}, {"hookscript": "storage-1:snippets/file-1.pl"}),
        ({"parent": "before-audit"}, {"parent": "snapshot-1"}),
        ({"net0": "virtio=AA:BB:CC:00:11:22,bridge=vmbr0"}, {"net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0"}),
        (
            {"boot": "order=scsi0;net0", "cores": 2, "ostype": "l26"},
            {"boot": "order=scsi0;net0", "cores": 2, "ostype": "l26"},
        ),
        ({"startup": "order=3,up=30"}, {"startup": "order=3,up=30"}),
        ({"hostpci0": "mapping=payroll-gpu,pcie=1"}, {"hostpci0": "mapping=mapping-1,pcie=1"}),
        ({"mp0": "tank:subvol-101-disk-1,mp=/srv/payroll"}, {"mp0": "storage-1:subvol-101-disk-1,mp=/srv/guest-1"}),
    ],
)
def test_names_in_a_configuration_become_pseudonyms(value: dict[str, Any], expected: dict[str, Any]):
    assert scrubbed(RESOURCES, reading(CONFIG, value))[1] == expected


@pytest.mark.parametrize(
    ("path", "data", "expected"),
    [
        (
            "/access/users",
            [{"userid": "carol@corp"}, {"userid": "root@pam"}],
            [{"userid": "user-1@realm-1"}, {"userid": "root@pam"}],
        ),
        (
            "/access/acl",
            [{"path": "/pool/finance", "ugid": "auditors", "roleid": "PVEAuditor"}],
            [{"path": "/pool/pool-1", "ugid": "group-1", "roleid": "PVEAuditor"}],
        ),
        (
            "/access/acl",
            [{"path": "/vms/101", "ugid": "carol@corp!ci", "roleid": "Cashier"}],
            [{"path": "/vms/101", "ugid": "user-1@realm-1!token-1", "roleid": "role-1"}],
        ),
        (
            "/cluster/ha/rules",
            [{"rule": "near-alpha", "nodes": "alpha:2", "resources": "vm:101"}],
            [{"rule": "rule-1", "nodes": "node-1:2", "resources": "vm:101"}],
        ),
        (
            "/cluster/status",
            [{"type": "cluster", "id": "cluster", "name": "hq"}],
            [{"type": "cluster", "id": "cluster", "name": "cluster-1"}],
        ),
        (
            "/cluster/backup",
            [{"id": "nightly", "storage": "tank", "vmid": "101"}],
            [{"id": "job-1", "storage": "storage-1", "vmid": "101"}],
        ),
        (
            "/cluster/firewall/rules",
            [{"type": "group", "action": "cashiers", "source": "+dc/tills"}],
            [{"type": "group", "action": "security-group-1", "source": "+dc/ipset-1"}],
        ),
        (
            "/storage",
            [{"storage": "tank", "type": "zfspool", "pool": "finance/disks"}],
            [{"storage": "storage-1", "type": "zfspool", "pool": "place-1"}],
        ),
        (
            "/nodes/alpha/tasks",
            [{"upid": UPID}],
            [{"upid": UPID.replace("alpha", "node-1").replace("carol@corp!deploy", "user-1@realm-1!token-1")}],
        ),
    ],
)
def test_names_elsewhere_become_pseudonyms(path: str, data: Any, expected: Any):
    assert scrubbed(RESOURCES, reading(path, data))[1] == expected


def test_paths_and_parameters_are_renamed_with_what_they_name():
    readings = [
        RESOURCES,
        reading("/nodes/alpha/qemu/101/snapshot/before-audit/config", {"name": "payroll"}),
        reading("/nodes/alpha/storage/tank/content", []),
        reading("/cluster/firewall/groups/cashiers", []),
        reading("/pools", [], poolid="finance"),
        reading(f"/nodes/alpha/tasks/{UPID}/log", []),
    ]

    found = scrub(readings, names=True)

    assert [item["path"] for item in found[1:4]] == [
        "/nodes/node-1/qemu/101/snapshot/snapshot-1/config",
        "/nodes/node-1/storage/storage-1/content",
        "/cluster/firewall/groups/security-group-1",
    ]
    assert found[4]["params"] == {"poolid": "pool-1"}
    text = json.dumps(found)
    names = ("alpha", "tank", "payroll", "finance", "before-audit", "cashiers", "carol", "corp", "deploy")
    assert [name for name in names if name in text] == []


def test_a_name_that_looks_like_a_pseudonym_is_not_renamed_twice():
    nodes = [{"id": f"node/{name}", "type": "node", "node": name} for name in ("node-2", "node-1")]

    assert [entry["id"] for entry in scrubbed(reading("/cluster/resources", nodes))[0]] == [
        "node/node-1",
        "node/node-2",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("vm-101-disk-0", "vm-101-disk-0"),
        ("101/base-101-disk-0.qcow2/102/vm-102-disk-0.qcow2", "101/base-101-disk-0.qcow2/102/vm-102-disk-0.qcow2"),
        ("101/vm-101-payroll.qcow2", "101/vm-101-file-1.qcow2"),
        ("vm-101-state-before-audit", "vm-101-state-snapshot-1"),
        ("iso/corp.iso", "iso/file-1.iso"),
        ("vztmpl/corp-12.tar.zst", "vztmpl/file-1.tar.zst"),
        ("backup/vzdump-lxc-200-2026_11_20-01_00_00.tar.zst", "backup/vzdump-lxc-200-2026_11_20-01_00_00.tar.zst"),
        ("backup/vzdump-qemu-101-2026_11_20-01_00_00.vma.zst", "backup/vzdump-qemu-101-2026_11_20-01_00_00.vma.zst"),
        ("backup/vm/101/2026-11-20T01:00:00Z", "backup/vm/101/2026-11-20T01:00:00Z"),
        ("../101/base-101-disk-0.qcow2", "../101/base-101-disk-0.qcow2"),
        ("base-101-disk-0@__base__", "base-101-disk-0@__base__"),
    ],
)
def test_volumes_keep_the_names_that_the_server_gave_them(name: str, expected: str):
    assert replace_volume_name(Pseudonyms(KEY), name) == expected


@pytest.mark.parametrize(
    "network",
    [
        "10.1.2.0/24",
        "10.1.0.0/16",
        "172.16.5.128/25",
        "192.168.7.0/24",
        "203.0.113.0/28",
        "fd00:1:2::/64",
        "2001:db8::/32",
    ],
)
def test_addresses_stay_in_their_networks(network: str):
    of = Pseudonyms(KEY)
    members = [str(ipaddress.ip_network(network)[number]) for number in (1, 9)]

    renamed = ipaddress.ip_network(of.replace_address(network))

    assert str(renamed) != network
    assert renamed.prefixlen == ipaddress.ip_network(network).prefixlen
    assert all(ipaddress.ip_address(of.replace_address(member)) in renamed for member in members)
    assert len({of.replace_address(member) for member in members}) == 2


@pytest.mark.parametrize("text", ["127.0.0.1", "0.0.0.0", "0.0.0.0/0", "255.255.255.0", "::1", "::/0", "224.0.0.5"])
def test_addresses_with_a_meaning_of_their_own_stay(text: str):
    assert Pseudonyms(KEY).replace_address(text) == text


@pytest.mark.parametrize(
    "text", ["9.2.11", "vm:101", "12:30:45", "0000:01:00.0", "6.17.2-1-pve", "order=scsi0;net0", ""]
)
def test_what_is_no_address_stays(text: str):
    assert Pseudonyms(KEY).replace_addresses(text) == text


def test_private_addresses_stay_private_and_ranges_stay_in_order():
    of = Pseudonyms(KEY)

    first, last = of.replace_addresses("192.168.7.20-192.168.7.40").split("-")

    assert ipaddress.ip_address(first) < ipaddress.ip_address(last)
    assert all(ipaddress.ip_address(end) in ipaddress.ip_network("192.168.0.0/16") for end in (first, last))


def test_a_mac_address_is_the_same_in_upper_and_lower_case():
    assert (
        Pseudonyms(KEY).replace_addresses("aa:bb:cc:00:11:22 AA:BB:CC:00:11:22")
        == "BC:24:11:00:00:01 BC:24:11:00:00:01"
    )
