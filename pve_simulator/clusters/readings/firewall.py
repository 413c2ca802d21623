# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewall of the cluster, of nodes and of guests from readings."""

from __future__ import annotations

from typing import Any

from pve_simulator.clusters.readings.answers import Answers, to_texts
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.firewall import Alias, Firewall, FirewallFile, IpSet, IpSetEntry, Rule, SecurityGroup

_FILE = r"/(?:cluster|nodes/(?P<node>[^/]+)(?:/(?:qemu|lxc)/(?P<vmid>\d+))?)/firewall"


def load(cluster: Cluster, answers: Answers) -> None:
    """Every file that has anything in it."""
    firewall = cluster.part(Firewall)
    places = {match["place"]: match for match, _data in answers.find_matching(rf"(?P<place>{_FILE})/(?:options|rules)")}
    for place, match in places.items():
        file = _read_file(answers, place)
        if file == FirewallFile():
            continue
        if match["vmid"]:
            firewall.guests[int(match["vmid"])] = file
        elif match["node"]:
            firewall.nodes[match["node"]] = file
        else:
            firewall.cluster = file


def _read_file(answers: Answers, place: str) -> FirewallFile:
    file = FirewallFile(
        to_texts(answers.get(f"{place}/options") or {}, "digest"), _read_rules(answers, f"{place}/rules")
    )
    for entry in answers.entries(f"{place}/aliases"):
        file.aliases[entry["name"].lower()] = Alias(entry["name"], entry["cidr"], entry.get("comment"))
    for entry in answers.entries(f"{place}/ipset"):
        ipset = file.ipsets[entry["name"]] = IpSet(entry.get("comment"))
        for member in answers.entries(f"{place}/ipset/{entry['name']}"):
            ipset.entries[member["cidr"]] = IpSetEntry(bool(member.get("nomatch")), member.get("comment"))
    for entry in answers.entries(f"{place}/groups"):
        rules = _read_rules(answers, f"{place}/groups/{entry['group']}")
        file.groups[entry["group"]] = SecurityGroup(entry.get("comment"), rules)
    return file


def _read_rules(answers: Answers, path: str) -> list[Rule]:
    entries: list[dict[str, Any]] = sorted(answers.entries(path), key=lambda entry: int(entry.get("pos", 0)))
    return [{"enable": "0", **to_texts(entry, "pos", "digest", "ipversion")} for entry in entries]
