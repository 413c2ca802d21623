# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""High availability: the guests that the HA manager manages, and its rules. Pure but for read_rules()."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._api.client import segment
from .._api.errors import INVALID_PARAMETER, UNSUPPORTED, PveError
from .._module.plan import Step

if TYPE_CHECKING:
    from .._api.client import Client
    from .._guest.guest import Guest

RESOURCES = "/cluster/ha/resources"
RULES = "/cluster/ha/rules"

_UNMANAGED = {
    "managed": False,
    "request_state": "started",
    "max_restart": 1,
    "max_relocate": 1,
    "failback": True,
    "comment": "",
}
_NODE_AFFINITY, _RESOURCE_AFFINITY = "node-affinity", "resource-affinity"


def service_id(guest: Guest) -> str:
    """The HA manager's id for a guest, such as C(vm:101)."""
    return f"{'vm' if guest.type == 'qemu' else 'ct'}:{guest.vmid}"


def describe_resource(entry: dict[str, Any] | None) -> dict[str, Any]:
    """A guest's HA resource from an entry of C(/cluster/ha/resources); None for a guest that is not under HA."""
    if entry is None:
        return dict(_UNMANAGED)
    state = str(entry.get("state") or "started")
    return {
        "managed": True,
        # C(enabled) is an older name of C(started).
        "request_state": "started" if state == "enabled" else state,
        "max_restart": int(entry.get("max_restart", 1)),
        "max_relocate": int(entry.get("max_relocate", 1)),
        "failback": bool(int(entry.get("failback", 1))),
        "comment": str(entry.get("comment") or ""),
    }


def describe_rule(entry: dict[str, Any] | None) -> dict[str, Any]:
    """A rule from an entry of C(/cluster/ha/rules); None for a rule that does not exist."""
    if entry is None:
        return {"exists": False}
    rule: dict[str, Any] = {
        "exists": True,
        "type": entry["type"],
        "resources": sorted(filter(None, str(entry.get("resources") or "").split(","))),
        "disable": bool(int(entry.get("disable") or 0)),
        "comment": str(entry.get("comment") or ""),
    }
    if entry["type"] == _NODE_AFFINITY:
        nodes = filter(None, str(entry.get("nodes") or "").split(","))
        return {**rule, "nodes": parse_node_priorities(list(nodes)), "strict": bool(int(entry.get("strict") or 0))}
    return {**rule, "affinity": entry.get("affinity")}


def read_rules(client: Client) -> dict[str, dict[str, Any]]:
    """The entries of all rules by their names."""
    return {entry["rule"]: entry for entry in client.get(RULES)}


def parse_node_priorities(nodes: list[str]) -> dict[str, int]:
    """Nodes with their priorities, from C(name) or C(name:priority); the default is 0. Raises C(invalid_parameter)."""
    priorities = {}
    for node in nodes:
        name, colon, priority = (part.strip() for part in node.partition(":"))
        if not name or (colon and not priority.isdecimal()):
            raise PveError(
                INVALID_PARAMETER, f"{node!r} is no node with a priority.", "Write it as NODE or NODE:PRIORITY."
            )
        if priorities.setdefault(name, int(priority or 0)) != int(priority or 0):
            raise PveError(INVALID_PARAMETER, f"The node {name} has two priorities.", "Name it once.")
    return dict(sorted(priorities.items()))


def plan_resource(
    sid: str, current: dict[str, Any], params: dict[str, Any], digest: str | None
) -> tuple[list[Step], dict[str, Any]]:
    """The requests for one guest, and its HA resource after them."""
    if params["state"] == "absent":
        if not current["managed"]:
            return [], current
        return [
            _build_step("DELETE", f"{RESOURCES}/{segment(sid)}", "it is under HA, and absent is asked for")
        ], _UNMANAGED
    desired = {name: _normalize(params[name]) for name in current if params.get(name) is not None}
    after = {**current, "managed": True, **desired}
    if not current["managed"]:
        return [
            _build_step("POST", RESOURCES, "it is not under HA", {"sid": sid, **_render_new_params(desired)})
        ], after
    return _plan_update(f"{RESOURCES}/{segment(sid)}", current, desired, digest), after


