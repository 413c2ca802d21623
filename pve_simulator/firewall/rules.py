# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Firewall rules: what they may contain, how they change, and how they are shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pve_simulator.errors import failure, invalid
from pve_simulator.firewall.addresses import ip_version, list_version
from pve_simulator.firewall.macros import expand_macro, preferred_name
from pve_simulator.firewall.scope import Scope, alias_reference, ipset_reference
from pve_simulator.schema.formats.firewall_names import ICMP_TYPES, ICMPV4_TYPES, ICMPV6_TYPES, SERVICES
from pve_simulator.state.firewall import Rule

PROPERTIES = frozenset(
    {"type", "action", "macro", "iface", "source", "dest", "proto", "dport", "sport", "icmp-type", "log"}
    | {"enable", "comment", "pos", "digest"}
)
_REQUIRED = ("type", "action")
_NOT_STORED = ("pos", "digest")
_GROUP_RULE = frozenset({"type", "action", "enable", "iface", "comment"})
_ACTIONS = ("ACCEPT", "DROP", "REJECT")
_ICMP = ("icmp", "icmpv6", "ipv6-icmp")
_WITH_PORTS = frozenset({"udp", "17", "udplite", "136", "tcp", "6", "dccp", "33", "sctp", "132"})

Problem = tuple[str, str]


class RuleCheck:
    """Checks a rule in its scope; `ipversion` is known once `find_problems` has run through."""

    def __init__(self, rule: Rule, scope: Scope) -> None:
        self._rule = rule
        self._scope = scope
        self.ipversion: int | None = None

    def find_problems(self) -> Iterator[Problem]:
        """All problems of the rule (field and text), in the server's order."""
        has_problem = False
        for problem in self._check_all_but_macro():
            has_problem = True
            yield problem
        if not has_problem:
            yield from self._check_macro_conflicts()

    def _check_all_but_macro(self) -> Iterator[Problem]:
        yield from self._check_type_and_action()
        yield from self._check_iface()
        macro = self._rule.get("macro")
        if macro and preferred_name(macro) is None:
            yield "macro", f"unknown macro '{macro}'"
        yield from self._check_protocol_and_ports()
        for name in ("source", "dest"):
            if self._rule.get(name):
                yield from self._check_address(name, self._rule[name])

    def _check_type_and_action(self) -> Iterator[Problem]:
        kind, action = self._rule["type"], self._rule["action"]
        if kind not in self._scope.types:
            yield "type", f"invalid rule type '{kind}' for rule_env '{self._scope.env}'"
        if kind == "group":
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9\-_]+", action):
                yield "action", "invalid characters in security group name"
        elif (kind, action) == ("forward", "REJECT"):
            yield "action", "cannot define REJECT rules on forward chain"
        elif action not in _ACTIONS:
            yield "action", f"unknown action '{action}'"

    def _check_iface(self) -> Iterator[Problem]:
        iface = self._rule.get("iface")
        if not iface:
            return
        if not self._scope.allows_iface:
            yield "type", "parameter -i not allowed for this rule type"
        if self._scope.is_guest and not re.fullmatch(r"net\d+", iface):
            yield "iface", "value does not match the regex pattern 'net\\d+'"

    def _check_protocol_and_ports(self) -> Iterator[Problem]:
        rule, proto = self._rule, self._rule.get("proto", "")
        if proto in _ICMP:
            self.ipversion = 4 if proto == "icmp" else 6
        for name in ("dport", "sport"):
            if name == "sport" and rule.get("icmp-type"):
                yield from self._check_icmp_type(proto)
            if not rule.get(name):
                continue
            if name == "dport" and proto not in _ICMP:
                yield from self._check_icmp_names(rule[name])
            if not proto:
                yield "proto", f"missing property - '{name}' requires this property"
            if proto not in _WITH_PORTS and not (name == "dport" and proto in _ICMP):
                yield name, f"protocol '{proto}' does not support ports"

    def _check_icmp_names(self, ports: str) -> Iterator[Problem]:
        for port in ports.split(","):
            if port in ICMP_TYPES and port not in SERVICES:
                yield "dport", f"invalid port '{port}'"

    def _check_icmp_type(self, proto: str) -> Iterator[Problem]:
        kind = self._rule["icmp-type"]
        if proto not in _ICMP:
            yield "proto", "missing property - 'icmp-type' requires this property"
        if self._rule.get("dport"):
            yield "icmp-type", "'icmp-type' cannot be specified together with 'dport'"
        if proto in _ICMP and kind not in (ICMPV4_TYPES if proto == "icmp" else ICMPV6_TYPES):
            yield "icmp-type", f"invalid icmp-type '{kind}' for proto '{proto}'"

    def _check_address(self, name: str, value: str) -> Iterator[Problem]:
        if value.startswith("+"):
            reference = ipset_reference(value)
            if reference is None:
                yield name, f"invalid ipset name '{value}'"
            elif not self._scope.has_ipset(reference[1]):
                yield name, f"no such ipset '{reference[1]}'"
            return
        reference = alias_reference(value)
        if reference is not None:
            alias = self._scope.find_alias(*reference)
            if not self._scope.has_alias(reference[1]):
                yield name, f"no such alias '{value}'"
            elif alias is not None and not self._fits_version(ip_version(alias.cidr)):
                raise failure("detected mixed ipv4/ipv6 addresses in rule")
        elif not self._fits_version(list_version(value)):
            yield name, "detected mixed ipv4/ipv6 addresses in rule"

    def _fits_version(self, version: int) -> bool:
        if self.ipversion not in (None, version):
            return False
        self.ipversion = version
        return True

    def _check_macro_conflicts(self) -> Iterator[Problem]:
        name = preferred_name(self._rule.get("macro", ""))
        for match in expand_macro(name, self.ipversion) if name else ():
            for key, value in match.items():
                if self._rule.get(key, value) != value:
                    yield key, f"parameter '{key}' already define in macro (value = '{value}')"


