# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/ha/rules: where managed guests may run, and which keep together or apart."""

from __future__ import annotations

import json
from typing import Any

from pve_simulator.api.sections import to_section_value
from pve_simulator.errors import failure
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.conf_file import digest_of
from pve_simulator.state.ha import Ha

_PATH = "/cluster/ha/rules"
_STALE = "detected modified configuration - file changed by other user? Try again."
_ALONE = "rule is ineffective as there are less than two resources"


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
    name, rules = call.need("rule"), _get_rules(call)
    if name in rules:
        raise failure(f"create ha rule failed: HA rule '{name}' already defined")
    rule = _read_options(call)
    _check_rule(call, name, rule, "create ha rule failed")
    rules[name] = rule


@route("GET", f"{_PATH}/{{rule}}")
def read(call: Call) -> dict[str, Any]:
    """One rule."""
    _require_rule(call, "no such ha rule '{name}'")
    return _build_view(call, call.need("rule"))


@route("PUT", f"{_PATH}/{{rule}}")
def update(call: Call) -> None:
    """Set and delete options of a rule; its type stays."""
    name = call.need("rule")
    rule = dict(_require_rule(call, "update HA rules failed: HA rule '{name}' does not exist"))
    digest = call.text("digest")
    if digest is not None and digest != _compute_digest(call):
        raise failure(f"update HA rules failed: {_STALE}")
    kind = call.text("type")
    if kind is not None and kind != rule["type"]:
        raise failure(
            f"update ha rule failed: 400 Parameter verification failed.\ntype: rule is of type '{rule['type']}'"
        )
    for option in call.items("delete"):
        rule.pop(option, None)
    rule |= _read_options(call)
    _check_rule(call, name, rule, "update HA rules failed")
    _get_rules(call)[name] = rule


@route("DELETE", f"{_PATH}/{{rule}}")
def delete(call: Call) -> None:
    """Remove a rule; a missing one is fine."""
    _get_rules(call).pop(call.need("rule"), None)


def _check_rule(call: Call, name: str, rule: dict[str, Any], what: str) -> None:
    """Refuse rules that can have no effect or contradict others."""
    problem = None
    resources = [item for item in str(rule.get("resources", "")).split(",") if item]
    unmanaged = [item for item in resources if item not in call.cluster.part(Ha).resources]
    if unmanaged:
        raise failure(f"{what}: cannot use unmanaged resource(s) {', '.join(unmanaged)}.")
    named = [item.partition(":")[0] for item in str(rule.get("nodes", "")).split(",") if item]
    unknown = [node for node in named if node not in call.cluster.nodes]
    if unknown:
        raise failure(f"{what}: cannot use non-existant node(s) {', '.join(unknown)}.")
    if rule["type"] == "resource-affinity":
        if len(resources) < 2:
            problem = f"resources: {_ALONE}"
        elif rule.get("affinity") == "negative" and len(resources) > len(call.cluster.nodes):
            problem = "resources: rule defines more resources than available nodes"
    else:
        for other, settings in _get_rules(call).items():
            shared = set(resources) & set(settings["resources"].split(","))
            if other != name and settings["type"] == "node-affinity" and shared:
                problem = f"resources: resource '{min(shared)}' is already used in another node affinity rule"
    if problem is not None:
        raise failure(f"{what}: 400 Rule '{name}' is invalid.\n{problem}")


def _get_rules(call: Call) -> dict[str, dict[str, Any]]:
    return call.cluster.part(Ha).rules


def _require_rule(call: Call, missing: str) -> dict[str, Any]:
    rule = _get_rules(call).get(call.need("rule"))
    if rule is None:
        raise failure(missing.format(name=call.need("rule")))
    return rule


def _read_options(call: Call) -> dict[str, Any]:
    """The rule's own parameters; sets are kept in order of their names."""
    options = {
        key: to_section_value(value) for key, value in call.params.items() if key not in ("rule", "digest", "delete")
    }
    for name in ("resources", "nodes"):
        if name in options:
            options[name] = ",".join(sorted(call.items(name)))
    return options


def _compute_digest(call: Call) -> str:
    return digest_of(json.dumps(_get_rules(call), sort_keys=True))


def _build_view(call: Call, name: str) -> dict[str, Any]:
    rules = _get_rules(call)
    return {"rule": name, **rules[name], "order": list(rules).index(name) + 1, "digest": _compute_digest(call)}
