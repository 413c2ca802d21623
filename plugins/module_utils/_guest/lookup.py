# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the guests that a task means, as they are right now.

C(GET /cluster/resources) shows at once which guests exist, on which nodes, with their tags, pools and locks. Their
names, states, types and template flags are those that their nodes broadcast last, up to 10 s ago, and a later answer
may even show an earlier broadcast. The lists of the nodes (C(GET /nodes/{node}/qemu|lxc)), C(status/current) and a
guest's own configuration are always current: what a task chooses guests by is read there, in as few requests as
possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .._api.client import segment
from .._api.concurrency import READS_AT_ONCE, bounded_map
from .._api.errors import NOT_FOUND, PveError
from .._api.missing import missing_error
from .._api.sight import read_privileges
from .guest import TYPES, Guest, forget_state, guest_from_config, guest_from_entry
from .identity import identify
from .inventory import Inventory, describe_hidden_names
from .selection import Selector, describe_near_misses, find, find_many, find_one, find_to_change, list_unjudged
from .tags import has_case_sensitive_tags

if TYPE_CHECKING:
    from .._api.client import Client

    Reader = Callable[[Client, Guest], Guest]

# Up to this many guests are read one by one; for more, the lists of their nodes are cheaper.
_ONE_BY_ONE = 4
# How often guests are followed that move while lists are read.
_ROUNDS = 3
# The states that a broadcast has of a guest that was neither new nor busy.
_BROADCAST_STATES = ("running", "stopped")


def read_guest(client: Client, guest: Guest) -> Guest:
    """The guest as its own configuration has it right now."""
    return guest_from_config(guest, client.get(f"{guest.path}/config"))


def with_config(client: Client, guest: Guest) -> Guest:
    """The guest with its own configuration, which is read unless the guest has it already."""
    return guest if guest.config is not None else read_guest(client, guest)


def read_status(client: Client, guest: Guest) -> Guest:
    """The guest as C(status/current) shows it right now."""
    return _from_list(guest, client.get(f"{guest.path}/status/current"))


def observe_guests(client: Client) -> Inventory:
    """All guests as the cluster's list shows them, in one request.

    Where it shows too little of a guest, which is new or busy, the list of its node is read too. A node that does not
    answer adds a notice to the client and is no failure. A client that has one inventory for all is not asked again.
    """
    if client.inventory is not None:
        return client.inventory
    entries = client.resources = client.get("/cluster/resources")
    inventory = build_inventory(entries)
    states = set(inventory.nodes.values())
    client.has_seen_all_nodes_online = states == {"online"}
    inventory = read_lists(client, inventory, [guest for guest in inventory.guests if _is_unknown(guest)])
    if any(not inventory.is_online(guest.node) for guest in inventory.nameless):
        client.notices.append(describe_hidden_names(inventory))
    return inventory


def build_inventory(entries: Iterable[dict[str, Any]]) -> Inventory:
    """All guests as the entries of C(GET /cluster/resources) show them."""
    entries = list(entries)
    members = [entry for entry in entries if entry["type"] == "node"]
    nodes = {entry["node"]: str(entry.get("status", "unknown")) for entry in members}
    memory = {entry["node"]: int(entry.get("maxmem") or 0) for entry in members}
    listed = (guest_from_entry(entry) for entry in entries if entry["type"] in TYPES)
    # For some minutes the list shows the guests of a node that has gone as they were.
    guests = (guest if nodes.get(guest.node) != "offline" else forget_state(guest) for guest in listed)
    inventory = Inventory((), nodes, memory).with_guests(guests)
    return replace(inventory, broadcast={guest.vmid: guest.name for guest in inventory.guests})


def find_guests(client: Client, params: dict[str, Any]) -> tuple[Inventory, list[Guest]]:
    """The guests that C(vmid), C(name), C(node) and C(guests) mean, for reading; all guests where none is set.

    Names and states that choose guests are current; those of a list of all guests may be 10 s old.
    """
    inventory = observe_guests(client)
    inventory = _refresh_chosen(client, inventory, params, read_status, changing=False)
    chosen = find(inventory, params, required=False)
    _explain_nothing(client, inventory, params, chosen)
    return inventory, chosen


def find_guests_to_change(
    client: Client, params: dict[str, Any], *, everywhere: bool = True
) -> tuple[Inventory, list[Guest]]:
    """Like L(find_guests), for a change: some guest must be named, and every guest is as it is right now.

    I(everywhere): as in L(refresh_guest). It may be false only for changes that neither interrupt a guest, nor lose
    data, nor act inside of it.
    """
    inventory = observe_guests(client)
    inventory = _refresh_chosen(client, inventory, params, read_guest, changing=True, everywhere=everywhere)
    chosen = find_to_change(inventory, params)
    _explain_nothing(client, inventory, params, chosen)
    left_out = list_unjudged(inventory, params, chosen)
    if left_out:
        named = ", ".join(f"{guest.label} on {guest.node}" for guest in left_out)
        client.notices.append(f"Left out, as their nodes can't be asked for what chooses them: {named}.")
    return inventory, chosen


