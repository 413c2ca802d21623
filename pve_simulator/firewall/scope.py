# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scope of a rule: its possible types, and the aliases and IP sets that it can name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pve_simulator.state.firewall import Alias, FirewallFile

Env = Literal["cluster", "host", "vm", "ct", "group", "vnet"]

_GUEST_TYPES = ("in", "out", "group")
_ALL_TYPES = ("in", "out", "forward", "group")
_TYPES: dict[Env, tuple[str, ...]] = {
    "cluster": _ALL_TYPES,
    "host": _ALL_TYPES,
    "vm": _GUEST_TYPES,
    "ct": _GUEST_TYPES,
    "group": ("in", "out", "forward"),
    "vnet": ("forward", "group"),
}
_NAME = r"[A-Za-z][A-Za-z0-9\-_]+"
_IPSET = re.compile(rf"\+(sdn/|guest/|dc/)?({_NAME})")
_ALIAS = re.compile(rf"(guest/|dc/)?({_NAME})")


@dataclass(frozen=True, slots=True)
class Scope:
    """A file and the cluster's; for the cluster's own rules the two are one."""

    env: Env
    own: FirewallFile
    cluster: FirewallFile

    @property
    def types(self) -> tuple[str, ...]:
        """The rule types that may stand here."""
        return _TYPES[self.env]

    @property
    def allows_iface(self) -> bool:
        """Whether rules may name an interface."""
        return self.env not in ("group", "vnet")

    @property
    def is_guest(self) -> bool:
        """Whether interfaces are the guest's `netN`."""
        return self.env in ("vm", "ct")

    def has_ipset(self, name: str) -> bool:
        """Whether there is such an IP set, in either file."""
        return name in self.own.ipsets or name in self.cluster.ipsets

    def has_alias(self, name: str) -> bool:
        """Whether there is such an alias, in either file."""
        return name.lower() in self.own.aliases or name.lower() in self.cluster.aliases

    def find_alias(self, scope: str, name: str) -> Alias | None:
        """An alias by its scope ('', 'dc/' or 'guest/') and its name in any case; the guest's own goes first."""
        files = [] if scope == "dc/" or not self.is_guest else [self.own]
        files += [] if scope == "guest/" else [self.cluster]
        matches = [file.aliases[name.lower()] for file in files if name.lower() in file.aliases]
        return matches[0] if matches else None


def alias_reference(text: str) -> tuple[str, str] | None:
    """Scope and name when a text is an alias, not an address."""
    match = _ALIAS.fullmatch(text)
    return (match[1] or "", match[2]) if match else None


def ipset_reference(text: str) -> tuple[str, str] | None:
    """Scope and name of a `+name`."""
    match = _IPSET.fullmatch(text)
    return (match[1] or "", match[2]) if match else None