def plan_rule(
    name: str, current: dict[str, Any], resources: list[str] | None, params: dict[str, Any], digest: str | None
) -> tuple[list[Step], dict[str, Any]]:
    """The requests for a rule, and the rule after them; I(resources) None leaves its guests as they are."""
    path = f"{RULES}/{segment(name)}"
    if params["state"] == "absent":
        if not current["exists"]:
            return [], current
        return [_build_step("DELETE", path, "the rule exists, and absent is asked for")], {"exists": False}
    if resources == []:
        raise PveError(
            INVALID_PARAMETER,
            f"No guest is chosen for the rule {name}.",
            "Choose others, or delete the rule with state=absent.",
        )
    desired = _build_desired_rule(resources, params)
    kind = _choose_rule_type(name, current, desired)
    if not current["exists"]:
        _check_complete(name, kind, desired)
        defaults = {"exists": True, "type": kind, "disable": False, "comment": ""}
        if kind == _NODE_AFFINITY:
            defaults["strict"] = False
        step = _build_step(
            "POST", RULES, "there is no such rule", {"rule": name, "type": kind, **_render_new_params(desired)}
        )
        return [step], {**defaults, **desired}
    return _plan_update(path, current, desired, digest, type=kind), {**current, **desired}


def _build_desired_rule(resources: list[str] | None, params: dict[str, Any]) -> dict[str, Any]:
    named = {name: params[name] for name in ("strict", "affinity", "disable", "comment")}
    if params["nodes"] == []:
        hint = "Name the nodes, or delete the rule with state=absent."
        raise PveError(INVALID_PARAMETER, "nodes is empty, and a rule of node affinity needs nodes.", hint)
    nodes = None if params["nodes"] is None else parse_node_priorities(params["nodes"])
    desired = {"resources": resources, "nodes": nodes, **named}
    return {name: _normalize(value) for name, value in desired.items() if value is not None}


def _choose_rule_type(name: str, current: dict[str, Any], desired: dict[str, Any]) -> str | None:
    requested = None
    if "nodes" in desired or "strict" in desired:
        requested = _NODE_AFFINITY
    elif "affinity" in desired:
        requested = _RESOURCE_AFFINITY
    if current["exists"] and requested not in (None, current["type"]):
        raise PveError(
            UNSUPPORTED,
            f"The rule {name} is of type {current['type']}, which can't become {requested}.",
            "Delete it first, or give the new one another name.",
        )
    return current["type"] if current["exists"] else requested


def _check_complete(name: str, kind: str | None, desired: dict[str, Any]) -> None:
    if kind is None or (kind == _NODE_AFFINITY and not desired.get("nodes")):
        raise PveError(
            INVALID_PARAMETER,
            f"There is no rule {name}, and its type is not clear.",
            "Give nodes for node affinity, or affinity for resource affinity.",
        )
    minimum = 2 if kind == _RESOURCE_AFFINITY else 1
    if len(desired.get("resources", [])) < minimum:
        raise PveError(
            INVALID_PARAMETER,
            f"The new rule {name} is for {len(desired.get('resources', []))} guests.",
            f"Choose at least {minimum} with vmid, name or guests.",
        )


def _plan_update(
    path: str, current: dict[str, Any], desired: dict[str, Any], digest: str | None, **fixed: Any
) -> list[Step]:
    changed = {name: value for name, value in desired.items() if value != current[name]}
    if not changed:
        return []
    params = {**fixed, **_render_params(changed)}
    if params.get("comment") == "":
        del params["comment"]
        params["delete"] = "comment"
    if digest is not None:
        params["digest"] = digest
    return [_build_step("PUT", path, f"differs: {', '.join(changed)}", params)]


def _normalize(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _render_params(values: dict[str, Any]) -> dict[str, Any]:
    """Values as the parameters of a request."""
    params: dict[str, Any] = {}
    for name, value in values.items():
        if name == "nodes":
            params[name] = ",".join(f"{node}:{priority}" if priority else node for node, priority in value.items())
        elif isinstance(value, list):
            params[name] = ",".join(value)
        else:
            params["state" if name == "request_state" else name] = int(value) if isinstance(value, bool) else value
    return params


def _render_new_params(values: dict[str, Any]) -> dict[str, Any]:
    """As _sent; for something new, without empty texts, which are the default."""
    return {name: value for name, value in _render_params(values).items() if value != ""}


def _build_step(method: str, path: str, why: str, params: dict[str, Any] | None = None) -> Step:
    return Step(method, path, why, params or {}, task=False)
