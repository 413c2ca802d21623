# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans that bring firewall rules to the desired content and order with the fewest requests."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .._api.errors import AMBIGUOUS, INVALID_PARAMETER, PveError
from .._values.firewall import ICMP_TYPE, PROTOCOL
from .lists import Draft, Item, join_comment, split_comment

# Options of a rule by their names in the API.
FIELDS = {
    "type": "type",
    "action": "action",
    "macro": "macro",
    "iface": "iface",
    "source": "source",
    "dest": "dest",
    "proto": "proto",
    "sport": "sport",
    "dport": "dport",
    "icmp-type": "icmp_type",
    "log": "log",
}
# What has one way to write it, which users write in another case.
_CASELESS = {"proto": PROTOCOL, "icmp-type": ICMP_TYPE}
_ADDRESSES = ("source", "dest")
LISTS = (*_ADDRESSES, "sport", "dport")


def build_rule(spec: dict[str, Any], macros: dict[str, str]) -> Item:
    """A rule as the API is to keep it; I(macros) are the names of macros by their lower-case form."""
    content: dict[str, Any] = {
        field: str(spec[option]) for field, option in FIELDS.items() if spec.get(option) not in (None, "")
    }
    for field in LISTS:
        if field in content:
            content[field] = ",".join(part.strip() for part in content[field].split(","))
    content = {field: normalize_field(field, value) for field, value in content.items()}
    content["action"] = normalize_action(content["type"], content["action"])
    if "macro" in content:
        if content["macro"].lower() not in macros:
            raise _unknown_macro_error(spec["key"], content["macro"], macros)
        content["macro"] = macros[content["macro"].lower()]
    content["enable"] = int(spec["enable"])
    content["comment"] = join_comment((spec.get("comment") or "").strip(), spec["key"])
    return Item(spec["key"], content, ours=True)


def normalize_action(kind: str, action: str) -> str:
    """An action in capitals, or the name of a group, in lower case."""
    return action.lower() if kind == "group" else action.upper()


def normalize_field(field: str, value: Any) -> Any:
    """A field of a rule as Proxmox VE writes it; one that can't be so stays as it is."""
    if field in _ADDRESSES and str(value).startswith("+") and not str(value).startswith("+sdn/"):
        # The names of IP sets are kept in lower case.
        return str(value).lower()
    return _CASELESS[field].read(value) if field in _CASELESS and value else value


def describe_rule(item: Item) -> dict[str, Any]:
    """A rule as results show it: comment and key apart, and the other fields that are set."""
    comment, key = split_comment(item.content.get("comment", ""))
    return {
        "key": key or None,
        "enable": bool(item.content["enable"]),
        **{option: item.content[field] for field, option in FIELDS.items() if field in item.content},
        "comment": comment,
    }


def plan_rules(draft: Draft, name: str, desired: Sequence[Item], absent: set[str], purge: bool) -> None:
    """Plan to update, add and move rules until I(desired) are there in this order; then delete rules.

    Rules that are not in I(desired) stay where they are, unless they are in I(absent) or I(purge) is set. The API
    adds new rules at the top.
    """
    keys = [item.name for item in desired]
    _delete_duplicates(draft, name, keys, purge)
    for item in desired:
        _update_rule(draft, name, item)
    present = {item.name for item in draft.items(name)}
    for item in reversed([item for item in desired if item.name not in present]):
        draft.write(name, "POST", draft.path(name), f"there is no rule {item.name}", dict(item.content))
        draft.replace_items(name, [item, *draft.items(name)])
    _move_rules(draft, name, keys)
    for position in reversed(range(len(draft.items(name)))):
        item = draft.items(name)[position]
        if item.name in absent or (purge and item.name not in keys):
            _delete_rule(draft, name, position, "absent is asked for" if item.name in absent else "it is not listed")


