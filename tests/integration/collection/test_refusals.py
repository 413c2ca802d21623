"""What Proxmox VE would refuse is refused in check mode, by the option that is wrong; what it takes is planned."""

from __future__ import annotations

import pytest
from scenarios.running import run_module

from pve_simulator import Simulator, build_cluster

JOB = {"id": "nightly", "schedule": "02:30", "all": True, "storage": "local"}
ROOTFS = [{"slot": "rootfs", "storage": "local-lvm", "size": 8}]
RULE = {"key": "a", "type": "in", "action": "ACCEPT"}
# Module, options, and the options that the refusal names; none where the plan has steps.
WISHES = [
    ("pve_guest", {"vmid": 101, "add_tags": ["Prod Env"]}, ["add_tags"]),
    ("pve_guest", {"vmid": 101, "new_name": "k3s_10"}, ["new_name"]),
    ("pve_guest", {"name": "web_01", "node": "pve1"}, ["name"]),
    ("pve_guest", {"name": "made", "node": "pve1", "memory": 512, "balloon": 1024}, ["balloon"]),
    ("pve_guest", {"vmid": 101, "boot": ["scsi9"]}, ["boot"]),
    ("pve_guest", {"vmid": 101, "config": {"args": "-x"}}, ["args"]),
    ("pve_guest", {"vmid": 101, "config": {"serial9": "socket"}}, ["serial9"]),
    ("pve_guest", {"vmid": 104, "features": "nesting=1,keyctl=1"}, ["features"]),
    ("pve_clone", {"vmid": 9000, "new_name": "Bad Name!"}, ["new_name"]),
    ("pve_pool", {"pool": "a b"}, ["pool"]),
    ("pve_pool", {"pool": ""}, ["pool"]),
    ("pve_storage", {"storage": "x_", "type": "dir", "config": {"path": "mnt"}}, ["config.path", "storage"]),
    ("pve_backup_job", {**JOB, "schedule": "every tuesday", "comment": "x" * 513}, ["comment", "schedule"]),
    ("pve_backup_job", {**JOB, "notes": "{{name}}"}, ["notes"]),
    ("pve_backup_job", {"id": "few", "schedule": "daily", "storage": "local", "vmids": [5]}, ["vmids"]),
    ("pve_access", {"users": [{"user": "bob@pve", "email": "nope"}]}, ["users[0].email"]),
    ("pve_firewall", {"level": "cluster", "rules": [{**RULE, "source": "10.0.0.5/24"}]}, ["rules[0].source"]),
    (
        "pve_firewall",
        {"level": "node", "node": "pve1", "options": {"nf_conntrack_max": 1}},
        ["options.nf_conntrack_max"],
    ),
    ("pve_ha", {"vmid": 102, "max_restart": -1}, ["max_restart"]),
    (
        "pve_guest",
        {"name": "made", "type": "lxc", "node": "pve1", "ostemplate": "debian", "disks": ROOTFS},
        ["ostemplate"],
    ),
    ("pve_guest", {"vmid": 101, "tags": ["web", " prod"], "new_name": "web-01.example"}, []),
    (
        "pve_storage",
        {"storage": "san", "type": "iscsi", "portal": "10.0.0.1", "target": "iqn.2003-01.example:sn1"},
        [],
    ),
    ("pve_storage", {"storage": "tank", "type": "zfspool", "pool": "rpool/a/b/c/d"}, []),
    ("pve_backup_job", {**JOB, "schedule": "mon..fri 8:00", "mailto": ["root", "a@b.example"]}, []),
    ("pve_firewall", {"level": "cluster", "rules": [{**RULE, "proto": "TCP", "dport": "80:90,ssh"}]}, []),
]


@pytest.mark.thorough
def test_check_mode_says_what_proxmox_ve_will_say():
    with Simulator(build_cluster(nodes=2, guests=8), port=0, task_seconds=0.0) as simulator:
        connection = {
            "PROXMOX_URL": simulator.url,
            "PROXMOX_USER": simulator.user,
            "PROXMOX_TOKEN_ID": simulator.token_id,
            "PROXMOX_TOKEN_SECRET": simulator.token_secret,
            "PROXMOX_FINGERPRINT": simulator.fingerprint,
        }
        results = [run_module(module, options, connection, check=True) for module, options, _named in WISHES]

    for (module, options, named), result in zip(WISHES, results, strict=True):
        assert sorted((result.get("failure") or {}).get("fields") or []) == named, (module, options, result.get("msg"))
        assert result["changed"] is not bool(named)
