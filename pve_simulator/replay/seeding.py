# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster that recordings begin on."""

from __future__ import annotations

from collections.abc import Iterable

from pve_simulator.clusters.readings import Reading, cluster_from_readings
from pve_simulator.replay.recording import Exchange
from pve_simulator.state.access import ROOT, Token
from pve_simulator.state.cluster import Cluster

# What the recordings show in place of the real credentials.
RECORDED_LOGIN = {
    "token": "mcp",
    "secret": "11111111-2222-3333-4444-555555555555",
    "password": "correct-password",
}


def build_cluster(exchanges: Iterable[Exchange]) -> Cluster:
    """The cluster that gave these answers, with the token and password that recordings use."""
    cluster = cluster_from_readings(
        Reading(item.path, item.params or ({"query": item.query} if item.query else {}), item.data)
        for item in exchanges
        # The start was read between the recordings: its firewall settings were left by one of them.
        if item.status == 200 and item.method == "GET" and "/firewall/" not in item.path
    )
    root = cluster.access.users[ROOT]
    root.password = RECORDED_LOGIN["password"]
    root.tokens[RECORDED_LOGIN["token"]] = Token(RECORDED_LOGIN["secret"], privsep=False)
    return cluster
