# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""High availability: the rules that can't be kept beside others, which Proxmox VE 9.2 refuses. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .._api.errors import INVALID_PARAMETER, PveError

_WHAT_TO_DO = "Take the guests out of one of the two, or disable it."


def check_rule(name: str, rule: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]], nodes: int) -> None:
    """Raise C(invalid_parameter) for a rule that can't be kept beside the others in a cluster of so many nodes.

    Rules are as L(describe_rule) describes them; one that is disabled is without effect.
    """
    if rule["disable"]:
        return
    count = len(rule["resources"])
    if rule.get("affinity") == "negative" and nodes and count > nodes:
        message = f"The rule {name} keeps {count} guests apart, and there are {nodes} nodes."
        raise PveError(INVALID_PARAMETER, message, "Choose fewer guests.")
    enabled = {other_name: other for other_name, other in sorted(others.items()) if not other["disable"]}
    for other_name, other in enabled.items():
        shared = sorted(set(rule["resources"]) & set(other["resources"]))
        problem = _find_conflict(rule, other, len(shared)) if shared else ""
        if problem:
            message = f"The rule {name} can't be beside the rule {other_name}: {', '.join(shared)} {problem}."
            raise PveError(INVALID_PARAMETER, message, _WHAT_TO_DO)
    for names, problem in _find_misplaced({**enabled, name: rule}):
        if name in names:
            message = f"The rules {', '.join(sorted(names))} contradict each other: {problem}."
            raise PveError(INVALID_PARAMETER, message, "Change the nodes of some, or disable one.")


def _find_misplaced(rules: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[set[str], str]]:
    """The rules by which guests can't be together or apart on the nodes that they are for, and why."""
    for name, rule in rules.items():
        members = set(rule["resources"]) if "affinity" in rule else set()
        near = {key: one for key, one in rules.items() if "nodes" in one and members & set(one["resources"])}
        placed = {guest for one in near.values() for guest in one["resources"]} & members
        allowed = {node for one in near.values() for node in one["nodes"]}
        if rule.get("affinity") == "positive" and len(near) > 1:
            yield {name, *near}, "guests that are kept together are in several rules of node affinity"
        elif rule.get("affinity") == "negative" and len(allowed) < len(placed):
            yield (
                {name, *near},
                f"{len(placed)} guests that are kept apart may run on {', '.join(sorted(allowed))} only",
            )


def _find_conflict(rule: Mapping[str, Any], other: Mapping[str, Any], shared: int) -> str:
    """Why two rules that share guests contradict each other; empty if they don't."""
    places = [one["nodes"] for one in (rule, other) if "nodes" in one]
    if len(places) > 1:
        return "can be in one rule of node affinity only"
    if places:
        several = len(set(places[0].values())) > 1
        return "can't have nodes of several priorities and an affinity to other guests" if several else ""
    return "can't be kept together and apart" if shared > 1 and rule["affinity"] != other["affinity"] else ""