def find_longest_increasing(ranks: Sequence[int]) -> set[int]:
    """A longest increasing subsequence of I(ranks): the most rules that can stay in place."""
    lowest: list[int] = []
    chains: list[tuple[int, ...]] = []
    for rank in ranks:
        length = bisect_left(lowest, rank)
        chain = (*(chains[length - 1] if length else ()), rank)
        lowest[length : length + 1] = [rank]
        chains[length : length + 1] = [chain]
    return set(chains[-1]) if chains else set()


def _delete_duplicates(draft: Draft, name: str, keys: list[str], purge: bool) -> None:
    seen: dict[str, list[int]] = {}
    for position, item in enumerate(draft.items(name)):
        seen.setdefault(item.name, []).append(position)
    for key in keys:
        positions = seen.get(key, [])
        if len(positions) > 1 and not purge:
            raise PveError(
                AMBIGUOUS,
                f"{len(positions)} rules of {draft.path(name)} have the key {key}, at the positions "
                f"{', '.join(map(str, positions))}.",
                "Take the key out of the comments of all but one, or set purge to delete all but the first.",
            )
    surplus = sorted((position for key in keys for position in seen.get(key, [])[1:]), reverse=True)
    for position in surplus:
        _delete_rule(draft, name, position, "another rule has this key")


def _update_rule(draft: Draft, name: str, desired: Item) -> None:
    for position, item in enumerate(draft.items(name)):
        if item.name != desired.name:
            continue
        changed = {field: value for field, value in desired.content.items() if item.content.get(field) != value}
        unset = [field for field in FIELDS if field in item.content and field not in desired.content]
        if changed or unset:
            params = {**changed, **({"delete": ",".join(unset)} if unset else {})}
            why = f"rule {desired.name} differs in {', '.join([*changed, *unset])}"
            draft.write(name, "PUT", f"{draft.path(name)}/{position}", why, params)
            kept = {field: value for field, value in item.content.items() if field not in unset}
            items = list(draft.items(name))
            items[position] = replace(desired, content={**kept, **desired.content})
            draft.replace_items(name, items)
        return


def _move_rules(draft: Draft, name: str, keys: list[str]) -> None:
    ranks = {key: rank for rank, key in enumerate(keys)}
    unmoved = find_longest_increasing([ranks[item.name] for item in draft.items(name) if item.name in ranks])
    for rank, key in enumerate(keys):
        if rank in unmoved:
            continue
        order = [item.name for item in draft.items(name)]
        position = order.index(key)
        # After its predecessor, which is in place by now; the first rule goes before the first one that does not move.
        target = order.index(keys[rank - 1]) + 1 if rank else order.index(keys[min(unmoved)])
        why = f"rule {key} belongs {f'after {keys[rank - 1]}' if rank else f'before {keys[min(unmoved)]}'}"
        draft.write(name, "PUT", f"{draft.path(name)}/{position}", why, {"moveto": target})
        draft.replace_items(name, move_item(draft.items(name), position, target))


def move_item(items: Sequence[Item], position: int, target: int) -> list[Item]:
    """The rules with the one at I(position) moved before the one at I(target), or to the end."""
    rest = [*items[:position], *items[position + 1 :]]
    target -= target > position
    return [*rest[:target], items[position], *rest[target:]]


def _delete_rule(draft: Draft, name: str, position: int, why: str) -> None:
    items = list(draft.items(name))
    gone = items.pop(position)
    label = gone.name or gone.content.get("comment") or "without a key"
    draft.write(name, "DELETE", f"{draft.path(name)}/{position}", f"rule {label}: {why}", {})
    draft.replace_items(name, items)


def _unknown_macro_error(key: str, macro: str, macros: dict[str, str]) -> PveError:
    similar = sorted(name for lower, name in macros.items() if lower[:2] == macro.lower()[:2])
    return PveError(
        INVALID_PARAMETER,
        f"Rule {key} names the macro {macro}, which this Proxmox VE does not have.",
        f"Similar: {', '.join(similar)}." if similar else "The API's /cluster/firewall/macros lists them.",
    )
