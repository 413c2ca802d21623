# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Select the guests of an inventory that a task means."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._api.errors import AMBIGUOUS, INVALID_PARAMETER, NODE_OFFLINE, NOT_FOUND, PveError
from .._api.missing import find_near
from .guest import TYPES, Guest
from .inventory import Inventory, describe_hidden_names, require_member
from .tags import check_tags, contains_tags

_LONGEST_NAME = 80


@dataclass(frozen=True)
class Selector:
    """Which guests are meant: every criterion must match; of a list any entry must, but of I(tags) all.

    I(has_case_sensitive_tags) is no criterion: it says how the cluster compares tags.
    """

    vmids: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    pool: str | None = None
    node: str | None = None
    type: str | None = None
    status: str | None = None
    templates: bool | None = None
    has_case_sensitive_tags: bool = field(default=False, compare=False)

    @classmethod
    def from_params(cls, guests: dict[str, Any] | None, inventory: Inventory | None = None) -> Selector:
        """The selector that the C(guests) option of a module describes, for the guests of this inventory."""
        criteria = {key: value for key, value in (guests or {}).items() if value is not None}
        for key in ("vmids", "names", "tags"):
            criteria[key] = tuple(criteria.get(key, ()))
        check_tags("guests.tags", criteria["tags"])
        return cls(**criteria, has_case_sensitive_tags=inventory is not None and inventory.has_case_sensitive_tags)

    @property
    def is_empty(self) -> bool:
        return self == Selector(templates=self.templates)

    @property
    def has_names(self) -> bool:
        """Whether names are a criterion: not if any name matches."""
        return bool(self.names) and "*" not in self.names

    def depends_on_case(self, inventory: Inventory) -> bool:
        """Whether it makes a difference if the cluster's tags are case-sensitive."""
        return any(
            contains_tags(guest.tags, self.tags, case_sensitive=True)
            != contains_tags(guest.tags, self.tags, case_sensitive=False)
            for guest in inventory.guests
        )

    def matches(self, guest: Guest) -> bool:
        return (
            self.matches_at_once(guest)
            and (not self.names or any(fnmatch.fnmatchcase(guest.name, glob) for glob in self.names))
            and self.type in (None, guest.type)
            and self.status in (None, guest.status)
            and self.templates in (None, guest.template)
        )

    def matches_at_once(self, guest: Guest) -> bool:
        """Whether a guest meets the criteria of which the cluster's list is always current."""
        return (
            (not self.vmids or guest.vmid in self.vmids)
            and contains_tags(guest.tags, self.tags, case_sensitive=self.has_case_sensitive_tags)
            and self.pool in (None, guest.pool)
            and self.node in (None, guest.node)
        )


def find_one(inventory: Inventory, vmid: int | None, name: str | None, node: str | None = None) -> Guest:
    """The one guest with this vmid or name, which must be on I(node); of several with the name, the one that is."""
    criterion = f"vmid {vmid}" if vmid is not None else f"name {name}"
    found = [g for g in (inventory.get(vmid),) if g] if vmid is not None else inventory.with_name(name, node)
    if vmid is not None and name is not None and found and found[0].name != name:
        raise PveError(
            NOT_FOUND,
            f"Guest {vmid} is named {found[0].name}, not {name}.",
            "Give one of the two, or the pair that belongs together.",
        )
    if not found:
        raise _not_found_error(inventory, criterion, name)
    if len(found) > 1:
        raise _ambiguous_error(str(name), found)
    guest = found[0]
    if node is not None and guest.node != node:
        raise PveError(
            NOT_FOUND,
            f"Guest {guest.label} is on node {guest.node}, not on {node}.",
            "Leave node out (it is found), or correct it.",
        )
    return guest


def find_many(inventory: Inventory, selector: Selector, node: str | None = None) -> list[Guest]:
    """The guests that a selector matches, by vmid. Its vmids, plain names and node must exist; globs need not match.

    A plain name means one guest: of several that meet all criteria, the one on I(node), or those whose vmids are given.
    """
    missing = sorted(set(selector.vmids) - {guest.vmid for guest in inventory.guests})
    if missing:
        raise _not_found_error(inventory, "vmid " + ", ".join(map(str, missing)), None)
    if selector.node is not None:
        require_member(inventory, selector.node)
    chosen = Inventory(tuple(guest for guest in inventory.guests if selector.matches(guest)), inventory.nodes)
    for name in selector.names:
        if set(name) & set("*?["):
            continue
        if not inventory.with_name(name):
            raise _not_found_error(inventory, f"name {name}", name)
        meant = chosen.with_name(name, node)
        if len(meant) > 1 and not selector.vmids:
            raise _ambiguous_error(name, meant)
        chosen = chosen.with_guests((), without={guest.vmid for guest in chosen.with_name(name) if guest not in meant})
    return list(chosen.guests)


