# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GET /nodes."""

from __future__ import annotations

from typing import Any

from pve_simulator.guests.feed import is_shown, node_figures, node_sizes
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route


@route("GET", "/nodes")
def list_nodes(call: Call) -> list[dict[str, Any]]:
    """All nodes; figures only of those online that the caller may audit."""
    entries = []
    for node in call.cluster.nodes.values():
        entry: dict[str, Any] = {
            "id": f"node/{node.name}",
            "level": "",
            "node": node.name,
            "ssl_fingerprint": node.ssl_fingerprint,
            "status": "online" if node.online else "offline",
            "type": "node",
        }
        if call.subject.may(f"/nodes/{node.name}", "Sys.Audit") and is_shown(call.world, node):
            entry |= node_figures(call.world, node) if node.online else node_sizes(node)
        entries.append(entry)
    return entries
