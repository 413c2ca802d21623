# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster: everything that a dump holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from pve_simulator.state.access import Access
from pve_simulator.state.guest import Guest
from pve_simulator.state.node import Node
from pve_simulator.state.parts import WithParts
from pve_simulator.state.storage import Storage


@dataclass
class Pool:
    """A resource pool; guests by vmid, storages by id."""

    comment: str | None = None
    vms: list[int] = field(default_factory=list)
    storages: list[str] = field(default_factory=list)


@dataclass
class Cluster(WithParts):
    """A Proxmox VE cluster; without a name it is one stand-alone node.

    `entry` is the node that clients are connected to (the first one when unset). `options` is
    datacenter.cfg with text values.
    """

    name: str | None = None
    entry: str = ""
    nodes: dict[str, Node] = field(default_factory=dict)
    guests: dict[int, Guest] = field(default_factory=dict)
    storages: dict[str, Storage] = field(default_factory=dict)
    pools: dict[str, Pool] = field(default_factory=dict)
    access: Access = field(default_factory=Access)
    options: dict[str, str] = field(default_factory=dict)

    @property
    def local_node(self) -> str:
        """The node that answers requests: the entry, or while it is down the first that is up."""
        entry = self.entry or next(iter(self.nodes))
        if entry in self.nodes and not self.nodes[entry].online:
            return next((name for name, node in self.nodes.items() if node.online), entry)
        return entry

    @property
    def quorate(self) -> bool:
        """Whether more than half of the nodes are online."""
        return sum(node.online for node in self.nodes.values()) * 2 > len(self.nodes)

    def pool_of(self, vmid: int) -> str | None:
        """The pool that a guest is in."""
        return next((name for name, pool in self.pools.items() if vmid in pool.vms), None)

    def list_guests_on(self, node: str, kind: str) -> list[Guest]:
        """A node's guests of one type, in vmid order."""
        guests = [guest for guest in self.guests.values() if guest.node == node and guest.type == kind]
        return sorted(guests, key=lambda guest: guest.vmid)
