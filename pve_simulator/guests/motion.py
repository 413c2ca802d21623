# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What HA rules mean for a guest's migration: which guests move with it, and what blocks it from which node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Guest
from pve_simulator.state.ha import Ha, service_id


def find_dependents(cluster: Cluster, guest: Guest) -> list[str]:
    """The managed guests that the rules keep together with this one."""
    sid = service_id(guest)
    return sorted(
        {other for rule in _find_rules(cluster, sid, "positive") for other in _split_names(rule, "resources")} - {sid}
    )


def find_blockers(cluster: Cluster, guest: Guest, node: str) -> list[dict[str, str]]:
    """Why the rules keep a guest off a node: guests that must not be together with it, or the node itself."""
    sid = service_id(guest)
    apart = {other for rule in _find_rules(cluster, sid, "negative") for other in _split_names(rule, "resources")} - {
        sid
    }
    on_node = {service_id(other) for other in cluster.guests.values() if other.node == node}
    blockers = [{"sid": other, "cause": "resource-affinity"} for other in sorted(apart & on_node)]
    if any(node not in _split_names(rule, "nodes") for rule in _find_rules(cluster, sid, "strict")):
        blockers.append({"sid": sid, "cause": "node-affinity"})
    return blockers


def _find_rules(cluster: Cluster, sid: str, kind: str) -> Iterator[dict[str, Any]]:
    """The rules in force for a resource: those of an affinity, or with `strict` those that name its only nodes."""
    for rule in cluster.part(Ha).rules.values():
        if rule.get("disable") or sid not in _split_names(rule, "resources"):
            continue
        if kind == "strict":
            if rule["type"] == "node-affinity" and rule.get("strict"):
                yield rule
        elif rule["type"] == "resource-affinity" and rule.get("affinity") == kind:
            yield rule


def _split_names(rule: dict[str, Any], key: str) -> list[str]:
    """The members of a rule's list; nodes without their priorities."""
    items = str(rule.get(key, "")).split(",")
    return [item.partition(":")[0] for item in items] if key == "nodes" else items
