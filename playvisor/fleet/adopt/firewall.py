# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A firewall of the cluster, a node, a guest or a security group, as options of pve_firewall."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from playvisor.fleet.adopt.values import find_options, is_on, is_unset, read_value

# A rule's key stands in brackets at the end of its comment.
_KEYED = re.compile(r"(?:(?P<comment>.*?)\s*)?\[(?P<key>[A-Za-z0-9][A-Za-z0-9._-]{0,62})\]", re.DOTALL)
# What the API adds to an entry of a list.
_DERIVED = ("pos", "digest", "ipversion", "errors")


def read_firewall(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The options, and sentences on what they can't say. Empty where there is nothing to say."""
    options = find_options("pve_firewall", "options")
    entry: dict[str, Any] = {}
    typed = {
        name: read_value(options[name], value)
        for name, value in (document.get("options") or {}).items()
        if name in options and not is_unset(value)
    }
    if typed:
        entry["options"] = typed
    rules, notes = _read_rules(document.get("rules") or ())
    if rules:
        entry["rules"] = rules
    aliases = document.get("aliases") or {}
    if aliases:
        entry["aliases"] = [{"name": name, **_pick(aliases[name], "cidr", "comment")} for name in sorted(aliases)]
    ipsets = document.get("ipsets") or {}
    if ipsets:
        entry["ipsets"] = [_read_ipset(name, ipsets[name]) for name in sorted(ipsets)]
    return entry, notes


def _read_rules(rules: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    matches = [_KEYED.fullmatch(str(rule.get("comment") or "").rstrip()) for rule in rules]
    count = Counter(match["key"] for match in matches if match)
    carried, notes = [], []
    for position, (rule, match) in enumerate(zip(rules, matches, strict=True)):
        if match is None or count[match["key"]] > 1:
            why = f"shares the key [{match['key']}]" if match else "has no [key] at the end of its comment"
            notes.append(f"firewall rule {position} ({_describe_rule(rule)}) {why}, and stays as it is")
        else:
            carried.append(_read_rule(rule, match))
    return carried, notes


def _read_rule(rule: Mapping[str, Any], match: re.Match[str]) -> dict[str, Any]:
    options = find_options("pve_firewall", "rules")
    entry: dict[str, Any] = {"key": match["key"]}
    for name, value in rule.items():
        option = name.replace("-", "_")
        if name not in (*_DERIVED, "comment", "enable") and option in options and not is_unset(value):
            entry[option] = read_value(options[option], value)
    if not is_on(rule.get("enable")):
        entry["enable"] = False
    if match["comment"]:
        entry["comment"] = match["comment"]
    return entry


def _describe_rule(rule: Mapping[str, Any]) -> str:
    names = ("type", "macro", "action", "proto", "dport", "source", "dest")
    return " ".join(str(rule[name]) for name in names if not is_unset(rule.get(name)))


def _read_ipset(name: str, ipset: Mapping[str, Any]) -> dict[str, Any]:
    entries = [
        {**_pick(entry, "cidr", "comment"), **({"nomatch": True} if is_on(entry.get("nomatch")) else {})}
        for entry in ipset.get("entries") or ()
    ]
    return {"name": name, **_pick(ipset, "comment"), **({"entries": entries} if entries else {})}


def _pick(item: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: str(item[name]) for name in names if not is_unset(item.get(name))}