def _explain_nothing(client: Client, inventory: Inventory, params: dict[str, Any], chosen: Sequence[Guest]) -> None:
    """Raise C(not_found) if no guest is chosen for want of the pool; add a notice of what else may have been meant."""
    selector = Selector.from_params(params.get("guests"), inventory)
    if chosen or selector.is_empty:
        return
    if selector.pool is not None:
        _require_pool(client, selector.pool)
    templates = ", ".join(guest.label for guest in find_many(inventory, selector))
    if templates:
        client.notices.append(f"Left out, as templates are unless they are named or asked for: {templates}.")
    client.notices.extend(describe_near_misses(inventory, selector))


def _require_pool(client: Client, name: str) -> None:
    """Raise C(not_found) for a pool that can't be seen."""
    pools = {str(entry["poolid"]): entry for entry in client.get("/pools")}
    if name not in pools:
        is_hidden = "Pool.Audit" not in (read_privileges(client, f"/pool/{name}") or ())
        raise missing_error("pool", name, pools, is_hidden=is_hidden)


def find_guest(client: Client, params: dict[str, Any], read: Reader) -> tuple[Inventory, Guest]:
    """The one guest that C(vmid), C(name) and C(node) mean, as I(read) returns it."""
    inventory = refresh_guest(client, observe_guests(client), params["vmid"], params["name"], params["node"], read=read)
    return inventory, find_one(inventory, params["vmid"], params["name"], params["node"])


def identify_guest(
    client: Client, params: dict[str, Any], *, wanted: bool, everywhere: bool
) -> tuple[Inventory, Guest | None]:
    """The guest that C(vmid), C(name) and C(new_name) mean, by L(identify); None where there is none (yet).

    I(everywhere): as in L(find_guests_to_change).
    """
    vmid, name, new_name, node = params["vmid"], params["name"], params["new_name"], params["node"]
    inventory = refresh_guest(client, observe_guests(client), vmid, name, node, everywhere=everywhere)
    if wanted and new_name:
        inventory = refresh_guest(client, inventory, name=new_name)
    elif wanted and vmid is not None and inventory.get(vmid) is None:
        inventory = refresh_guest(client, inventory, name=name)
    return inventory, identify(inventory, vmid, name, new_name, node, params["type"], wanted=wanted)


def refresh_guest(
    client: Client,
    inventory: Inventory,
    vmid: int | None = None,
    name: str | None = None,
    node: str | None = None,
    *,
    read: Reader = read_guest,
    everywhere: bool = False,
) -> Inventory:
    """The inventory with the guest that has this vmid, or else this name, as I(read) returns it right now.

    A single guest that seems to have the name is read; if it has another name by now, or if none or several seem to
    have it, the nodes' lists are read. I(everywhere): they are read in any case, since another guest may have got the
    same name a moment ago. Where a guest on I(node) has the name, those elsewhere make no difference.
    """
    if vmid is not None:
        guest = inventory.get(vmid)
        if guest is None or _is_current(inventory, guest):
            return inventory
        return _refresh(client, inventory, [guest], read)
    if name is None:
        return inventory

    def find_holders() -> list[Guest]:
        return [guest for guest in inventory.with_name(name) if node in (None, guest.node)]

    holders = find_holders()
    if len(holders) == 1 and not everywhere:
        if not _is_current(inventory, holders[0]):
            inventory = _refresh(client, inventory, holders, read)
        if len(find_holders()) == 1:
            return inventory
    if node is not None:
        inventory = read_lists(client, inventory, [guest for guest in inventory.guests if guest.node == node])
        if find_holders():
            return inventory
    return read_lists(client, inventory, inventory.guests)


def read_lists(client: Client, inventory: Inventory, guests: Iterable[Guest]) -> Inventory:
    """The inventory updated from the lists of all nodes and types that I(guests) have.

    A guest that is missing in its list has the other type by now, was moved, or is gone.
    """
    wanted = set(inventory.places if guests is inventory.guests else ((guest.node, guest.type) for guest in guests))
    for dummy in range(_ROUNDS):
        unread = [
            (node, kind)
            for node, kind in sorted(wanted - set(inventory.listed))
            if inventory.is_online(node) and node not in inventory.unread
        ]
        if not unread:
            break
        inventory = _with_lists(client, inventory, unread)
        lost = [guest for guest in inventory.guests if _is_lost(inventory, guest)]
        inventory = _follow_moved(client, inventory, lost)
        wanted = {(guest.node, kind) for guest in lost for kind in TYPES}
        wanted |= {(guest.node, guest.type) for guest in map(inventory.get, (one.vmid for one in lost)) if guest}
    return inventory


def list_node_guests(client: Client, node: str, kind: str, full: bool = False) -> dict[int, dict[str, Any]]:
    """The current entries of one node's guests of one type by vmid; I(full) asks QEMU for paused guests too."""
    params = {"full": 1} if full and kind == "qemu" else {}
    return {int(e["vmid"]): e for e in client.get(f"/nodes/{segment(node)}/{kind}", **params)}


