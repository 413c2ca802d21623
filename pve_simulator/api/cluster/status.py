# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GET /cluster/status."""

from __future__ import annotations

from typing import Any

from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route


@route("GET", "/cluster/status")
def status(call: Call) -> list[dict[str, Any]]:
    """The cluster, when it is one, and its nodes."""
    cluster = call.cluster
    entries: list[dict[str, Any]] = []
    if cluster.name is not None:
        entries.append(
            {
                "id": "cluster",
                "name": cluster.name,
                "nodes": len(cluster.nodes),
                "quorate": int(cluster.quorate),
                "type": "cluster",
                "version": len(cluster.nodes),
            }
        )
    for node in cluster.nodes.values():
        entries.append(
            {
                "id": f"node/{node.name}",
                "ip": node.ip,
                "level": "",
                "local": int(node.name == cluster.local_node),
                "name": node.name,
                "nodeid": node.id,
                "online": int(node.online),
                "type": "node",
            }
        )
    return entries
