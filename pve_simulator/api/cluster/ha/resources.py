# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/ha/resources, and groups, which rules have replaced."""

from __future__ import annotations

import json
import re
from typing import Any

from pve_simulator.api.sections import change_section, read_section
from pve_simulator.errors import failure
from pve_simulator.guests import ha_manager
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.conf_file import digest_of
from pve_simulator.state.guest import Guest
from pve_simulator.state.ha import Ha, HaResource, service_id

_PATH = "/cluster/ha/resources"
_INTEGERS = frozenset({"max_restart", "max_relocate", "failback"})
_OPTIONS = _INTEGERS | {"comment", "group", "state"}
_CONTROL = frozenset({"sid", "type", "delete", "digest", "group"})
_STALE = "detected modified configuration - file changed by other user? Try again."
_NO_GROUPS = "ha groups have been migrated to rules"


@route("GET", _PATH)
def list_resources(call: Call) -> list[dict[str, Any]]:
    """All managed guests, or those of one type."""
    kind = call.text("type")
    return [
        _build_view(call, sid, resource)
        for sid, resource in _get_ha(call).resources.items()
        if kind is None or sid.startswith(f"{kind}:")
    ]


@route("POST", _PATH)
def create(call: Call) -> None:
    """Let the manager manage a guest."""
    given_id = call.need("sid")
    sid = _parse_service_id(call, given_id)
    kind, name = sid.split(":", 1)
    wanted_type = call.text("type")
    if wanted_type is not None and wanted_type != kind:
        raise failure("types does not match")
    if kind not in ("ct", "vm"):
        raise failure(f"unknown section type '{kind}'")
    if not re.fullmatch(r"[1-9][0-9]+", name):
        raise failure("invalid VMID")
    guest = call.cluster.guests.get(int(name))
    if guest is None:
        raise failure(f"resource '{sid}' does not exist in cluster")
    if service_id(guest) != sid:
        what = "container" if kind == "ct" else "VM"
        raise failure(f"resource '{sid}' - guest with ID {name} is not a {what}")
    resources = _get_ha(call).resources
    if sid in resources:
        raise failure(f"create resource failed: resource ID '{sid}' already defined")
    if call.text("group") is not None:
        raise failure(f"invalid parameter 'group': {_NO_GROUPS}")
    section = read_section(call.params, _CONTROL)
    resources[sid] = HaResource({name: str(value) for name, value in section.items()}, "queued")
    ha_manager.reconcile(call.world, sid)


@route("GET", f"{_PATH}/{{sid}}")
def read(call: Call) -> dict[str, Any]:
    """One managed guest."""
    sid = _parse_service_id(call, call.need("sid"))
    resource = _get_ha(call).resources.get(sid)
    if resource is None:
        raise failure(f"no such resource '{sid}'")
    return _build_view(call, sid, resource)


@route("PUT", f"{_PATH}/{{sid}}")
def update(call: Call) -> None:
    """Change the options of a managed guest."""
    sid = _parse_service_id(call, call.need("sid"))
    resource = _get_ha(call).resources.get(sid)
    if resource is None:
        raise failure(f"update resource failed: no such resource '{sid}'")
    digest = call.text("digest")
    if digest is not None and digest != _compute_digest(call):
        raise failure(f"update resource failed: {_STALE}")
    if call.text("group") is not None:
        raise failure(f"invalid parameter 'group': {_NO_GROUPS}")
    _check_state(sid, resource, call.text("state"))
    for name in call.items("delete"):
        if name not in _OPTIONS:
            raise failure(f"update resource failed: no such option '{name}'")
        resource.config.pop(name, None)
    section = change_section(resource.config, call.params, _CONTROL)
    resource.config = {name: str(value) for name, value in section.items()}
    if "state" in call.params:
        ha_manager.reconcile(call.world, sid)


@route("DELETE", f"{_PATH}/{{sid}}")
def delete(call: Call) -> None:
    """Stop managing a guest, and with `purge` remove it from all rules."""
    sid = _parse_service_id(call, call.need("sid"))
    state = _get_ha(call)
    if sid not in state.resources:
        raise failure(f"cannot delete service '{sid}', not HA managed!")
    del state.resources[sid]
    if not state.resources:
        state.idle_since = call.world.clock.time()
    if call.flag("purge", True):
        forget_in_rules(state, sid)


def _make_move_handler(what: str) -> Any:
    def move(call: Call) -> dict[str, Any]:
        sid = _parse_service_id(call, call.need("sid"))
        resource = _get_ha(call).resources.get(sid)
        if resource is None:
            raise failure(f"resource '{sid}' is not HA managed")
        _check_state(sid, resource, None)
        target = call.need("node")
        ha_manager.move(call.world, sid, target)
        return {"sid": sid, "requested-node": target}

    return move


route("POST", f"{_PATH}/{{sid}}/migrate")(_make_move_handler("migrate"))
route("POST", f"{_PATH}/{{sid}}/relocate")(_make_move_handler("relocate"))


@route("GET", "/cluster/ha/groups")
def list_groups(call: Call) -> Any:
    """Refused: rules have replaced groups."""
    raise failure(f"cannot index groups: {_NO_GROUPS}")


@route("POST", "/cluster/ha/groups")
def create_group(call: Call) -> Any:
    """Refused: rules have replaced groups."""
    raise failure(f"cannot create group: {_NO_GROUPS}")


@route("GET", "/cluster/ha/groups/{group}")
def read_group(call: Call) -> Any:
    """Refused: rules have replaced groups."""
    raise failure(f"cannot read group: {_NO_GROUPS}")


@route("PUT", "/cluster/ha/groups/{group}")
def update_group(call: Call) -> Any:
    """Refused: rules have replaced groups."""
    raise failure(f"cannot update group: {_NO_GROUPS}")


@route("DELETE", "/cluster/ha/groups/{group}")
def delete_group(call: Call) -> Any:
    """Refused: rules have replaced groups."""
    raise failure(f"cannot delete group: {_NO_GROUPS}")


def forget_in_rules(state: Ha, sid: str) -> None:
    """Remove a guest from all rules; a rule without guests is removed too."""
    for name, rule in list(state.rules.items()):
        remaining = [item for item in rule["resources"].split(",") if item != sid]
        rule["resources"] = ",".join(remaining)
        if not remaining:
            del state.rules[name]


def _check_state(sid: str, resource: HaResource, requested: str | None) -> None:
    """A guest in error must be disabled before another state can be requested."""
    if resource.state == "error" and requested != "disabled":
        raise failure(f"service '{sid}' in error state, must be disabled and fixed first")


def _get_ha(call: Call) -> Ha:
    return call.cluster.part(Ha)


def _parse_service_id(call: Call, text: str) -> str:
    """`vm:101` for `101` too."""
    if not text.isdecimal():
        return text
    guest: Guest | None = call.cluster.guests.get(int(text))
    if guest is None:
        raise failure(f"unable do add resource - VM/CT {text} does not exist")
    return service_id(guest)


def _compute_digest(call: Call) -> str:
    resources = {sid: resource.config for sid, resource in _get_ha(call).resources.items()}
    return digest_of(json.dumps(resources, sort_keys=True))


def _build_view(call: Call, sid: str, resource: HaResource) -> dict[str, Any]:
    config = {name: int(value) if name in _INTEGERS else value for name, value in resource.config.items()}
    return {"sid": sid, "type": sid.partition(":")[0], **config, "digest": _compute_digest(call)}
