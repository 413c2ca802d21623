# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes, their networks, and datacenter.cfg from readings."""

from __future__ import annotations

from typing import Any

from pve_simulator.clusters.readings.answers import Answers, property_string
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.node import Node
from pve_simulator.state.node_system import NodeSystem

_MAC_PREFIX = "BC:24:11"
# What a server shows though it is not in the file.
_SHOWN = frozenset({"allowed-tags", "registered-tags"})


def load(cluster: Cluster, answers: Answers) -> None:
    """Nodes with their size, and which one answered."""
    for entry in answers.entries("/cluster/status"):
        if entry["type"] == "cluster":
            cluster.name = entry["name"]
        else:
            node = Node(entry["name"], entry["nodeid"], entry.get("ip", ""), bool(entry["online"]))
            cluster.nodes[node.name] = node
            if entry.get("local"):
                cluster.entry = node.name
    listed = [entry for entry in answers.entries("/cluster/resources") if entry["type"] == "node"]
    for entry in [*listed, *answers.entries("/nodes")]:
        member = cluster.nodes.get(entry["node"])
        if member is None:
            member = Node(entry["node"], online=entry.get("status") != "offline")
            cluster.nodes[member.name] = member
        member.cpus = entry.get("maxcpu", member.cpus)
        member.maxmem = entry.get("maxmem", member.maxmem)
        member.maxdisk = entry.get("maxdisk", member.maxdisk)
    for match, interfaces in answers.find_matching("/nodes/([^/]+)/network"):
        if match[1] in cluster.nodes:
            cluster.nodes[match[1]].part(NodeSystem).interfaces = {
                entry["iface"]: {key: value for key, value in entry.items() if key not in ("iface", "active", "exists")}
                for entry in interfaces
            }


def load_options(cluster: Cluster, answers: Answers) -> None:
    """datacenter.cfg. Tags that no guest has are registered there, even where that cannot be read."""
    options: dict[str, Any] = answers.get("/cluster/options") or {}
    for name, value in options.items():
        if name not in _SHOWN and value not in ("", None) and (name, value) != ("mac_prefix", _MAC_PREFIX):
            cluster.options[name] = property_string(value)
    used = {tag for guest in cluster.guests.values() for tag in guest.config.get("tags", "").split(";")}
    registered = options.get("registered-tags") or sorted(set(options.get("allowed-tags") or ()) - used)
    if registered:
        cluster.options["registered-tags"] = property_string(registered)
