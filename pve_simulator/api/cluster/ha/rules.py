# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/ha/rules: where managed guests may run, and which keep together or apart."""

from __future__ import annotations

import json
from typing import Any

from pve_simulator.api.sections import change_section
from pve_simulator.errors import failure, wrap_errors
from pve_simulator.guests.ha_rules import OPTIONS, find_problems, split_list
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.conf_file import digest_of
from pve_simulator.state.ha import Ha

_PATH = "/cluster/ha/rules"
_STALE = "detected modified configuration - file changed by other user? Try again."
_CONTROL = frozenset({"rule", "digest", "delete"})


@route("GET", _PATH)
def list_rules(call: Call) -> list[dict[str, Any]]:
    """All rules, those of a type, or those that a guest is in."""
    kind, resource = call.text("type"), call.text("resource")
    return [
        _build_view(call, name)
        for name, rule in _get_rules(call).items()
        if (kind is None or rule["type"] == kind) and (resource is None or resource in rule["resources"].split(","))
    ]


@route("POST", _PATH)
def create(call: Call) -> None:
    """Add a rule."""
    name, rules, what = call.need("rule"), _get_rules(call), "create ha rule failed"
    rule = _change_options(call, {})
    OPTIONS[rule["type"]].check(rule.keys() - {"type"}, create=True)
    if name in rules:
        raise failure(f"{what}: HA rule '{name}' already defined")
    _check_rule(call, name, rule, what)
    rules[name] = rule


@route("GET", f"{_PATH}/{{rule}}")
def read(call: Call) -> dict[str, Any]:
    """One rule."""
    _require_rule(call, "no such ha rule '{name}'")
    return _build_view(call, call.need("rule"))


@route("PUT", f"{_PATH}/{{rule}}")
def update(call: Call) -> None:
    """Set and delete options of a rule; its type stays."""
    name, what = call.need("rule"), "update HA rules failed"
    digest = call.text("digest")
    if digest is not None and digest != _compute_digest(call):
        raise failure(f"{what}: {_STALE}")
    rule = _require_rule(call, f"{what}: HA rule '{{name}}' does not exist")
    kind = call.text("type")
    if kind is not None and kind != rule["type"]:
        raise failure(
            f"update ha rule failed: 400 Parameter verification failed.\ntype: rule is of type '{rule['type']}'"
        )
    changed = _change_options(call, rule)
    with wrap_errors(what):
        OPTIONS[rule["type"]].check(changed.keys() - {"type"}, create=False)
        OPTIONS[rule["type"]].delete(changed, call.items("delete"), call.params)
    _check_rule(call, name, changed, what)
    _get_rules(call)[name] = changed


@route("DELETE", f"{_PATH}/{{rule}}")
def delete(call: Call) -> None:
    """Remove a rule; a missing one is fine."""
    _get_rules(call).pop(call.need("rule"), None)


def _check_rule(call: Call, name: str, rule: dict[str, Any], what: str) -> None:
    """Refuse rules that can have no effect or contradict others."""
    unmanaged = [item for item in split_list(rule["resources"]) if item not in call.cluster.part(Ha).resources]
    if unmanaged:
        raise failure(f"{what}: cannot use unmanaged resource(s) {', '.join(unmanaged)}.")
    named = [item.partition(":")[0] for item in split_list(rule.get("nodes"))]
    unknown = [node for node in named if node not in call.cluster.nodes]
    if unknown:
        raise failure(f"{what}: cannot use non-existant node(s) {', '.join(unknown)}.")
    problems = find_problems({**_get_rules(call), name: rule}, len(call.cluster.nodes)).get(name)
    if problems:
        raise failure(f"{what}: 400 Rule '{name}' is invalid.\nresources: {', '.join(problems)}")


def _get_rules(call: Call) -> dict[str, dict[str, Any]]:
    return call.cluster.part(Ha).rules


def _require_rule(call: Call, missing: str) -> dict[str, Any]:
    rule = _get_rules(call).get(call.need("rule"))
    if rule is None:
        raise failure(missing.format(name=call.need("rule")))
    return rule


def _change_options(call: Call, rule: dict[str, Any]) -> dict[str, Any]:
    """A rule with the parameters set; sets are kept in order of their names."""
    changed = change_section(rule, call.params, _CONTROL)
    for option in ("resources", "nodes"):
        if option in call.params:
            changed[option] = ",".join(sorted(set(call.items(option))))
    return changed


def _compute_digest(call: Call) -> str:
    return digest_of(json.dumps(_get_rules(call), sort_keys=True))


def _build_view(call: Call, name: str) -> dict[str, Any]:
    rules = _get_rules(call)
    view = {"rule": name, **rules[name], "order": list(rules).index(name) + 1, "digest": _compute_digest(call)}
    problems = find_problems(rules, len(call.cluster.nodes)).get(name)
    return {**view, "errors": {"resources": problems}} if problems else view
