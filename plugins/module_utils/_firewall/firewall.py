# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewall of one place (cluster, node, guest or security group): read it, plan its changes, describe it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._api.client import segment
from .._api.errors import NODE_OFFLINE, PveError
from .._api.missing import missing_error
from .._guest.guest import Guest
from .._module.plan import Step
from .lists import Draft, Item, Listing, read_listing
from .named_lists import (
    find_names_to_remove,
    make_aliases,
    make_groups,
    make_ipsets,
    remove_aliases,
    remove_groups,
    remove_ipsets,
)
from .options import find_changes, is_loosening
from .rules import build_rule, describe_rule, plan_rules

if TYPE_CHECKING:
    from .._api.client import Client

# The parts of a firewall at each level, by the names of the options that set them.
KINDS = {
    "cluster": ("options", "aliases", "ipsets", "groups", "rules"),
    "node": ("options", "rules"),
    "guest": ("options", "aliases", "ipsets", "rules"),
    "group": ("rules",),
}


@dataclass(frozen=True)
class Place:
    """Where a firewall is: its I(path) below C(/api2/json), and I(target), which identifies it in results.

    I(guest) is set for the firewall of a guest.
    """

    level: str
    path: str
    target: dict[str, Any]
    group: str | None = None
    guest: Guest | None = None


@dataclass(frozen=True)
class Firewall:
    """The lists that were read, by name: C(options rules aliases ipset groups), C(ipset/NAME) and C(groups/NAME).

    I(macros) are the names of macros by their lower-case form. I(problem) is why the firewall could not be read.
    """

    place: Place
    listings: dict[str, Listing] = field(default_factory=dict)
    macros: dict[str, str] = field(default_factory=dict)
    problem: PveError | None = None

    def config_digest(self) -> str:
        return " ".join(f"{name}:{listing.digest}" for name, listing in sorted(self.listings.items()) if listing.digest)


def guest_place(guest: Guest) -> Place:
    return Place("guest", f"{guest.path}/firewall", guest.identity(), guest=guest)


def node_place(node: str) -> Place:
    return Place("node", f"/nodes/{segment(node)}/firewall", {"node": node, "level": "node"})


def find_node_place(client: Client, node: str) -> Place:
    """The firewall of a node; raises C(not_found) or C(node_offline) where the node can't be read."""
    nodes = {entry["node"]: entry.get("status") for entry in client.get("/nodes")}
    if node not in nodes:
        raise missing_error("node", node, nodes)
    if nodes[node] == "offline":
        raise PveError(NODE_OFFLINE, f"Node {node} is offline.", "Bring the node back; nothing was changed.")
    return node_place(node)


def cluster_place() -> Place:
    return Place("cluster", "/cluster/firewall", {"level": "cluster"})


def group_place(group: str) -> Place:
    """The rules of a security group, whose name Proxmox VE keeps in lower case."""
    return Place("group", "/cluster/firewall", {"group": group.lower(), "level": "group"}, group.lower())


def read_firewall(client: Client, place: Place, params: dict[str, Any], macros: dict[str, str]) -> Firewall:
    """Read only the lists that the options touch: one request for each kind, and one for each IP set or group."""
    listings: dict[str, Listing] = {}

    def read(name: str, kind: str) -> Listing:
        parts = "/".join(segment(part) for part in name.split("/"))
        listings[name] = read_listing(client, f"{place.path}/{parts}", kind)
        return listings[name]

    if place.group:
        if any(item.name == place.group for item in read("groups", "groups").items):
            read(f"groups/{place.group}", "rules")
        return Firewall(place, listings, macros)
    if params["options"] or params["reset_options"]:
        read("options", "options")
    if params["rules"] is not None:
        read("rules", "rules")
    if params["aliases"] is not None:
        read("aliases", "aliases")
    if params["ipsets"] is not None:
        present = read("ipset", "ipset").items
        filled = {spec["name"].lower() for spec in params["ipsets"] if spec["entries"] is not None}
        filled |= find_names_to_remove(present, params["ipsets"], params["purge"])
        for name in (item.name for item in present if item.name in filled):
            read(f"ipset/{name}", "entries")
    if params["groups"] is not None:
        present = read("groups", "groups").items
        for name in sorted(find_names_to_remove(present, params["groups"], params["purge"])):
            read(f"groups/{name}", "rules")
    return Firewall(place, listings, macros)