def find(inventory: Inventory, params: dict[str, Any], required: bool) -> list[Guest]:
    """The guests that a module's C(vmid), C(name), C(node) and C(guests) options mean.

    I(required): raise C(invalid_parameter) when the options name no guest, which would mean every guest.
    """
    vmid, name = params.get("vmid"), params.get("name")
    if vmid is not None or name is not None:
        return [find_one(inventory, vmid, name, params.get("node"))]
    selector = Selector.from_params(params.get("guests"), inventory)
    if required and selector.is_empty:
        raise PveError(
            INVALID_PARAMETER,
            "No guest is named.",
            "Give vmid or name for one guest, or at least one criterion in guests (such as tags or names: ['*']).",
        )
    node = params.get("node")
    chosen = find_many(inventory, selector, node)
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
    """Like L(find), for a change: some guest must be named; templates are left out unless named or asked for."""
    chosen = find(inventory, params, required=True)
    selector = Selector.from_params(params.get("guests"))
    if selector.is_empty or selector.vmids or selector.templates is not None:
        return chosen
    return [guest for guest in chosen if not guest.template or guest.name in selector.names]


def list_unjudged(inventory: Inventory, params: dict[str, Any], chosen: Sequence[Guest]) -> list[Guest]:
    """The guests that C(guests) may mean and that are not chosen, as their nodes can't be asked."""
    selector = Selector.from_params(params.get("guests"), inventory)
    if params.get("vmid") is not None or params.get("name") is not None or selector.is_empty:
        return []
    return [
        guest
        for guest in inventory.guests
        if guest not in chosen
        and selector.matches_at_once(guest)
        and (not inventory.is_online(guest.node) or guest.node in inventory.unread)
    ]


def describe_near_misses(inventory: Inventory, selector: Selector) -> list[str]:
    """What may have been meant by a selector that matches no guest: by tags and names that no guest has."""
    tags = {tag.lower() for guest in inventory.guests for tag in guest.tags}
    lines = []
    for tag in selector.tags:
        if tag.lower() not in tags:
            near = find_near(tag, tags)
            similar = f" Similar tags: {', '.join(near)}." if near else ""
            lines.append(f"No guest that can be seen has the tag {tag}.{similar}")
    for pattern in selector.names:
        if not any(fnmatch.fnmatchcase(guest.name, pattern) for guest in inventory.guests):
            plain = pattern.replace("*", "").replace("?", "")
            near = [g.label for g in inventory.guests if plain and plain.lower() in g.name.lower()]
            similar = f" Similar: {', '.join(near[:5])}. Names are case-sensitive." if near else ""
            lines.append(f"No guest that can be seen has a name like {pattern}.{similar}")
    if len(selector.tags) > 1 and not lines:
        lines.append(f"A guest must have all of the tags {', '.join(selector.tags)}.")
    return lines


def _not_found_error(inventory: Inventory, criterion: str, name: str | None) -> PveError:
    criterion = criterion if len(criterion) <= _LONGEST_NAME else f"{criterion[:_LONGEST_NAME]}…"
    hint = "List the guests to see what is there; a token sees only guests on which it has VM.Audit."
    if name:
        similar = find_near(name, (g.name for g in inventory.guests))
        near = [g.label for g in inventory.guests if g.name in similar or g.name.startswith(name)]
        guesses = [f"Similar: {', '.join(near[:5])}. Names are case-sensitive."] if near else []
        if inventory.nameless:
            return PveError(
                NODE_OFFLINE,
                f"No guest on a node that can be asked has {criterion}. {describe_hidden_names(inventory)}",
                " ".join([*guesses, "Name it by its vmid, or bring the node back; nothing was changed."]),
            )
        renamed = [g for g in inventory.guests if inventory.broadcast.get(g.vmid) == name != g.name]
        if renamed:
            return PveError(NOT_FOUND, f"There is no guest with {criterion} any more.", _describe_renamed(renamed))
        hint = "".join(guesses) or hint
    return PveError(NOT_FOUND, f"There is no guest with {criterion}.", hint)


def _describe_renamed(renamed: Iterable[Guest]) -> str:
    names = ", ".join(f"{guest.vmid} is named {guest.name} now" for guest in renamed)
    return f"It was renamed a moment ago, and lists still show the old name: {names}."


def _ambiguous_error(name: str, guests: Iterable[Guest]) -> PveError:
    guests = list(guests)
    hint = "Use the vmid of the one you mean."
    if len({guest.node for guest in guests}) == len(guests):
        hint = "Use the vmid of the one you mean, or its node."
    return PveError(AMBIGUOUS, f"More than one guest is named {name}: {describe_places(guests)}.", hint)


def describe_places(guests: Iterable[Guest]) -> str:
    """The guests, each with its type and node, for guests that have one name."""
    return ", ".join(f"{guest.vmid} ({guest.type} on {guest.node})" for guest in guests)


def guests_spec() -> dict[str, Any]:
    """Options of doc fragment C(guests)."""
    return {
        "vmid": {"type": "int"},
        "name": {"type": "str"},
        "node": {"type": "str"},
        "guests": {
            "type": "dict",
            "options": {
                "vmids": {"type": "list", "elements": "int"},
                "names": {"type": "list", "elements": "str"},
                "tags": {"type": "list", "elements": "str"},
                "pool": {"type": "str"},
                "node": {"type": "str"},
                "type": {"type": "str", "choices": list(TYPES)},
                "status": {"type": "str", "choices": ["running", "stopped", "unknown"]},
                "templates": {"type": "bool"},
            },
        },
    }
