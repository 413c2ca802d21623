# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/config: corosync's view of the cluster."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import ApiError, failure
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.conf_file import digest_of
from pve_simulator.state.node import Node
from pve_simulator.world.tasks import Task

_JOIN_VERSION = "1"


@route("GET", "/cluster/config/apiversion")
def api_version(call: Call) -> str:
    """The version of the join API."""
    return _JOIN_VERSION


@route("GET", "/cluster/config/nodes")
def nodes(call: Call) -> list[dict[str, str]]:
    """The members of the cluster; a stand-alone node has none."""
    if call.cluster.name is None:
        return []
    return [{**_describe_member(node), "node": node.name} for node in call.cluster.nodes.values()]


@route("GET", "/cluster/config/totem")
def totem(call: Call) -> dict[str, Any] | None:
    """The totem section; nothing on a stand-alone node."""
    return _describe_totem(call.cluster) if call.cluster.name is not None else None


@route("GET", "/cluster/config/join")
def join_information(call: Call) -> dict[str, Any]:
    """What a node needs to join."""
    cluster = call.cluster
    if cluster.name is None:
        raise ApiError(424, "node is not in a cluster, no join info available!", newline=False)
    preferred = call.text("node") or cluster.local_node
    members = [
        {**_describe_member(node), "pve_addr": node.ip, "pve_fp": node.ssl_fingerprint}
        for node in cluster.nodes.values()
    ]
    return {
        "nodelist": members,
        "preferred_node": preferred,
        "totem": _describe_totem(cluster),
        "config_digest": digest_of(f"{cluster.name}{sorted(cluster.nodes)}"),
    }


@route("GET", "/cluster/config/qdevice")
def qdevice(call: Call) -> dict[str, Any]:
    """No quorum device is configured."""
    return {}


@route("POST", "/cluster/config")
def create(call: Call) -> str:
    """Make a cluster of this stand-alone node."""
    cluster = call.cluster
    if cluster.name is not None:
        raise failure("cluster config '/etc/pve/corosync.conf' already exists")

    async def worker(task: Task) -> None:
        task.say("Corosync Cluster Engine Authentication key generator.")
        await task.work()
        task.say("Writing corosync config to /etc/pve/corosync.conf")
        task.say("Restart corosync and cluster filesystem")
        cluster.name = call.need("clustername")
        cluster.nodes[cluster.local_node].id = call.integer("nodeid", 1)

    return call.task("clustercreate", call.need("clustername"), worker)


@route("DELETE", "/cluster/config/nodes/{node}")
def remove(call: Call) -> None:
    """Remove a node from the cluster; it must be offline and not the node that answers."""
    cluster, name = call.cluster, call.need("node")
    node = cluster.nodes.get(name)
    if cluster.name is None or node is None:
        raise failure(f"Node/IP: {name} is not a known host of the cluster.")
    if name == cluster.local_node:
        raise failure("Cannot delete myself from cluster!")
    del cluster.nodes[name]
    for vmid in [vmid for vmid, guest in cluster.guests.items() if guest.node == name]:
        del cluster.guests[vmid]


def _describe_member(node: Node) -> dict[str, str]:
    return {"name": node.name, "nodeid": str(node.id), "quorum_votes": "1", "ring0_addr": node.ip}


def _describe_totem(cluster: Cluster) -> dict[str, Any]:
    return {
        "cluster_name": cluster.name,
        "config_version": str(len(cluster.nodes)),
        "interface": {"0": {"linknumber": "0"}},
        "ip_version": "ipv4-6",
        "link_mode": "passive",
        "secauth": "on",
        "token_coefficient": "125",
        "version": "2",
    }
