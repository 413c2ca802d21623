# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guests: what a cluster has, how they are addressed, and which of them a task means."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from ._client import segment
from ._concurrency import bounded_map
from ._errors import AMBIGUOUS, INVALID_PARAMETER, NODE_OFFLINE, NOT_FOUND, PveError

Read = TypeVar("Read")

TYPES = ("qemu", "lxc")
_LONGEST_NAME = 80


@dataclass(frozen=True)
class Guest:
    """A QEMU or LXC guest as lists show it. Sizes are in bytes, I(uptime) in seconds.

    I(config) is its own configuration, pending changes included, where that was read.
    """

    vmid: int
    name: str
    node: str
    type: str
    status: str
    tags: tuple[str, ...] = ()
    pool: str | None = None
    template: bool = False
    lock: str | None = None
    hastate: str | None = None
    cpus: int | None = None
    maxmem: int | None = None
    mem: int | None = None
    maxdisk: int | None = None
    uptime: int | None = None
    config: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def label(self) -> str:
        return f"{self.vmid} ({self.name})" if self.name else str(self.vmid)

    @property
    def path(self) -> str:
        return f"/nodes/{segment(self.node)}/{self.type}/{self.vmid}"

    def identity(self) -> dict[str, Any]:
        return {"vmid": self.vmid, "name": self.name, "node": self.node, "type": self.type}

    def as_dict(self) -> dict[str, Any]:
        """What lists show of it, tags as a list."""
        shown = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "config"}
        return {**shown, "tags": list(self.tags)}


@dataclass(frozen=True)
class Inventory:
    """All guests of a cluster by vmid, and its nodes with status and memory (bytes).

    I(listed) are the entries, by vmid, of the lists of nodes that were read, by node and type of guest; I(unread) are
    the nodes whose lists could not be read. I(broadcast) are the names that the cluster's list shows, by vmid.
    """

    guests: tuple[Guest, ...]
    nodes: dict[str, str]
    memory: dict[str, int] = field(default_factory=dict)
    listed: Mapping[tuple[str, str], Mapping[int, dict[str, Any]]] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    broadcast: Mapping[int, str] = field(default_factory=dict)

    def online(self, node: str) -> bool:
        # A token without Sys.Audit on the node sees no status for it: then let the node speak for itself.
        return self.nodes.get(node, "online") != "offline"

    def get(self, vmid: int | None) -> Guest | None:
        """The guest with this vmid."""
        return next((guest for guest in self.guests if guest.vmid == vmid), None)

    def with_name(self, name: str | None) -> list[Guest]:
        """The guests with exactly this name."""
        return [guest for guest in self.guests if guest.name == name]

    def with_guests(self, guests: Iterable[Guest], without: Iterable[int] = ()) -> Inventory:
        """The inventory with these guests in place of those with their vmids, and I(without) those vmids."""
        known = {guest.vmid: guest for guest in (*self.guests, *guests)}
        for vmid in without:
            known.pop(vmid, None)
        return replace(self, guests=tuple(known[vmid] for vmid in sorted(known)))


@dataclass(frozen=True)
class Selector:
    """Which guests are meant: every given criterion must hold; within a list any entry will do, but all I(tags)."""

    vmids: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    pool: str | None = None
    node: str | None = None
    type: str | None = None
    status: str | None = None
    templates: bool | None = None

    @classmethod
    def from_params(cls, guests: dict[str, Any] | None) -> Selector:
        given = {key: value for key, value in (guests or {}).items() if value is not None}
        for key in ("vmids", "names", "tags"):
            given[key] = tuple(given.get(key, ()))
        return cls(**given)

    @property
    def empty(self) -> bool:
        return self == Selector(templates=self.templates)

    @property
    def names_some(self) -> bool:
        """Whether names choose: not where any name will do."""
        return bool(self.names) and "*" not in self.names

    def matches(self, guest: Guest) -> bool:
        return (
            self.matches_at_once(guest)
            and (not self.names or any(fnmatch.fnmatchcase(guest.name, glob) for glob in self.names))
            and self.type in (None, guest.type)
            and self.status in (None, guest.status)
            and self.templates in (None, guest.template)
        )

    def matches_at_once(self, guest: Guest) -> bool:
        """Whether it meets the criteria that the cluster's list shows as they are right now."""
        return (
            (not self.vmids or guest.vmid in self.vmids)
            and {tag.lower() for tag in self.tags} <= set(guest.tags)
            and self.pool in (None, guest.pool)
            and self.node in (None, guest.node)
        )