def _refresh_chosen(
    client: Client,
    inventory: Inventory,
    params: dict[str, Any],
    read: Reader,
    *,
    changing: bool,
    everywhere: bool = False,
) -> Inventory:
    """The inventory, current in all that these options choose guests by, and for a change in all of these guests."""
    vmid, name = params.get("vmid"), params.get("name")
    if vmid is not None or name is not None:
        return refresh_guest(client, inventory, vmid, name, params.get("node"), read=read, everywhere=everywhere)
    selector = Selector.from_params(params.get("guests"))
    if selector.depends_on_case(inventory):
        inventory = replace(inventory, has_case_sensitive_tags=has_case_sensitive_tags(client))
        selector = Selector.from_params(params.get("guests"), inventory)
    if selector.has_names:
        return read_lists(client, inventory, inventory.guests)
    chosen = [guest for guest in inventory.guests if selector.matches_at_once(guest)]
    if changing and len(chosen) <= _ONE_BY_ONE and selector.status is None:
        return _refresh(client, inventory, chosen, read)
    if changing or (selector.type, selector.status, selector.templates) != (None, None, None):
        return read_lists(client, inventory, chosen)
    return inventory


def _refresh(client: Client, inventory: Inventory, guests: Sequence[Guest], read: Reader) -> Inventory:
    """The inventory with these guests as I(read) returns them; those that are not found are searched for.

    One of several that can't be read stays as it is: it fails alone later, when it is its turn.
    """

    def read_or_problem(guest: Guest) -> Guest | PveError:
        try:
            return read(client, guest)
        except PveError as problem:
            if len(guests) == 1 and problem.code != NOT_FOUND:
                raise
            return problem

    reachable = [guest for guest in guests if inventory.is_online(guest.node)]
    answers = dict(zip(reachable, bounded_map(READS_AT_ONCE, read_or_problem, reachable), strict=True))
    inventory = inventory.with_guests(answer for answer in answers.values() if isinstance(answer, Guest))
    missed = [guest for guest, answer in answers.items() if isinstance(answer, PveError) and answer.code == NOT_FOUND]
    return read_lists(client, inventory, missed)


def _is_unknown(guest: Guest) -> bool:
    """Whether the broadcast knew too little of the guest: it is new, or was being created or moved just then."""
    placeholders = ("", f"VM {guest.vmid}", f"CT{guest.vmid}")
    return guest.name in placeholders or guest.status not in _BROADCAST_STATES


def _is_current(inventory: Inventory, guest: Guest) -> bool:
    return guest.config is not None or guest.vmid in inventory.listed.get((guest.node, guest.type), ())


def _is_lost(inventory: Inventory, guest: Guest) -> bool:
    listed = inventory.listed.get((guest.node, guest.type))
    return listed is not None and guest.vmid not in listed


def _with_lists(client: Client, inventory: Inventory, places: Sequence[tuple[str, str]]) -> Inventory:
    def read(place: tuple[str, str]) -> dict[int, dict[str, Any]] | PveError:
        try:
            return list_node_guests(client, *place)
        except PveError as problem:
            return problem

    known = {guest.vmid: guest for guest in inventory.guests}
    listed, unread, updated = dict(inventory.listed), set(inventory.unread), []
    for (node, kind), entries in zip(places, bounded_map(READS_AT_ONCE, read, places), strict=True):
        if isinstance(entries, PveError):
            if node not in unread:
                client.notices.append(f"Guests of node {node} may be incomplete: {entries.message}")
            unread.add(node)
            continue
        listed[node, kind] = entries
        for vmid, entry in entries.items():
            guest = known.get(vmid) or Guest(vmid, "", node, kind, "")
            updated.append(_from_list(guest, entry, node, kind))
    return replace(inventory.with_guests(updated), listed=listed, unread=frozenset(unread))


def _follow_moved(client: Client, inventory: Inventory, lost: Sequence[Guest]) -> Inventory:
    """The inventory without the lost guests that are gone, and with the others where they are by now."""
    missing = [guest for guest in lost if all((guest.node, kind) in inventory.listed for kind in TYPES)]
    if not missing:
        return inventory
    entries = {int(entry["vmid"]): entry for entry in client.get("/cluster/resources", type="vm")}
    moved = [guest_from_entry(entries[guest.vmid]) for guest in missing if guest.vmid in entries]
    return inventory.with_guests(moved, without=[guest.vmid for guest in missing if guest.vmid not in entries])


def _from_list(guest: Guest, entry: dict[str, Any], node: str | None = None, kind: str | None = None) -> Guest:
    """The guest from an entry of a node, which is current, but lacks what only the cluster knows."""
    known = {"vmid": guest.vmid, "node": node or guest.node, "type": kind or guest.type}
    updated = guest_from_entry(entry, **known, pool=guest.pool, hastate=guest.hastate)
    return replace(updated, config=guest.config) if updated.identity() == guest.identity() else updated
