# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rules of high availability can't be kept, alone or beside others (PVE::HA::Rules). Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pve_simulator.state.sections import Options

# What can be set for a rule of each type, and what must be.
OPTIONS = {
    "node-affinity": Options.build("strict disable comment", "resources nodes"),
    "resource-affinity": Options.build("disable comment", "resources affinity"),
}

_Rules = Mapping[str, "_Rule"]
_Problems = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Rule:
    resources: frozenset[str]
    # Nodes with their priorities; of node affinity only.
    nodes: Mapping[str, int]


def split_list(text: Any) -> list[str]:
    """The items of a list as rules keep it."""
    return [item for item in str(text or "").split(",") if item]


def find_problems(rules: Mapping[str, Mapping[str, Any]], nodes: int) -> dict[str, list[str]]:
    """What is wrong with the resources of each rule in a cluster of so many nodes; disabled rules don't count."""
    enabled = {name: rule for name, rule in sorted(rules.items()) if not rule.get("disable")}
    located = {name: _read_rule(rule) for name, rule in enabled.items() if rule["type"] == "node-affinity"}
    affine = {name: rule for name, rule in enabled.items() if rule["type"] == "resource-affinity"}
    together = {name: _read_rule(rule) for name, rule in affine.items() if rule["affinity"] == "positive"}
    apart = {name: _read_rule(rule) for name, rule in affine.items() if rule["affinity"] == "negative"}
    problems: dict[str, list[str]] = {}
    for check in (
        _check_located_once(located),
        _check_counts({**together, **apart}, apart, nodes),
        _check_contradictions(together, apart),
        _check_priorities({**together, **apart}, located),
        _check_located_together(together, located),
        _check_located_apart(apart, located),
    ):
        for name, text in check:
            problems.setdefault(name, []).append(text)
    return problems


def _read_rule(rule: Mapping[str, Any]) -> _Rule:
    nodes = (item.partition(":") for item in split_list(rule.get("nodes")))
    return _Rule(frozenset(split_list(rule["resources"])), {name: int(level or 0) for name, dummy, level in nodes})


def _check_located_once(located: _Rules) -> _Problems:
    for name, rule in located.items():
        others = [other.resources for key, other in located.items() if key != name]
        for sid in sorted(rule.resources):
            if any(sid in other for other in others):
                yield name, f"resource '{sid}' is already used in another node affinity rule"


def _check_counts(affine: _Rules, apart: _Rules, nodes: int) -> _Problems:
    for name, rule in affine.items():
        if len(rule.resources) < 2:
            yield name, "rule is ineffective as there are less than two resources"
    for name, rule in apart.items():
        if len(rule.resources) > nodes:
            yield name, "rule defines more resources than available nodes"


def _check_contradictions(together: _Rules, apart: _Rules) -> _Problems:
    for names, resources in _merge(together):
        clashing = [name for name, rule in apart.items() if len(rule.resources & resources) > 1]
        for name in clashing:
            yield name, "rule shares two or more resources with a positive resource affinity rule"
        for name in names if clashing else ():
            yield name, "rule shares two or more resources with a negative resource affinity rule"


def _check_priorities(affine: _Rules, located: _Rules) -> _Problems:
    for name, rule in sorted(affine.items()):
        paired = {key: other for key, other in located.items() if other.resources & rule.resources}
        if any(len(set(other.nodes.values())) > 1 for other in paired.values()):
            for key in paired:
                yield (
                    key,
                    "resources are in a resource affinity rule and cannot be in a node affinity rule"
                    " with multiple priorities",
                )
            yield name, "resources are in node affinity rules with multiple priorities"


def _check_located_together(together: _Rules, located: _Rules) -> _Problems:
    for names, resources in _merge(together):
        paired = [key for key, other in located.items() if other.resources & resources]
        if len(paired) > 1:
            for key in paired:
                yield (
                    key,
                    "at least one resource is in a positive resource affinity rule and there are other resources"
                    " in at least one other node affinity rule already",
                )
            for name in names:
                yield name, "resources are in multiple node affinity rules"


def _check_located_apart(apart: _Rules, located: _Rules) -> _Problems:
    for name, rule in apart.items():
        paired = {key: other for key, other in located.items() if other.resources & rule.resources}
        placed = {sid for other in paired.values() for sid in other.resources & rule.resources}
        allowed = {node for other in paired.values() for node in other.nodes}
        if len(allowed) < len(placed):
            yield name, "two or more resources are restricted to less nodes than available to the resources"
            for key in paired:
                yield (
                    key,
                    "at least one resource is in a negative resource affinity rule and this rule would restrict"
                    " these to less nodes than available to the resources",
                )


def _merge(rules: _Rules) -> list[tuple[list[str], frozenset[str]]]:
    """Rules that share resources put together: their names and all of their resources."""
    groups: list[tuple[list[str], frozenset[str]]] = []
    for name, rule in rules.items():
        names, resources = [name], rule.resources
        for group in [group for group in groups if group[1] & resources]:
            groups.remove(group)
            names, resources = [*group[0], *names], group[1] | resources
        groups.append((names, resources))
    return groups
