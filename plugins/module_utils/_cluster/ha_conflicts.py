# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""High availability: the rules that can't be kept beside others, which Proxmox VE 9.2 refuses. Pure."""

from __future__ import annotations

from collections.abc import Mapping
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
    for other_name, other in sorted(others.items()):
        shared = sorted(set(rule["resources"]) & set(other["resources"]))
        problem = "" if other["disable"] or not shared else _find_conflict(rule, other, len(shared))
        if problem:
            message = f"The rule {name} can't be beside the rule {other_name}: {', '.join(shared)} {problem}."
            raise PveError(INVALID_PARAMETER, message, _WHAT_TO_DO)


def _find_conflict(rule: Mapping[str, Any], other: Mapping[str, Any], shared: int) -> str:
    """Why two rules that share guests contradict each other; empty if they don't."""
    places = [one["nodes"] for one in (rule, other) if "nodes" in one]
    if len(places) > 1:
        return "can be in one rule of node affinity only"
    if places:
        several = len(set(places[0].values())) > 1
        return "can't have nodes of several priorities and an affinity to other guests" if several else ""
    return "can't be kept together and apart" if shared > 1 and rule["affinity"] != other["affinity"] else ""