def plan_firewall(firewall: Firewall, params: dict[str, Any]) -> tuple[tuple[Step, ...], dict[str, Any]]:
    """The requests that the options ask for, and the description of the firewall after them.

    Aliases, IP sets and groups are created before the rules that name them and removed after those. An option that
    lets more through is set first, one that lets less through last, so that no state in between blocks traffic that
    both the old and the new state let through.
    """
    draft = Draft(firewall.listings)
    if firewall.place.group:
        _plan_group(draft, firewall, params)
        return tuple(draft.steps), describe_firewall(firewall.place, draft.listings)
    purge = params["purge"]
    if params["aliases"] is not None:
        make_aliases(draft, params["aliases"])
    if params["ipsets"] is not None:
        make_ipsets(draft, params["ipsets"], purge)
    if params["groups"] is not None:
        make_groups(draft, params["groups"])
    if draft.steps and params["aliases"] is not None:
        # The digest of rules includes the IP versions of the aliases that they name.
        for name, listing in draft.listings.items():
            if listing.kind == "rules":
                draft.touch(name)
    if params["rules"] is not None:
        _plan_rules(draft, "rules", firewall, params)
    if params["groups"] is not None:
        remove_groups(draft, params["groups"], purge)
    if params["ipsets"] is not None:
        remove_ipsets(draft, params["ipsets"], purge)
    if params["aliases"] is not None:
        remove_aliases(draft, params["aliases"], purge)
    if "options" in draft:
        _plan_options(draft, params)
    return tuple(draft.steps), describe_firewall(firewall.place, draft.listings)


def describe_firewall(place: Place, listings: dict[str, Listing]) -> dict[str, Any]:
    """A firewall as results show it: those of its lists that were read."""
    if place.group:
        entry = next((item for item in listings["groups"].items if item.name == place.group), None)
        rules = listings.get(f"groups/{place.group}")
        return {
            "exists": entry is not None,
            "comment": entry.content["comment"] if entry else "",
            "rules": [describe_rule(item) for item in rules.items] if rules else [],
        }
    views: dict[str, Any] = {}
    if "options" in listings:
        views["options"] = {item.name: item.content["value"] for item in listings["options"].items}
    if "aliases" in listings:
        views["aliases"] = [item.content for item in listings["aliases"].items]
    if "ipset" in listings:
        views["ipsets"] = [
            _describe_with_members(listings, "ipset", item, "entries", describe_entry)
            for item in listings["ipset"].items
        ]
    if "groups" in listings:
        views["groups"] = [
            _describe_with_members(listings, "groups", item, "rules", describe_rule)
            for item in listings["groups"].items
        ]
    if "rules" in listings:
        views["rules"] = [describe_rule(item) for item in listings["rules"].items]
    return views


def _describe_with_members(
    listings: dict[str, Listing], kind: str, item: Item, members_key: str, describe: Any
) -> dict[str, Any]:
    members = listings.get(f"{kind}/{item.name}")
    view = {"name": item.name, **item.content}
    return {**view, members_key: [describe(member) for member in members.items]} if members else view


def describe_entry(item: Item) -> dict[str, Any]:
    return {**item.content, "cidr": item.name}


def _plan_group(draft: Draft, firewall: Firewall, params: dict[str, Any]) -> None:
    name = str(firewall.place.group)
    spec = {"name": name, "comment": params["comment"], "state": params["state"]}
    if params["state"] == "absent":
        remove_groups(draft, [spec], False)
        return
    make_groups(draft, [spec])
    rules = f"groups/{name}"
    if rules not in draft:
        draft.open(rules, f"{firewall.place.path}/{rules}", "rules")
    if params["rules"] is not None:
        _plan_rules(draft, rules, firewall, params)


def _plan_rules(draft: Draft, name: str, firewall: Firewall, params: dict[str, Any]) -> None:
    desired = [build_rule(spec, firewall.macros) for spec in params["rules"] if spec["state"] == "present"]
    absent = {spec["key"] for spec in params["rules"] if spec["state"] == "absent"}
    plan_rules(draft, name, desired, absent, params["purge"])


def _plan_options(draft: Draft, params: dict[str, Any]) -> None:
    present = {item.name: item.content["value"] for item in draft.items("options")}
    differing, unset = find_changes(present, params["options"] or {}, params["reset_options"] or [])
    loosening = {name: value for name, value in differing.items() if is_loosening(name, value)}
    tightening = {name: value for name, value in differing.items() if name not in loosening}
    if not draft.steps:
        loosening, tightening = {}, differing
    other_steps, draft.steps = draft.steps, []
    if loosening:
        _set_options(draft, loosening, [])
    draft.steps += other_steps
    if tightening or unset:
        _set_options(draft, tightening, unset)


def _set_options(draft: Draft, options: dict[str, Any], unset: Sequence[str]) -> None:
    params = {name: int(value) if isinstance(value, bool) else value for name, value in options.items()}
    removal = {"delete": ",".join(unset)} if unset else {}
    why = f"these differ: {', '.join([*options, *unset])}"
    draft.write("options", "PUT", draft.path("options"), why, {**params, **removal})
    kept = [item for item in draft.items("options") if item.name not in {*options, *unset}]
    draft.replace_items(
        "options", [*kept, *(Item(name, {"value": value}, ours=True) for name, value in options.items())]
    )
