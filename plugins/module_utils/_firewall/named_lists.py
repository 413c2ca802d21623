# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Aliases, IP sets and security groups: what has a name and no order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._api.client import segment
from .lists import Draft, Item, canonical_address, canonical_entry

_UNLISTED = "it is not listed"
_ABSENT = "absent is asked for"


def make_aliases(draft: Draft, aliases: Sequence[dict[str, Any]]) -> None:
    """Add and change aliases. The case of their names does not count."""
    for spec in aliases:
        if spec["state"] == "absent":
            continue
        found, cidr = _find(draft, "aliases", spec["name"].lower()), canonical_address(spec["cidr"])
        comment = _comment(spec, found)
        content = {"name": found.content["name"] if found else spec["name"], "cidr": cidr, "comment": comment}
        if found is None:
            params = {"name": spec["name"], "cidr": cidr, **_given(comment)}
            draft.create("aliases", f"there is no alias {spec['name']}", params)
        elif content != found.content:
            path = f"{draft.path('aliases')}/{segment(content['name'])}"
            why = f"alias {content['name']} differs"
            # What is not given with it is removed.
            draft.write("aliases", "PUT", path, why, {"cidr": cidr, "comment": comment})
        else:
            continue
        draft.set("aliases", Item(spec["name"].lower(), content, ours=True))


def remove_aliases(draft: Draft, aliases: Sequence[dict[str, Any]], purge: bool) -> None:
    for item, why in _doomed(draft, "aliases", aliases, purge):
        name = item.content["name"]
        draft.write("aliases", "DELETE", f"{draft.path('aliases')}/{segment(name)}", f"alias {name}: {why}", {})
        draft.drop("aliases", item.name)


def make_ipsets(draft: Draft, ipsets: Sequence[dict[str, Any]], purge: bool) -> None:
    """Add and change IP sets and their entries. Proxmox VE holds their names in lower case."""
    for spec in ipsets:
        if spec["state"] == "absent":
            continue
        name = spec["name"].lower()
        new = _make_named(draft, "ipset", "name", name, spec, f"IP set {name}")
        if spec["entries"] is None:
            continue
        entries = f"ipset/{name}"
        if new:
            draft.open(entries, f"{draft.path('ipset')}/{segment(name)}", "entries")
        _make_entries(draft, entries, spec["entries"])
        listed = [{**entry, "name": canonical_entry(entry["cidr"])} for entry in spec["entries"]]
        for item, why in _doomed(draft, entries, listed, purge):
            path = f"{draft.path(entries)}/{segment(item.content['cidr'])}"
            draft.write(entries, "DELETE", path, f"{item.name} of IP set {name}: {why}", {})
            draft.drop(entries, item.name)


def remove_ipsets(draft: Draft, ipsets: Sequence[dict[str, Any]], purge: bool) -> None:
    for item, why in _doomed(draft, "ipset", ipsets, purge):
        entries = f"ipset/{item.name}"
        force = {"force": 1} if draft.items(entries) else {}
        path = draft.path(entries)
        draft.write(entries, "DELETE", path, f"IP set {item.name}: {why}", force, sealed=False)
        draft.close(entries)
        draft.drop("ipset", item.name)
        draft.touch("ipset")


def make_groups(draft: Draft, groups: Sequence[dict[str, Any]]) -> None:
    """Add and describe security groups. Proxmox VE holds their names in lower case."""
    for spec in groups:
        if spec["state"] == "present":
            name = spec["name"].lower()
            _make_named(draft, "groups", "group", name, spec, f"security group {name}")


def remove_groups(draft: Draft, groups: Sequence[dict[str, Any]], purge: bool) -> None:
    """Remove groups with their rules, for Proxmox VE removes empty ones only."""
    for item, why in _doomed(draft, "groups", groups, purge):
        rules = f"groups/{item.name}"
        path = draft.path(rules)
        for position in reversed(range(len(draft.items(rules)))):
            draft.write(rules, "DELETE", f"{path}/{position}", "a security group must be empty to be deleted", {})
            draft.put(rules, draft.items(rules)[:position])
        draft.write(rules, "DELETE", path, f"security group {item.name}: {why}", {}, sealed=False)
        draft.close(rules)
        draft.drop("groups", item.name)
        draft.touch("groups")


def doomed_names(present: Sequence[Item], specs: Sequence[dict[str, Any]], purge: bool) -> set[str]:
    """The names, as lists hold them, of what is to be removed."""
    absent = {spec["name"].lower() for spec in specs if spec["state"] == "absent"}
    listed = {spec["name"].lower() for spec in specs}
    return {item.name for item in present if item.name in absent or (purge and item.name not in listed)}


def _doomed(draft: Draft, name: str, specs: Sequence[dict[str, Any]], purge: bool) -> list[tuple[Item, str]]:
    names = doomed_names(draft.items(name), specs, purge)
    listed = {spec["name"].lower() for spec in specs}
    return [(item, _ABSENT if item.name in listed else _UNLISTED) for item in draft.items(name) if item.name in names]


def _make_named(draft: Draft, listing: str, field: str, name: str, spec: dict[str, Any], label: str) -> bool:
    """Whether it is new."""
    found = _find(draft, listing, name)
    comment = _comment(spec, found)
    if found is None:
        draft.create(listing, f"there is no {label}", {field: name, **_given(comment)})
    elif comment != found.content["comment"]:
        # The API's way to change a comment: renamed to the name that it has.
        params = {field: name, "rename": name, "comment": comment}
        draft.write(listing, "POST", draft.path(listing), f"the comment of {label} differs", params)
    else:
        return False
    draft.set(listing, Item(name, {"comment": comment}, ours=True))
    return found is None


def _make_entries(draft: Draft, listing: str, entries: Sequence[dict[str, Any]]) -> None:
    for spec in entries:
        if spec["state"] == "absent":
            continue
        name = canonical_entry(spec["cidr"])
        found = _find(draft, listing, name)
        cidr = found.content["cidr"] if found else name
        content = {"cidr": cidr, "nomatch": spec["nomatch"], "comment": _comment(spec, found)}
        given = {"nomatch": int(content["nomatch"]), "comment": content["comment"]}
        if found is None:
            params = {"cidr": cidr, **({"nomatch": 1} if spec["nomatch"] else {}), **_given(content["comment"])}
            draft.create(listing, f"{name} is not in it", params)
        elif content != found.content:
            # What is not given with it is removed.
            draft.write(listing, "PUT", f"{draft.path(listing)}/{segment(cidr)}", f"{name} differs", given)
        else:
            continue
        draft.set(listing, Item(name, content, ours=True))


def _find(draft: Draft, listing: str, name: str) -> Item | None:
    return next((item for item in draft.items(listing) if item.name == name), None)


def _comment(spec: dict[str, Any], found: Item | None) -> str:
    if spec["comment"] is not None:
        return str(spec["comment"]).strip()
    return str(found.content["comment"]) if found else ""


def _given(comment: str) -> dict[str, str]:
    return {"comment": comment} if comment else {}
