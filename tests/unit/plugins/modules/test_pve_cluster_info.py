from __future__ import annotations

from ansible_collections.playvisor.proxmox.plugins.modules.pve_cluster_info import summarize

VERSION = {"version": "9.2.11", "release": "9.2", "repoid": "14a2"}
MEMBERS = [
    {"type": "cluster", "id": "cluster", "name": "prod", "quorate": 1, "nodes": 2, "version": 4},
    {"type": "node", "id": "node/pve1", "name": "pve1", "online": 1, "nodeid": 1},
    {"type": "node", "id": "node/pve2", "name": "pve2", "online": 0, "nodeid": 2},
]
RESOURCES = [
    {"type": "node", "id": "node/pve1", "node": "pve1", "status": "online", "maxcpu": 8, "cpu": 0.5, "uptime": 60},
    {"type": "node", "id": "node/pve2", "node": "pve2", "status": "offline"},
    {"type": "qemu", "vmid": 100, "name": "a", "node": "pve1", "status": "running", "template": 0},
    {"type": "qemu", "vmid": 101, "name": "b", "node": "pve1", "status": "stopped", "template": 1},
    {"type": "lxc", "vmid": 102, "name": "c", "node": "pve1", "status": "stopped", "template": 0},
    {"type": "lxc", "vmid": 103, "node": "pve2", "status": "unknown"},
    {
        "type": "storage",
        "storage": "local",
        "node": "pve1",
        "plugintype": "dir",
        "shared": 0,
        "disk": 1,
        "maxdisk": 4,
        "status": "available",
    },
    {"type": "sdn", "node": "pve1", "sdn": "localnetwork", "status": "ok"},
]


def test_a_cluster_is_summed_up():
    result = summarize(VERSION, MEMBERS, RESOURCES)

    assert result["cluster"] == {
        "name": "prod",
        "quorate": True,
        "version": "9.2.11",
        "nodes_online": 1,
        "nodes_total": 2,
    }
    assert [(node["node"], node["status"], node["maxcpu"]) for node in result["nodes"]] == [
        ("pve1", "online", 8),
        ("pve2", "offline", None),
    ]
    assert result["guests"] == {
        "total": 4,
        "running": 1,
        "stopped": 1,
        "unknown": 1,
        "templates": 1,
        "by_type": {"qemu": 2, "lxc": 2},
    }
    assert result["storage"] == [
        {
            "storage": "local",
            "node": "pve1",
            "type": "dir",
            "shared": False,
            "status": "available",
            "content": [],
            "used": 1,
            "total": 4,
        }
    ]


def test_a_single_node_is_quorate_and_in_no_cluster():
    status = [{"type": "node", "name": "pve1", "online": 1, "nodeid": 0}]

    cluster = summarize(VERSION, status, [])["cluster"]

    assert (cluster["name"], cluster["quorate"], cluster["nodes_total"]) == (None, True, 1)