def guest_from_entry(entry: dict[str, Any], **known: Any) -> Guest:
    """A guest from an entry of C(/cluster/resources) or of C(/nodes/{node}/qemu|lxc), which lacks node and type."""
    entry = {**entry, **known}
    cpus = entry.get("maxcpu", entry.get("cpus"))
    return Guest(
        vmid=int(entry["vmid"]),
        name=str(entry.get("name") or ""),
        node=entry["node"],
        type=entry["type"],
        status=str(entry.get("status", "unknown")),
        tags=_tags(entry),
        pool=entry.get("pool"),
        template=bool(int(entry.get("template") or 0)),
        lock=entry.get("lock"),
        hastate=entry.get("hastate"),
        cpus=None if cpus is None else int(cpus),
        maxmem=entry.get("maxmem"),
        mem=entry.get("mem"),
        maxdisk=entry.get("maxdisk"),
        uptime=entry.get("uptime"),
    )


def guest_from_config(guest: Guest, config: Mapping[str, Any]) -> Guest:
    """The guest with what its own configuration (C(GET .../config)) says of it, which comes with it."""
    nameless, name = ("VM ", "name") if guest.type == "qemu" else ("CT", "hostname")
    return replace(
        guest,
        # As lists call a guest without a name.
        name=str(config.get(name) or f"{nameless}{guest.vmid}"),
        tags=_tags(config),
        template=bool(int(config.get("template") or 0)),
        lock=config.get("lock"),
        config=config,
    )


def _tags(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(tag for tag in str(entry.get("tags") or "").replace(",", ";").split(";") if tag.strip())


def find_one(inventory: Inventory, vmid: int | None, name: str | None, node: str | None = None) -> Guest:
    """The one guest with this vmid or name; I(node) only asserts where it is."""
    asked = f"vmid {vmid}" if vmid is not None else f"name {name}"
    found = [g for g in (inventory.get(vmid),) if g] if vmid is not None else inventory.with_name(name)
    if vmid is not None and name is not None and found and found[0].name != name:
        raise PveError(
            NOT_FOUND,
            f"Guest {vmid} is named {found[0].name}, not {name}.",
            "Give one of the two, or the pair that belongs together.",
        )
    if not found:
        raise _none_found(inventory, asked, name)
    if len(found) > 1:
        raise _ambiguous(str(name), found)
    guest = found[0]
    if node is not None and guest.node != node:
        raise PveError(
            NOT_FOUND,
            f"Guest {guest.label} is on node {guest.node}, not on {node}.",
            "Leave node out (it is found), or correct it.",
        )
    return guest


def find_many(inventory: Inventory, selector: Selector) -> list[Guest]:
    """The guests that a selector means, by vmid. A vmid or a plain name in it must exist, a glob need not match."""
    missing = sorted(set(selector.vmids) - {guest.vmid for guest in inventory.guests})
    if missing:
        raise _none_found(inventory, "vmid " + ", ".join(map(str, missing)), None)
    for name in selector.names:
        if not set(name) & set("*?["):
            find_one(inventory, None, name)
    return [guest for guest in inventory.guests if selector.matches(guest)]


def find(inventory: Inventory, params: dict[str, Any], required: bool) -> list[Guest]:
    """The guests that a module's C(vmid), C(name), C(node) and C(guests) options mean.

    I(required) refuses a task that names none at all, which would mean every guest.
    """
    vmid, name = params.get("vmid"), params.get("name")
    if vmid is not None or name is not None:
        return [find_one(inventory, vmid, name, params.get("node"))]
    selector = Selector.from_params(params.get("guests"))
    if required and selector.empty:
        raise PveError(
            INVALID_PARAMETER,
            "No guest is named.",
            "Give vmid or name for one guest, or at least one criterion in guests (such as tags or names: ['*']).",
        )
    chosen = find_many(inventory, selector)
    node = params.get("node")
    elsewhere = [guest for guest in chosen if node is not None and guest.node != node]
    if elsewhere:
        labels = ", ".join(f"{guest.label} on {guest.node}" for guest in elsewhere)
        raise PveError(
            NOT_FOUND,
            f"Not on node {node}: {labels}.",
            "Leave node out, or use guests.node to choose by node.",
        )
    return chosen


def find_to_change(inventory: Inventory, params: dict[str, Any]) -> list[Guest]:
    """As L(find), for a change: some guest must be named, and templates only count when they are named or asked for."""
    chosen = find(inventory, params, required=True)
    selector = Selector.from_params(params.get("guests"))
    if selector.empty or selector.vmids or selector.templates is not None:
        return chosen
    return [guest for guest in chosen if not guest.template]


def require_online(inventory: Inventory, guest: Guest) -> None:
    """Raise C(node_offline) for a guest whose node is down."""
    if not inventory.online(guest.node):
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
    failed: Callable[[Guest, PveError], Read],
) -> list[Read]:
    """I(read) of every guest, at most I(throttle) at once; I(failed) of those that could not be read."""

    def look(guest: Guest) -> Read:
        try:
            require_online(inventory, guest)
            return read(guest)
        except PveError as problem:
            return failed(guest, problem)

    return bounded_map(throttle, look, guests)


