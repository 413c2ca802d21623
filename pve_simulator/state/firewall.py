# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewall's files: one for the cluster, one for each node, each guest and each vnet."""

from __future__ import annotations

from dataclasses import dataclass, field

from pve_simulator.state.parts import state_part

# A rule as its line holds it: type, action, enable ("0" or "1") and what else is set, all text.
Rule = dict[str, str]


@dataclass
class Alias:
    """A name for an address or network; `name` as it was written, though its case does not count."""

    name: str
    cidr: str
    comment: str | None = None


@dataclass
class IpSetEntry:
    """One address, network or alias of an IP set."""

    nomatch: bool = False
    comment: str | None = None


@dataclass
class IpSet:
    """An IP set; its entries by address, network or alias."""

    comment: str | None = None
    entries: dict[str, IpSetEntry] = field(default_factory=dict)


@dataclass
class SecurityGroup:
    """A named list of rules."""

    comment: str | None = None
    rules: list[Rule] = field(default_factory=list)


@dataclass
class FirewallFile:
    """One file. Aliases are by lower-case name; only the cluster's file has groups."""

    options: dict[str, str] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    aliases: dict[str, Alias] = field(default_factory=dict)
    ipsets: dict[str, IpSet] = field(default_factory=dict)
    groups: dict[str, SecurityGroup] = field(default_factory=dict)


@state_part("firewall")
@dataclass
class Firewall:
    """All files. A guest's is by vmid, and may be there without the guest."""

    cluster: FirewallFile = field(default_factory=FirewallFile)
    nodes: dict[str, FirewallFile] = field(default_factory=dict)
    guests: dict[int, FirewallFile] = field(default_factory=dict)
    vnets: dict[str, FirewallFile] = field(default_factory=dict)
