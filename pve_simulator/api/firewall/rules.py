# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of all levels, and of security groups."""

from __future__ import annotations

from typing import Any

from pve_simulator.api.firewall.levels import CLUSTER, GUESTS, NODE, VNET, Level, serve
from pve_simulator.errors import check_unmodified, failure
from pve_simulator.firewall.digests import add_digests, digest_of_entries
from pve_simulator.firewall.rules import (
    delete_properties,
    move_rule,
    normalize_rule,
    rule_view,
    update_rule,
    verify_rule,
)
from pve_simulator.firewall.scope import Scope
from pve_simulator.requests.call import Call
from pve_simulator.state.firewall import Rule, SecurityGroup

GROUP = Level("group", "/cluster/firewall/groups/{group}")


def list_rules(call: Call, scope: Scope) -> list[dict[str, Any]]:
    """All rules, each with its position."""
    return [{**view, "pos": pos} for pos, view in enumerate(_build_views(call, scope))]


def read_rule(call: Call, scope: Scope) -> dict[str, Any]:
    """One rule; its position is the text of the path."""
    views = _build_views(call, scope)
    _check_position(call, len(views))
    return {**views[call.integer("pos")], "pos": str(call.params["pos"])}


def create_rule(call: Call, scope: Scope) -> None:
    """Add a rule before all others, whatever `pos` says; it is disabled unless `enable` is set."""
    rules = _get_rules(call, scope)
    rule: Rule = {}
    update_rule(rule, call.params)
    verify_rule(rule, scope)
    rule.setdefault("enable", "0")
    rules.insert(0, normalize_rule(rule))


def change_rule(call: Call, scope: Scope) -> None:
    """Change a rule, or only move it."""
    rules = _get_rules(call, scope)
    _check_digest(call, scope)
    position = _check_position(call, len(rules))
    target = call.integer("moveto", position)
    if target != position:
        rules[:] = move_rule(rules, position, target)
        return
    rule = dict(rules[position])
    update_rule(rule, call.params)
    delete_properties(rule, call.items("delete"))
    verify_rule(rule, scope)
    rules[position] = normalize_rule(rule)


def delete_rule(call: Call, scope: Scope) -> None:
    """Remove a rule."""
    rules = _get_rules(call, scope)
    _check_digest(call, scope)
    del rules[_check_position(call, len(rules))]


def group_of(call: Call, scope: Scope) -> SecurityGroup:
    """The security group of the path."""
    name = call.need("group")
    group = scope.cluster.groups.get(name)
    if group is None:
        raise failure(f"no such security group '{name}'")
    return group


def _get_rules(call: Call, scope: Scope) -> list[Rule]:
    return group_of(call, scope).rules if scope.env == "group" else scope.own.rules


def _build_views(call: Call, scope: Scope) -> list[dict[str, Any]]:
    return add_digests([rule_view(rule, scope) for rule in _get_rules(call, scope)])


def _check_digest(call: Call, scope: Scope) -> None:
    check_unmodified(call.text("digest"), digest_of_entries(rule_view(rule, scope) for rule in _get_rules(call, scope)))


def _check_position(call: Call, count: int) -> int:
    position = call.integer("pos")
    if position >= count:
        raise failure(f"no rule at position {call.params['pos']}")
    return position


for _level in (CLUSTER, NODE, GROUP, VNET, *GUESTS):
    _path = "" if _level is GROUP else "/rules"
    serve(_level, "GET", _path, list_rules)
    serve(_level, "POST", _path, create_rule)
    serve(_level, "GET", f"{_path}/{{pos}}", read_rule)
    serve(_level, "PUT", f"{_path}/{{pos}}", change_rule)
    serve(_level, "DELETE", f"{_path}/{{pos}}", delete_rule)
