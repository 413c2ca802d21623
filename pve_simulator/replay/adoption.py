# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings that a recording shows before it changes them: the cluster begins with those."""

from __future__ import annotations

import re
from typing import Any

from pve_simulator.replay.recording import Exchange
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.ha import Ha
from pve_simulator.state.node_system import NodeSystem

_NODE_PATH = re.compile(r"/nodes/([^/]+)/(hosts|dns|time|network)$")


def adopt_settings(cluster: Cluster, start: list[Exchange], recording: list[Exchange]) -> None:
    """Take options, hosts files, DNS and such as first shown by the recording, or else at the start."""
    first: dict[str, Any] = {}
    changed: set[str] = set()
    for item in recording:
        if item.method != "GET":
            changed.add(item.path)
        elif item.status == 200 and not item.params and item.path not in changed:
            first.setdefault(item.path, item.data)
    for item in start:
        if item.status == 200:
            first.setdefault(item.path, item.data)
    if "/cluster/options" in first:
        _adopt_options(cluster, first["/cluster/options"] or {})
    if "/cluster/ha/status/current" in first:
        _adopt_manager(cluster, first["/cluster/ha/status/current"])
    for path, data in first.items():
        match = _NODE_PATH.match(path)
        node = cluster.nodes.get(match[1]) if match else None
        if match is not None and node is not None:
            _adopt_system(node.part(NodeSystem), match[2], data)


def _adopt_options(cluster: Cluster, data: dict[str, Any]) -> None:
    cluster.options.clear()
    for name, value in data.items():
        if name == "allowed-tags" or (name == "description" and not value):
            continue
        text = ",".join(f"{key}={item}" for key, item in value.items()) if isinstance(value, dict) else value
        cluster.options[name] = ";".join(text) if isinstance(text, list) else str(text)


def _adopt_manager(cluster: Cluster, data: list[dict[str, Any]]) -> None:
    """The manager has been at work when there is a master."""
    master = next((entry for entry in data if entry.get("type") == "master"), None)
    state = cluster.part(Ha)
    state.active = master is not None
    state.idle_since = float(master["timestamp"]) if master else 0.0


def _adopt_system(system: NodeSystem, what: str, data: Any) -> None:
    if what == "hosts":
        system.hosts = data["data"]
    elif what == "dns":
        system.dns = {name: str(value) for name, value in data.items()}
    elif what == "time":
        system.timezone = data["timezone"]
    else:
        hidden = ("iface", "active")
        system.interfaces = {
            entry["iface"]: {name: value for name, value in entry.items() if name not in hidden} for entry in data
        }