def _none_found(inventory: Inventory, asked: str, name: str | None) -> PveError:
    asked = asked if len(asked) <= _LONGEST_NAME else f"{asked[:_LONGEST_NAME]}…"
    hint = "List the guests to see what is there; a token sees only guests on which it has VM.Audit."
    if name:
        if nameless(inventory):
            return PveError(
                NODE_OFFLINE,
                f"No guest on a node that can be asked has {asked}. {describe_hidden_names(inventory)}",
                "Name it by its vmid, or bring the node back; nothing was changed.",
            )
        renamed = [g for g in inventory.guests if inventory.broadcast.get(g.vmid) == name != g.name]
        if renamed:
            return PveError(NOT_FOUND, f"There is no guest with {asked} any more.", _describe_renamed(renamed))
        near = [g.label for g in inventory.guests if g.name.lower() == name.lower() or g.name.startswith(name)]
        if near:
            hint = f"Similar: {', '.join(near[:5])}. Names are case-sensitive."
    return PveError(NOT_FOUND, f"There is no guest with {asked}.", hint)


def _describe_renamed(renamed: Iterable[Guest]) -> str:
    names = ", ".join(f"{guest.vmid} is named {guest.name} now" for guest in renamed)
    return f"It was renamed a moment ago, and lists still show the old name: {names}."


def nameless(inventory: Inventory) -> list[Guest]:
    """The guests whose names can't be known now: on nodes that are down, and on those whose lists can't be read."""
    return [
        guest
        for guest in inventory.guests
        if (not guest.name and not inventory.online(guest.node)) or guest.node in inventory.unread
    ]


def describe_hidden_names(inventory: Inventory) -> str:
    """The sentence that says whose names are not known."""
    hidden = ", ".join(f"{guest.vmid} on {guest.node}" for guest in nameless(inventory)[:10])
    return f"The names of these are not known while their node can't be asked: {hidden}."


def _ambiguous(name: str, found: Iterable[Guest]) -> PveError:
    labels = ", ".join(f"{guest.vmid} ({guest.type} on {guest.node})" for guest in found)
    return PveError(AMBIGUOUS, f"More than one guest is named {name}: {labels}.", "Use the vmid of the one you mean.")
