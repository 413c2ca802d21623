# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of C(pve_firewall), and checks of them before anything is read or changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from .._api.errors import INVALID_PARAMETER, PveError, refuse_values
from .._values.firewall import find_conflict
from .firewall import KINDS
from .lists import normalize_address, normalize_entry
from .options import LEVELS, LOG_LEVELS, SPEC, check_options, normalize_value
from .rules import FIELDS, LISTS, normalize_action, normalize_field

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]+")
_ALIAS = re.compile(r"(dc/|guest/)?[a-z][a-z0-9_-]+")
_TYPES = {"cluster": "in out forward group", "node": "in out forward group", "guest": "in out group"}
_TYPES["group"] = "in out forward"
_LONGEST_NAME, _LONGEST_GROUP = 64, 18
# The fields that a rule of type group may have; such a rule includes the rules of a security group.
_GROUP_RULE_FIELDS = {"type", "action", "iface"}


def firewall_spec() -> dict[str, Any]:
    state = {"type": "str", "choices": ["present", "absent"], "default": "present"}
    text, listed = {"type": "str"}, {"type": "raw"}
    rule = {
        **dict.fromkeys(FIELDS.values(), text),
        **dict.fromkeys(LISTS, listed),
        "key": {"type": "str", "required": True, "no_log": False},
        "state": state,
        "type": {"type": "str", "choices": ["in", "out", "forward", "group"]},
        "log": {"type": "str", "choices": list(LOG_LEVELS)},
        "enable": {"type": "bool", "default": True},
        "comment": text,
    }
    name = {"type": "str", "required": True}
    entry = {"cidr": name, "nomatch": {"type": "bool", "default": False}, "comment": text, "state": state}
    entries = {"type": "list", "elements": "dict", "options": entry}
    return {
        "level": {"type": "str", "required": True, "choices": list(KINDS)},
        "group": text,
        "comment": text,
        "state": state,
        "options": {"type": "dict", "options": SPEC},
        "reset_options": {"type": "list", "elements": "str", "choices": sorted(SPEC)},
        "rules": {
            "type": "list",
            "elements": "dict",
            "options": rule,
            "required_if": [("state", "present", ["type", "action"])],
        },
        "aliases": {
            "type": "list",
            "elements": "dict",
            "options": {"name": name, "cidr": text, "comment": text, "state": state},
            "required_if": [("state", "present", ["cidr"])],
        },
        "ipsets": {
            "type": "list",
            "elements": "dict",
            "options": {"name": name, "comment": text, "entries": entries, "state": state},
        },
        "groups": {
            "type": "list",
            "elements": "dict",
            "options": {"name": name, "comment": text, "state": state},
        },
        "purge": {"type": "bool", "default": False},
    }


