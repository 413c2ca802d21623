# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for aliases, IP sets and security groups: lists of named items without an order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._api.client import segment
from .lists import Draft, Item, normalize_address, normalize_entry

_UNLISTED = "it is not listed"
_ABSENT = "absent is asked for"


def make_aliases(draft: Draft, aliases: Sequence[dict[str, Any]]) -> None:
    """Plan to create and update aliases. Their names ignore case."""
    for spec in aliases:
        if spec["state"] == "absent":
            continue
        present, cidr = _find_item(draft, "aliases", spec["name"].lower()), normalize_address(spec["cidr"])
        comment = _choose_comment(spec, present)
        content = {"name": present.content["name"] if present else spec["name"], "cidr": cidr, "comment": comment}
        if present is None:
            params = {"name": spec["name"], "cidr": cidr, **_omit_empty_comment(comment)}
            draft.create("aliases", f"there is no alias {spec['name']}", params)
        elif content != present.content:
            path = f"{draft.path('aliases')}/{segment(content['name'])}"
            why = f"alias {content['name']} differs"
            # The API removes fields that the request leaves out.
            draft.write("aliases", "PUT", path, why, {"cidr": cidr, "comment": comment})
        else:
            continue
        draft.put_item("aliases", Item(spec["name"].lower(), content, ours=True))


def remove_aliases(draft: Draft, aliases: Sequence[dict[str, Any]], purge: bool) -> None:
    for item, why in _find_items_to_remove(draft, "aliases", aliases, purge):
        name = item.content["name"]
        draft.write("aliases", "DELETE", f"{draft.path('aliases')}/{segment(name)}", f"alias {name}: {why}", {})
        draft.remove_item("aliases", item.name)


def make_ipsets(draft: Draft, ipsets: Sequence[dict[str, Any]], purge: bool) -> None:
    """Plan to create and update IP sets and their entries. Proxmox VE keeps their names in lower case."""
    for spec in ipsets:
        if spec["state"] == "absent":
            continue
        name = spec["name"].lower()
        new = _make_named_item(draft, "ipset", "name", name, spec, f"IP set {name}")
        if spec["entries"] is None:
            continue
        entries = f"ipset/{name}"
        if new:
            draft.open(entries, f"{draft.path('ipset')}/{segment(name)}", "entries")
        _make_entries(draft, entries, spec["entries"])
        listed = [{**entry, "name": normalize_entry(entry["cidr"])} for entry in spec["entries"]]
        for item, why in _find_items_to_remove(draft, entries, listed, purge):
            path = f"{draft.path(entries)}/{segment(item.content['cidr'])}"
            draft.write(entries, "DELETE", path, f"{item.name} of IP set {name}: {why}", {})
            draft.remove_item(entries, item.name)


def remove_ipsets(draft: Draft, ipsets: Sequence[dict[str, Any]], purge: bool) -> None:
    for item, why in _find_items_to_remove(draft, "ipset", ipsets, purge):
        entries = f"ipset/{item.name}"
        force = {"force": 1} if draft.items(entries) else {}
        path = draft.path(entries)
        draft.write(entries, "DELETE", path, f"IP set {item.name}: {why}", force, takes_digest=False)
        draft.close(entries)
        draft.remove_item("ipset", item.name)
        draft.touch("ipset")


def make_groups(draft: Draft, groups: Sequence[dict[str, Any]]) -> None:
    """Plan to create security groups and update their comments. Proxmox VE keeps their names in lower case."""
    for spec in groups:
        if spec["state"] == "present":
            name = spec["name"].lower()
            _make_named_item(draft, "groups", "group", name, spec, f"security group {name}")


def remove_groups(draft: Draft, groups: Sequence[dict[str, Any]], purge: bool) -> None:
    """Plan to remove groups and first their rules, for Proxmox VE removes empty groups only."""
    for item, why in _find_items_to_remove(draft, "groups", groups, purge):
        rules = f"groups/{item.name}"
        path = draft.path(rules)
        for position in reversed(range(len(draft.items(rules)))):
            draft.write(rules, "DELETE", f"{path}/{position}", "a security group must be empty to be deleted", {})
            draft.replace_items(rules, draft.items(rules)[:position])
        draft.write(rules, "DELETE", path, f"security group {item.name}: {why}", {}, takes_digest=False)
        draft.close(rules)
        draft.remove_item("groups", item.name)
        draft.touch("groups")


def find_names_to_remove(present: Sequence[Item], specs: Sequence[dict[str, Any]], purge: bool) -> set[str]:
    """The names of the present items that are to be removed."""
    absent = {spec["name"].lower() for spec in specs if spec["state"] == "absent"}
    listed = {spec["name"].lower() for spec in specs}
    return {item.name for item in present if item.name in absent or (purge and item.name not in listed)}


def _find_items_to_remove(
    draft: Draft, name: str, specs: Sequence[dict[str, Any]], purge: bool
) -> list[tuple[Item, str]]:
    names = find_names_to_remove(draft.items(name), specs, purge)
    listed = {spec["name"].lower() for spec in specs}
    return [(item, _ABSENT if item.name in listed else _UNLISTED) for item in draft.items(name) if item.name in names]


def _make_named_item(draft: Draft, listing: str, field: str, name: str, spec: dict[str, Any], label: str) -> bool:
    """Plan to create an item, or to update its comment; returns whether it is new."""
    present = _find_item(draft, listing, name)
    comment = _choose_comment(spec, present)
    if present is None:
        draft.create(listing, f"there is no {label}", {field: name, **_omit_empty_comment(comment)})
    elif comment != present.content["comment"]:
        # The API changes a comment by renaming the item to the name that it has.
        params = {field: name, "rename": name, "comment": comment}
        draft.write(listing, "POST", draft.path(listing), f"the comment of {label} differs", params)
    else:
        return False
    draft.put_item(listing, Item(name, {"comment": comment}, ours=True))
    return present is None


def _make_entries(draft: Draft, listing: str, entries: Sequence[dict[str, Any]]) -> None:
    for spec in entries:
        if spec["state"] == "absent":
            continue
        name = normalize_entry(spec["cidr"])
        present = _find_item(draft, listing, name)
        cidr = present.content["cidr"] if present else name
        content = {"cidr": cidr, "nomatch": spec["nomatch"], "comment": _choose_comment(spec, present)}
        fields = {"nomatch": int(content["nomatch"]), "comment": content["comment"]}
        if present is None:
            params = {
                "cidr": cidr,
                **({"nomatch": 1} if spec["nomatch"] else {}),
                **_omit_empty_comment(content["comment"]),
            }
            draft.create(listing, f"{name} is not in it", params)
        elif content != present.content:
            # The API removes fields that the request leaves out.
            draft.write(listing, "PUT", f"{draft.path(listing)}/{segment(cidr)}", f"{name} differs", fields)
        else:
            continue
        draft.put_item(listing, Item(name, content, ours=True))


def _find_item(draft: Draft, listing: str, name: str) -> Item | None:
    return next((item for item in draft.items(listing) if item.name == name), None)


def _choose_comment(spec: dict[str, Any], present: Item | None) -> str:
    if spec["comment"] is not None:
        return str(spec["comment"]).strip()
    return str(present.content["comment"]) if present else ""


def _omit_empty_comment(comment: str) -> dict[str, str]:
    return {"comment": comment} if comment else {}
