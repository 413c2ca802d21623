"""What an observation says of a guest."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._observe import guests
from ansible_collections.playvisor.proxmox.plugins.module_utils._observe.cluster import clean_secrets

LISTED = {
    "id": "qemu/101",
    "type": "qemu",
    "vmid": 101,
    "name": "web-01",
    "node": "pve1",
    "status": "running",
    "maxcpu": 2,
    "maxmem": 1024,
    "mem": 512,
    "cpu": 0.1,
    "uptime": 7,
    "template": 0,
    "tags": "",
}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param(
            {}, {"name": "web-01", "template": False, "cpus": 2, "maxmem": 1024}, id="nothing that changes all the time"
        ),
        pytest.param(
            {"template": 1, "lock": "clone", "pool": "prod"},
            {"template": True, "lock": "clone", "pool": "prod"},
            id="set",
        ),
        pytest.param({"status": "unknown", "name": None}, None, id="not told of yet"),
    ],
)
def test_an_overview(fields, expected):
    overview = guests.build_overview({**LISTED, **fields})

    if expected is None:
        assert overview is None
    else:
        assert overview.items() >= expected.items()
        assert not overview.keys() & {"mem", "cpu", "uptime", "tags", "id", "vmid"}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"name": "renamed"}, {"name": "renamed", "template": False}),
        ({"hostname": "ct"}, {"name": "ct", "template": False}),
        ({"template": 1}, {"name": "web-01", "template": True}),
    ],
)
def test_a_configuration_is_newer_than_the_list(config, expected):
    assert guests.correct_overview({"name": "web-01", "template": False}, config) == expected


PENDING = [
    {"key": "cores", "value": 2, "pending": 4},
    {"key": "memory", "value": "512"},
    {"key": "balloon", "value": 0, "delete": 1},
    {"key": "net1", "pending": "virtio=BC:24:11:00:00:01"},
    {"key": "cipassword", "value": "**********"},
    {"key": "digest", "value": "0f"},
    {"key": "description", "value": "login with password=hunter2 please"},
    {"key": "sshkeys", "value": "ssh-ed25519%20AAAAC3Nz%20ops"},
]


def test_what_is_pending_is_in_the_configuration_and_told_apart():
    clean = clean_secrets(PENDING)

    assert guests.merge_pending(clean) == {
        "cores": 4,
        "memory": "512",
        "net1": "virtio=BC:24:11:00:00:01",
        "description": "login with password=********** please",
        "sshkeys": "ssh-ed25519%20AAAAC3Nz%20ops",
    }
    assert guests.build_pending(clean) == {
        "cores": {"value": 2, "pending": 4},
        "balloon": {"value": 0, "delete": 1},
        "net1": {"pending": "virtio=BC:24:11:00:00:01"},
    }


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("password", "x", None),
        ("encryption-key", "x", None),
        ("args", "-vnc 0.0.0.0:1,password=x", "-vnc 0.0.0.0:1,password=**********"),
        ("http_proxy", "http://u:p@proxy:3128", "http://**********@proxy:3128"),
        ("comment", "call the owner", "call the owner"),
        (
            "smbios1",
            "uuid=6d649d2d-e366-4cf1-96cc-bb1520acda82,serial=U04=",
            "uuid=6d649d2d-e366-4cf1-96cc-bb1520acda82,serial=U04=",
        ),
        ("efidisk0", "local:1,pre-enrolled-keys=1,ms-cert=2023k", "local:1,pre-enrolled-keys=1,ms-cert=2023k"),
        ("description", "-----BEGIN PRIVATE KEY-----", "**********"),
        ("tokens", [{"tokenid": "mcp", "privsep": 1}], [{"tokenid": "mcp", "privsep": 1}]),
    ],
)
def test_secrets_are_not_kept_and_all_else_is(name, value, kept):
    assert clean_secrets({name: value}) == ({} if kept is None else {name: kept})


def test_snapshots_and_firewalls_come_in_an_order_of_their_own():
    snapshots = [
        {"name": "current", "digest": "0f", "running": 1, "parent": "b"},
        {"name": "b", "parent": "a", "snaptime": 2, "vmstate": 1},
        {"name": "a", "snaptime": 1, "description": "first"},
    ]
    lists = {
        "options": {"enable": 1},
        "rules": [{"pos": 1, "action": "DROP"}, {"pos": 0, "action": "ACCEPT"}],
        "aliases": [{"name": "token", "cidr": "10.0.0.1"}],
        "ipset": [{"name": "keys", "comment": "of doors"}],
    }

    assert [item["name"] for item in guests.build_snapshots(snapshots)] == ["a", "b"]
    assert guests.build_firewall(lists, [[{"cidr": "10.0.0.9"}, {"cidr": "10.0.0.2"}]]) == {
        "options": {"enable": 1},
        "rules": [{"action": "ACCEPT"}, {"action": "DROP"}],
        "aliases": {"token": {"cidr": "10.0.0.1"}},
        "ipsets": {"keys": {"comment": "of doors", "entries": [{"cidr": "10.0.0.2"}, {"cidr": "10.0.0.9"}]}},
    }
