# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventory: all guests of a cluster, its nodes, and what is known of the names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

from .._api.concurrency import bounded_map
from .._api.errors import NODE_OFFLINE, PveError
from .._api.missing import missing_error
from .guest import Guest

Read = TypeVar("Read")


@dataclass(frozen=True)
class Inventory:
    """All guests of a cluster by vmid, and its nodes with status and memory (bytes).

    I(listed) are the entries, by vmid, of the nodes' lists that were read, by node and type of guest; I(unread) are
    the nodes whose lists could not be read. I(broadcast) are the names that the cluster's list shows, by vmid.
    I(has_case_sensitive_tags) is only read where it makes a difference.
    """

    guests: tuple[Guest, ...]
    nodes: dict[str, str]
    memory: dict[str, int] = field(default_factory=dict)
    listed: Mapping[tuple[str, str], Mapping[int, dict[str, Any]]] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    broadcast: Mapping[int, str] = field(default_factory=dict)
    has_case_sensitive_tags: bool = False

    def is_online(self, node: str) -> bool:
        # A token without Sys.Audit on the node sees no status of it: then only a request to the node shows it.
        return self.nodes.get(node, "online") != "offline"

    def get(self, vmid: int | None) -> Guest | None:
        """The guest with this vmid."""
        return None if vmid is None else self._vmid_index.get(vmid)

    def with_name(self, name: str | None, node: str | None = None) -> list[Guest]:
        """The guests with exactly this name; where some of them are on I(node), only those."""
        namesakes = self._name_index.get(name or "", []) if name is not None else []
        return [guest for guest in namesakes if guest.node == node] or list(namesakes)

    def with_guests(self, guests: Iterable[Guest], without: Iterable[int] = ()) -> Inventory:
        """The inventory with these guests in place of those with the same vmids, and I(without) those vmids."""
        known = {guest.vmid: guest for guest in (*self.guests, *guests)}
        for vmid in without:
            known.pop(vmid, None)
        return replace(self, guests=tuple(known[vmid] for vmid in sorted(known)))

    @cached_property
    def places(self) -> frozenset[tuple[str, str]]:
        """The nodes and types that there are guests of."""
        return frozenset((guest.node, guest.type) for guest in self.guests)

    @cached_property
    def nameless(self) -> list[Guest]:
        """The guests whose names are unknown: on nodes that are down, and on nodes whose lists can't be read."""
        return [
            guest
            for guest in self.guests
            if (not guest.name and not self.is_online(guest.node)) or guest.node in self.unread
        ]

    @cached_property
    def _vmid_index(self) -> dict[int, Guest]:
        return {guest.vmid: guest for guest in self.guests}

    @cached_property
    def _name_index(self) -> dict[str, list[Guest]]:
        found: dict[str, list[Guest]] = {}
        for guest in self.guests:
            found.setdefault(guest.name, []).append(guest)
        return found


def require_member(inventory: Inventory, node: str) -> None:
    """Raise C(not_found) for a node that the cluster has not."""
    # A list without any node says nothing about them.
    if inventory.nodes and node not in inventory.nodes:
        raise missing_error("node", node, inventory.nodes)


def require_online(inventory: Inventory, guest: Guest) -> None:
    """Raise C(node_offline) for a guest whose node is down."""
    if not inventory.is_online(guest.node):
        raise PveError(
            NODE_OFFLINE,
            f"Guest {guest.label} is on node {guest.node}, which is offline.",
            "Bring the node back, or let HA recover the guest; nothing was changed.",
        )


def read_each(
    inventory: Inventory,
    guests: Sequence[Guest],
    throttle: int,
    read: Callable[[Guest], Read],
    on_error: Callable[[Guest, PveError], Read],
) -> list[Read]:
    """I(read) every guest, at most I(throttle) at once; I(on_error) makes the result of those that can't be read."""

    def read_or_report(guest: Guest) -> Read:
        try:
            require_online(inventory, guest)
            return read(guest)
        except PveError as problem:
            return on_error(guest, problem)

    return bounded_map(throttle, read_or_report, guests)


def describe_hidden_names(inventory: Inventory) -> str:
    """The sentence that lists up to ten guests whose names are unknown."""
    hidden = ", ".join(f"{guest.vmid} on {guest.node}" for guest in inventory.nameless[:10])
    return f"The names of these are not known while their node can't be asked: {hidden}."
