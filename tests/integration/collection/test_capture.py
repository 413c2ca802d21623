"""Captures through ansible-playbook, and what a simulated cluster made of one answers."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import client
from ansible_collections.playvisor.proxmox.plugins.module_utils._capture import capture

from pve_simulator import Simulator, build_cluster, load_seed
from pve_simulator.clusters.seed import cluster_from_data

SECRETS = {
    "cipassword": "hunter2-for-cloud-init",
    "sshkeys": "ssh-ed25519%20AAAAC3NzaC1lZDI1NTE5AAAAIJ4mH1Wl0mVnYq1N1yqj0%20ops%40example",
    "args": "-smbios type=11,value=product-key-0815",
    "description": "the root password is swordfish",
    "snapshot description": "taken with the token rosebud",
    "smbios": "SERIAL-4711",
    "storage": "cifs-open-sesame",
    "encryption": "c0:ff:ee:c0:ff:ee",
    "comment": "call 555-0123 for the door code",
    "email": "ops@secret.example",
    "otp": "JBSWY3DPEHPK3PXP",
    "backup note": "restore with passphrase tr0ub4dor",
    "proxy": "http://proxyuser:proxypass@10.9.8.7:3128",
    "environment": "DB_PASSWORD=correct-horse",
}
NAMES = (
    *("acme-web", "ajax-db", "acme-template", "nod-a", "nod-b", "vault-store", "bunker-pool", "fortress"),
    *("red-team", "crimson", "alice", "alice-key", "stokers", "stokers-net", "before-takeover"),
)
ADDRESSES = ("BC:24:11:AB:CD:EF", "172.31.7.9", "192.168.77.1", "10.20.30.40")
SEED: dict[str, Any] = {
    "name": "fortress",
    "nodes": [{"name": "nod-a", "ip": "10.20.30.40"}, {"name": "nod-b", "ip": "10.20.30.41"}],
    "storages": [
        {
            "id": "local",
            "config": {"type": "dir", "path": "/var/lib/vz", "content": "iso,vztmpl,backup,snippets,images,rootdir"},
            "volumes": {
                "nod-a": {
                    "local:iso/debian.iso": {
                        "volid": "local:iso/debian.iso",
                        "content": "iso",
                        "format": "iso",
                        "size": 783 * 1024**2,
                    },
                    "local:backup/vzdump-qemu-101-2026_11_20-01_00_00.vma.zst": {
                        "volid": "local:backup/vzdump-qemu-101-2026_11_20-01_00_00.vma.zst",
                        "content": "backup",
                        "format": "vma.zst",
                        "size": 1024**3,
                        "vmid": 101,
                        "notes": SECRETS["backup note"],
                        "protected": True,
                    },
                }
            },
        },
        {
            "id": "vault-store",
            "config": {
                "type": "cifs",
                "server": "192.168.77.1",
                "share": "bunker",
                "content": "images,rootdir",
                "password": SECRETS["storage"],
                "encryption-key": SECRETS["encryption"],
            },
        },
    ],
    "pools": {"bunker-pool": {"comment": SECRETS["comment"], "vms": [101, 200], "storages": ["vault-store"]}},
    "options": {"http_proxy": SECRETS["proxy"], "keyboard": "de", "registered-tags": "crimson"},
    "guests": [
        {
            "vmid": 101,
            "name": "acme-web",
            "node": "nod-a",
            "status": "running",
            "tags": "crimson",
            "memory": "2048",
            "cores": "2",
            "cipassword": SECRETS["cipassword"],
            "sshkeys": SECRETS["sshkeys"],
            "args": SECRETS["args"],
            "description": SECRETS["description"],
            "smbios1": f"uuid=f53b0044-5036-48c5-9eda-86a8d851b5d6,serial={SECRETS['smbios']}",
            "net0": "virtio=BC:24:11:AB:CD:EF,bridge=vmbr0,firewall=1",
            "ipconfig0": "ip=172.31.7.9/24,gw=172.31.7.1",
            "scsi0": "vault-store:101/vm-101-disk-0.qcow2,size=20G",
            "parent": "before-takeover",
            "pending": {"memory": "4096", "sshkeys": SECRETS["sshkeys"]},
            "pending_delete": ["cores"],
            "snapshots": {
                "before-takeover": {
                    "config": {
                        "name": "acme-web",
                        "memory": "1024",
                        "snaptime": "1795220871",
                        "description": SECRETS["snapshot description"],
                        "scsi0": "vault-store:101/vm-101-disk-0.qcow2,size=20G",
                        "vmstate": "vault-store:101/vm-101-state-before-takeover.raw",
                    }
                }
            },
            "ha": "started",
        },
        {"vmid": 102, "name": "acme-template", "node": "nod-b", "template": True, "memory": "512"},
        {
            "vmid": 200,
            "name": "ajax-db",
            "type": "lxc",
            "node": "nod-b",
            "status": "running",
            "rootfs": "local:200/vm-200-disk-0.raw,size=8G",
            "net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AB:CD:F0,ip=172.31.7.10/24,gw=172.31.7.1,type=veth",
            "env": SECRETS["environment"],
        },
    ],
    "access": {
        "users": {
            "root@pam": {},
            "alice@pve": {
                "email": SECRETS["email"],
                "comment": SECRETS["comment"],
                "keys": SECRETS["otp"],
                "groups": ["red-team"],
                "tokens": {"alice-key": {"privsep": True, "comment": SECRETS["comment"]}},
            },
        },
        "groups": {"red-team": {"comment": SECRETS["comment"]}},
        "acl": [
            {"path": "/pool/bunker-pool", "kind": "group", "ugid": "red-team", "role": "PVEVMAdmin"},
            {"path": "/storage/vault-store", "kind": "token", "ugid": "alice@pve!alice-key", "role": "PVEAuditor"},
        ],
    },
    "firewall": {
        "cluster": {
            "options": {"enable": "1"},
            "rules": [{"type": "group", "action": "stokers", "enable": "1"}],
            "groups": {"stokers": {"rules": [{"type": "in", "action": "ACCEPT", "macro": "SSH", "enable": "1"}]}},
        },
        "guests": {
            101: {
                "options": {"enable": "1"},
                "rules": [
                    {
                        "type": "in",
                        "action": "ACCEPT",
                        "enable": "1",
                        "source": "172.31.7.9-172.31.7.20",
                        "comment": SECRETS["comment"],
                    },
                    {"type": "in", "action": "DROP", "enable": "0", "source": "+stokers-net"},
                ],
                "ipsets": {"stokers-net": {"entries": {"172.31.7.0/24": {"comment": SECRETS["comment"]}}}},
                "aliases": {"gate": {"name": "gate", "cidr": "172.31.7.1"}},
            }
        },
    },
}
# Figures that go on changing, and digests of what the scrubbing took something out of.
MOVING = re.compile(
    r"uptime|cpu|mem|memhost|disk|diskread|diskwrite|netin|netout|pid|digest|avail|used|used_fraction|nics|blockstat"
    r"|ballooninfo"
)


@pytest.fixture
def simulator() -> Any:
    with Simulator(cluster_from_data(SEED), port=0, task_seconds=0.0) as running:
        yield running


def read(simulator: Simulator) -> capture.CaptureResult:
    """A capture of a simulator, in this process and unscrubbed."""
    link = client.Connection(
        host="127.0.0.1",
        port=simulator.port,
        user=simulator.user,
        token_id=simulator.token_id,
        token_secret=simulator.token_secret,
        fingerprint=simulator.fingerprint.replace(":", "").lower(),
    )
    return capture.capture_cluster(client.Client(link), content=True, throttle=4)


def steady(value: Any) -> Any:
    """An answer without what moves."""
    if isinstance(value, dict):
        return {key: steady(item) for key, item in value.items() if not MOVING.fullmatch(key)}
    if isinstance(value, list):
        if value and all(isinstance(item, dict) and "key" in item for item in value):
            # Pending changes come in no order.
            return {item["key"]: item for item in value if item["key"] != "digest"}
        return [steady(item) for item in value]
    return value


def answers(readings: list[dict[str, Any]]) -> dict[tuple[str, ...], Any]:
    return {(item["path"], *map(str, item["params"].values())): steady(item["data"]) for item in readings}


@pytest.mark.flow
def test_a_capture_holds_everything_but_the_secrets(play, simulator, tmp_path: Path):
    dest = tmp_path / "cluster.json"

    run = play("capture", dest=str(dest))

    assert run.rc == 0, run.stdout
    assert (run.result["changed"], run.result["dest"]) == (True, str(dest))
    assert stat.S_IMODE(dest.stat().st_mode) == 0o600
    assert {entry[0] for entry in simulator.requests} == {"GET"}
    counts = run.result["counts"]
    assert (counts["nodes"], counts["guests"], counts["storages"], counts["snapshots"]) == (2, 3, 2, 1)
    text = dest.read_text()
    assert [name for name, secret in SECRETS.items() if secret in text] == []
    assert [name for name in NAMES if name not in text] == []


@pytest.mark.flow
def test_a_scrubbed_capture_holds_no_names_and_still_loads(play, simulator, tmp_path: Path):
    dest = tmp_path / "report.json"

    run = play("capture", dest=str(dest), names="scrub")

    assert run.rc == 0, run.stdout
    text = dest.read_text()
    assert [word for word in (*SECRETS.values(), *NAMES, *ADDRESSES) if word in text] == []
    cluster = load_seed(dest)
    web = cluster.guests[101]
    assert sorted(cluster.guests) == [101, 102, 200]
    assert (web.pending, web.pending_delete) == ({"memory": "4096"}, ["cores"])
    assert list(web.snapshots) == [web.config["parent"]]
    storage = web.config["scsi0"].partition(":")[0]
    assert web.config["scsi0"] == f"{storage}:101/vm-101-disk-0.qcow2,size=20G"
    assert cluster.storages[storage].type == "cifs"
    (pool,) = cluster.pools.values()
    assert (pool.vms, pool.storages) == ([101, 200], [storage])
    assert web.node == cluster.entry != cluster.guests[200].node


@pytest.mark.flow
def test_check_mode_counts_and_writes_nothing(play, simulator, tmp_path: Path):
    dest = tmp_path / "cluster.json"

    run = play("capture", "--check", dest=str(dest))

    assert run.result["changed"]
    assert run.result["counts"] == {"nodes": 2, "guests": 3, "storages": 2}
    assert not dest.exists()
    assert simulator.requests == [("GET", "/cluster/resources", 200)]


@pytest.mark.flow
def test_a_folder_that_is_not_there_fails_before_anything_is_read(play, simulator, tmp_path: Path):
    run = play("capture", dest=str(tmp_path / "missing" / "cluster.json"))

    assert run.result["failure"]["code"] == "invalid_parameter"
    assert "missing" in run.result["msg"]
    assert not simulator.requests


@pytest.mark.flow
def test_what_cannot_be_read_is_a_warning(play, simulator, tmp_path: Path):
    simulator.cluster.nodes["nod-b"].online = False

    run = play("capture", dest=str(tmp_path / "cluster.json"))

    assert run.rc == 0, run.stdout
    assert any("nod-b" in warning for warning in run.result["warnings"])
    assert sorted(load_seed(tmp_path / "cluster.json").guests) == [101, 102, 200]


@pytest.mark.parametrize("original", [lambda: cluster_from_data(SEED), lambda: build_cluster(nodes=3, guests=12)])
def test_a_cluster_made_of_a_capture_answers_as_the_captured_one(original):
    # Nothing is scrubbed here: the two clusters must not differ at all.
    with Simulator(original(), port=0, task_seconds=0.0) as simulator:
        first = read(simulator)
    again = cluster_from_data(json.loads(json.dumps({"readings": first.readings})))
    with Simulator(again, port=0, task_seconds=0.0) as copy:
        second = read(copy)

    assert first.problems == second.problems == []
    expected, found = answers(first.readings), answers(second.readings)
    assert found.keys() == expected.keys()
    assert {key: found[key] for key in found if found[key] != expected[key]} == {}