def update_rule(rule: Rule, params: Mapping[str, Any]) -> None:
    """Set the properties that a request gives; an empty value or '-' removes one."""
    for key in PROPERTIES & params.keys():
        text = str(params[key])
        if key in _NOT_STORED:
            continue
        if text in ("", "-"):
            rule.pop(key, None)
        else:
            rule[key] = text


def delete_properties(rule: Rule, names: list[str]) -> None:
    """Remove properties; raises for unknown and for required ones."""
    for name in names:
        if name not in PROPERTIES:
            raise invalid({"delete": f"no such property ('{name}')"})
        if name in _REQUIRED:
            raise invalid({"delete": f"unable to delete required property '{name}'"})
        rule.pop(name, None)


def verify_rule(rule: Rule, scope: Scope) -> None:
    """Raise the first problem of a rule."""
    for field, text in RuleCheck(rule, scope).find_problems():
        raise invalid({field: text})


def normalize_rule(rule: Rule) -> Rule:
    """The rule as it reads back from its line in the file."""
    stored = {key: value for key, value in rule.items() if value and (rule["type"] != "group" or key in _GROUP_RULE)}
    stored["enable"] = "0" if rule.get("enable", "1") == "0" else "1"
    comment = rule.get("comment", "").split("\n")[0].strip()
    stored.pop("comment", None)
    if comment:
        stored["comment"] = comment
    macro = preferred_name(rule.get("macro", ""))
    if macro:
        stored["macro"] = macro
    return stored


def rule_view(rule: Rule, scope: Scope) -> dict[str, Any]:
    """A rule as lists show it: with its IP version if it has one, and with its errors."""
    view: dict[str, Any] = {**rule, "enable": int(rule.get("enable", "1"))}
    check = RuleCheck(rule, scope)
    errors: dict[str, str] = {}
    for field, text in check.find_problems():
        errors.setdefault(field, text)
    if check.ipversion is not None:
        view["ipversion"] = check.ipversion
    if errors:
        view["errors"] = errors
    return view


def move_rule(rules: list[Rule], position: int, target: int) -> list[Rule]:
    """The rules with one of them put before the rule that is now at `target` (at the end when there is none)."""
    rule = rules[position]
    before = [item for index, item in enumerate(rules[:target]) if index != position]
    after = [item for index, item in enumerate(rules[target:], target) if index != position]
    return [*before, rule, *after]