def complete_params(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters, with lists in rules as text, and only those firewall options that the task sets.

    An option that is an empty text is reset.
    """
    rules, options = params["rules"], params["options"]
    params = {**params, "rules": None if rules is None else [_join_lists(rule) for rule in rules]}
    if options is None:
        return params
    empty = [name for name, value in options.items() if value == ""]
    set_options = {name: normalize_value(name, value) for name, value in options.items() if value not in (None, "")}
    return {**params, "options": set_options, "reset_options": [*(params["reset_options"] or ()), *empty]}


def _join_lists(rule: dict[str, Any]) -> dict[str, Any]:
    values = {option: rule[option] for option in LISTS if rule[option] is not None}
    texts = {
        option: ",".join(map(str, value)) if isinstance(value, list) else str(value) for option, value in values.items()
    }
    return {**rule, **texts}


def check_place(params: dict[str, Any]) -> None:
    """Raise C(invalid_parameter) for options that don't go with the level."""
    level = params["level"]
    foreign = [option for option in ("vmid", "name", "guests") if params[option] and level != "guest"]
    foreign += ["group"] if params["group"] and level != "group" else []
    foreign += ["node"] if params["node"] and level not in ("node", "guest") else []
    if foreign:
        _refuse(f"{', '.join(foreign)} does not go with level {level}.", "Correct level, or leave it out.")


def check_params(params: dict[str, Any]) -> None:
    """Raise C(invalid_parameter) for options that the API would refuse only after other changes were made."""
    check_place(params)
    level = params["level"]
    for kind in ("options", "reset_options", "aliases", "ipsets", "groups", "rules"):
        if params[kind] is not None and kind.removeprefix("reset_") not in KINDS[level]:
            _refuse(f"The firewall of a {level} has no {kind}.", f"It has {', '.join(KINDS[level])}.")
    if level != "group" and (params["comment"] is not None or params["state"] == "absent"):
        _refuse("comment and state are those of a security group.", "Leave them out unless level is group.")
    if LEVELS[level]:
        check_options(level, params["options"] or {}, params["reset_options"] or [])
    _check_comment("comment", params["comment"])
    if level == "group":
        _check_name("security group", params["group"], _LONGEST_GROUP)
    _check_rules(level, params["rules"] or [])
    _check_named("aliases", params["aliases"] or [], _LONGEST_NAME)
    _check_named("ipsets", params["ipsets"] or [], _LONGEST_NAME)
    _check_named("groups", params["groups"] or [], _LONGEST_GROUP)
    for alias in params["aliases"] or []:
        if alias["state"] == "present":
            _check_alias(alias)
    for ipset in params["ipsets"] or []:
        _check_entries(ipset["name"], ipset["entries"] or [])


def _check_rules(level: str, rules: Sequence[dict[str, Any]]) -> None:
    _check_unique("rules", (rule["key"] for rule in rules))
    for rule in rules:
        if not _KEY.fullmatch(rule["key"]):
            _refuse(
                f"{rule['key']!r} can't be the key of a rule.",
                "Use up to 63 letters, digits, '.', '_' and '-', a letter or digit first.",
            )
        if rule["state"] == "present":
            _check_comment(f"comment of rule {rule['key']}", rule["comment"])
            _check_rule(level, rule)


def _check_rule(level: str, rule: dict[str, Any]) -> None:
    label, kind = f"Rule {rule['key']}", rule["type"]
    action = normalize_action(kind, rule["action"])
    set_options = {option for option in FIELDS.values() if rule[option]}
    if kind not in _TYPES[level].split():
        _refuse(f"{label} is of type {kind}.", f"Rules of a {level} are of type {_TYPES[level].replace(' ', ', ')}.")
    if kind == "group":
        _check_name("security group", rule["action"], _LONGEST_GROUP)
        if set_options - _GROUP_RULE_FIELDS:
            _refuse(f"{label} stands for a group, so it has no {', '.join(sorted(set_options - _GROUP_RULE_FIELDS))}.")
    elif action not in ("ACCEPT", "DROP", "REJECT") or (kind, action) == ("forward", "REJECT"):
        _refuse(f"{label} of type {kind} has the action {rule['action']}.", "Use ACCEPT, DROP or (not forward) REJECT.")
    if level == "group" and rule["iface"]:
        _refuse(f"{label} names an interface.", "Give it with the rule that lets the group in.")
    if level == "guest" and rule["iface"] and not re.fullmatch(r"net\d+", rule["iface"]):
        _refuse(f"{label} names the interface {rule['iface']}.", "Name the guest's network device, such as net0.")
    without_proto = sorted(set_options & {"sport", "dport", "icmp_type"})
    if without_proto and not rule["proto"]:
        _refuse(f"{label} gives {', '.join(without_proto)} without proto.", "Name the protocol, such as tcp.")
    conflict = find_conflict({field: normalize_field(field, rule[option]) for field, option in FIELDS.items()})
    if conflict:
        raise refuse_values([(f"{FIELDS[conflict[0]]} of rule {rule['key']}", rule[FIELDS[conflict[0]]], conflict[1])])
    with_spaces = sorted(
        option for option in set_options if re.search(r"\s", re.sub(r"\s*,\s*", ",", str(rule[option]).strip()))
    )
    if with_spaces:
        _refuse(f"{label} has spaces in {', '.join(with_spaces)}.", "Separate the elements of a list by commas.")


def _check_named(kind: str, specs: Sequence[dict[str, Any]], longest: int) -> None:
    _check_unique(kind, (spec["name"].lower() for spec in specs))
    for spec in specs:
        _check_name(kind, spec["name"], longest)
        _check_comment(f"comment of {spec['name']}", spec["comment"])


def _check_alias(alias: dict[str, Any]) -> None:
    if not _is_address(alias["cidr"]):
        _refuse(f"Alias {alias['name']} stands for {alias['cidr']!r}.", "Give an address or a network.")


def _check_entries(ipset: str, entries: Sequence[dict[str, Any]]) -> None:
    _check_unique(f"entries of {ipset}", (normalize_entry(entry["cidr"]) for entry in entries))
    for entry in entries:
        _check_comment(f"comment of {entry['cidr']}", entry["comment"])
        cidr = normalize_entry(entry["cidr"])
        if not _ALIAS.fullmatch(cidr) and not _is_address(cidr):
            _refuse(f"IP set {ipset} has the entry {entry['cidr']!r}.", "Give an address, a network or an alias.")
        if cidr.endswith("/0"):
            _refuse(f"IP set {ipset} has the entry {entry['cidr']}.", "Proxmox VE takes no network of everything.")


def _is_address(text: str) -> bool:
    try:
        normalize_address(text)
    except ValueError:
        return False
    return True


def _check_name(kind: str, name: str, longest: int) -> None:
    if not _NAME.fullmatch(name) or len(name) > longest:
        raise PveError(
            INVALID_PARAMETER,
            f"{name!r} can't be a name ({kind}).",
            f"Use 2 to {longest} letters, digits, '_' and '-', a letter first.",
            fields={kind: f"{name!r} can't be a name"},
        )


def _check_comment(what: str, comment: str | None) -> None:
    if comment and re.search(r"[\r\n]", comment.strip()):
        _refuse(f"The {what} has several lines.", "Comments of the firewall are one line.")


def _check_unique(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            _refuse(f"{what} lists {name} twice.", "List it once.")
        seen.add(name)


def _refuse(message: str, hint: str | None = None) -> NoReturn:
    raise PveError(INVALID_PARAMETER, message, hint)
