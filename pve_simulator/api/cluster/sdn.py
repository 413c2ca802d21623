# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/sdn: zones, vnets, subnets, controllers, ipams and DNS; what is applied and what is pending."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from pve_simulator.api.cluster.sdn_checks import (
    BUILTIN_IPAMS,
    VNET_OPTIONS,
    ZONE_OPTIONS,
    check_lock,
    check_subnet,
    check_vnet,
    check_vnet_unused,
    check_zone,
    check_zone_unused,
    find_lock,
    parse_ranges,
    sections_of,
)
from pve_simulator.api.sections import Sections, change_section
from pve_simulator.errors import check_unmodified, failure, invalid, wrap_errors
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import Handler, route
from pve_simulator.state.sections import ClusterFiles, Options, Section
from pve_simulator.world.tasks import Task

_ROOT = "/cluster/sdn"
_APPLIED = ("zones", "vnets", "subnets", "controllers")
_MAY_SEE = ("SDN.Audit", "SDN.Allocate")
_SUBNET_OPTIONS = Options.build("gateway snat dnszoneprefix dhcp-range dhcp-dns-server", "vnet")
_NOT_KEPT = frozenset({"subnet", "type", "delete", "digest", "lock-token"})


def _get_files(call: Call) -> ClusterFiles:
    return call.cluster.part(ClusterFiles)


def _make_sections(plural: str, key: str, **options: Any) -> Sections:
    noun = f"sdn {key}"
    named = f"{noun} " if key in ("vnet", "dns") else "sdn "
    return Sections(
        file=f"sdn/{plural}",
        key=key,
        missing=f"{named}'{{name}}' does not exist",
        exists=f"{noun} object ID '{{name}}' already defined",
        what=f"{noun} object",
        guard=check_lock,
        **options,
    )


_OBJECTS = {
    "zones": _make_sections("zones", "zone", options=ZONE_OPTIONS, check=check_zone, in_use=check_zone_unused),
    "vnets": _make_sections("vnets", "vnet", options=VNET_OPTIONS, check=check_vnet, in_use=check_vnet_unused),
    "controllers": _make_sections("controllers", "controller"),
    "ipams": _make_sections("ipams", "ipam", builtin=BUILTIN_IPAMS),
    "dns": _make_sections("dns", "dns"),
}


def _list_objects(call: Call, plural: str) -> dict[str, dict[str, Any]]:
    """The objects of one kind by name: as they are wanted, applied (`running`), or both (`pending`)."""
    if call.flag("pending"):
        objects = _build_pending(call, plural)
    elif call.flag("running"):
        objects = _get_files(call).file(f"sdn/running/{plural}").sections
    else:
        file = _get_files(call).file(f"sdn/{plural}")
        wanted = _OBJECTS[plural].all_sections(call) if plural in _OBJECTS else file.sections
        return {name: {**section, "digest": file.digest} for name, section in wanted.items()}
    return {name: {**section, "digest": None} for name, section in sorted(objects.items())}


def _may_see(call: Call, plural: str, name: str, section: Section) -> bool:
    if plural == "vnets":
        zone = section.get("zone") or section.get("pending", {}).get("zone")
        return call.subject.may(f"/sdn/zones/{zone}/{name}", *_MAY_SEE)
    return call.subject.may(f"/sdn/{plural}/{name}", *_MAY_SEE)


def _make_list_handler(plural: str, objects: Sections) -> Handler:
    def listing(call: Call) -> list[dict[str, Any]]:
        kind = call.text("type")
        return [
            {objects.key: name, **section}
            for name, section in _list_objects(call, plural).items()
            if _may_see(call, plural, name, section) and kind in (None, section["type"])
        ]

    return listing


def _make_read_handler(plural: str, objects: Sections) -> Handler:
    def read(call: Call) -> dict[str, Any]:
        name = call.need(objects.key)
        if plural == "vnets":
            require_vnet(call, *_MAY_SEE)
        section = _list_objects(call, plural).get(name)
        if section is None:
            raise failure(objects.missing.format(name=name))
        return {objects.key: name, **section}

    return read


def require_vnet(call: Call, *any_of: str) -> Section:
    """The vnet of the path, as it is wanted; raises 403 without one of the privileges on it."""
    name = call.need("vnet")
    section = sections_of(call, "vnets").get(name)
    if section is None:
        raise failure(_OBJECTS["vnets"].missing.format(name=name))
    call.subject.require(f"/sdn/zones/{section['zone']}/{name}", *any_of)
    return section


def _make_vnet_handler(change: Handler) -> Handler:
    def handle(call: Call) -> Any:
        require_vnet(call, "SDN.Allocate")
        return change(call)

    return handle


for _plural, _object in _OBJECTS.items():
    _member = f"{_ROOT}/{_plural}/{{{_object.key}}}"
    _guarded = _make_vnet_handler if _plural == "vnets" else lambda handler: handler
    route("GET", f"{_ROOT}/{_plural}")(_make_list_handler(_plural, _object))
    route("POST", f"{_ROOT}/{_plural}")(_object.create)
    route("GET", _member)(_make_read_handler(_plural, _object))
    route("PUT", _member)(_guarded(_object.update))
    route("DELETE", _member)(_guarded(_object.delete))


def _build_pending(call: Call, plural: str) -> dict[str, dict[str, Any]]:
    """Every object as it is applied, with its pending changes."""
    desired = sections_of(call, plural)
    applied = _get_files(call).file(f"sdn/running/{plural}").sections
    entries: dict[str, dict[str, Any]] = {}
    for name in [*desired, *(name for name in applied if name not in desired)]:
        new, old = desired.get(name), applied.get(name, {})
        entry = dict(old)
        if new is None:
            entry |= {"state": "deleted", "pending": {}}
        else:
            entry |= {key: value for key, value in new.items() if key in ("type", "vnet")}
            changed = {key: value for key, value in new.items() if key not in entry or old.get(key, value) != value}
            changed |= {key: "deleted" for key in old if key not in new}
            if changed or not old:
                entry |= {"state": "changed" if old else "new", "pending": changed}
        entries[name] = entry
    return entries


@route("PUT", _ROOT)
def apply(call: Call) -> str:
    """Apply all pending changes, on all nodes."""
    files = _get_files(call)

    async def worker(task: Task) -> None:
        for name, node in call.cluster.nodes.items():
            if node.online:
                task.say(f"{name}: reloading network config")
        await task.work()

    _end_changes(call)
    for plural in _APPLIED:
        files.files[f"sdn/running/{plural}"] = copy.deepcopy(files.file(f"sdn/{plural}"))
    return call.task("reloadnetworkall", "", worker)


@route("POST", f"{_ROOT}/rollback")
def rollback(call: Call) -> None:
    """Discard all pending changes."""
    files = _get_files(call)
    _end_changes(call)
    for plural in _APPLIED:
        files.files[f"sdn/{plural}"] = copy.deepcopy(files.file(f"sdn/running/{plural}"))


def _end_changes(call: Call) -> None:
    """Refuse without the token of the lock, and release it unless told otherwise."""
    check_lock(call)
    if call.flag("release-lock", True):
        sections_of(call, "lock").clear()


@route("POST", f"{_ROOT}/lock")
def lock(call: Call) -> str:
    """Lock all changes; the token lets one make them."""
    with wrap_errors("could not acquire lock on SDN config"):
        check_lock(call)
        pending = [entry for plural in _APPLIED for entry in _build_pending(call, plural).values()]
        if not call.flag("allow-pending") and any("pending" in entry for entry in pending):
            raise failure("configuration has pending changes")
    token = str(uuid.uuid4())
    sections_of(call, "lock")["global"] = {"token": token}
    return token


@route("DELETE", f"{_ROOT}/lock")
def unlock(call: Call) -> None:
    """Release the lock."""
    if not call.flag("force") and find_lock(call) is not None:
        with wrap_errors("could not release lock on SDN config"):
            check_lock(call)
    sections_of(call, "lock").clear()


@route("GET", f"{_ROOT}/dry-run")
def preview(call: Call) -> dict[str, str]:
    """What applying would change in a node's files: no files are made of the objects here."""
    return {"frr-diff": "", "interfaces-diff": ""}


@route("GET", f"{_ROOT}/ipams/{{ipam}}/status")
def list_addresses(call: Call) -> list[dict[str, Any]]:
    """The addresses that the built-in address management has given in zones with DHCP."""
    if call.need("ipam") != "pve":
        raise failure("Currently only PVE IPAM is supported!")
    zones = _get_files(call).file("sdn/running/zones").sections
    entries = []
    for name, subnet in sections_of(call, "subnets").items():
        place = _parse_id(name)
        zone, vnet = zones.get(place["zone"], {}), subnet["vnet"]
        if zone.get("ipam") != "pve" or "dhcp" not in zone or "gateway" not in subnet:
            continue
        if call.subject.may(f"/sdn/zones/{place['zone']}/{vnet}", *_MAY_SEE):
            where = {"zone": place["zone"], "subnet": place["cidr"], "vnet": vnet}
            entries.append({**where, "ip": subnet["gateway"], "gateway": 1})
    return entries


_SUBNETS = f"{_ROOT}/vnets/{{vnet}}/subnets"


@route("GET", _SUBNETS)
def list_subnets(call: Call) -> list[dict[str, Any]]:
    """The subnets of a vnet."""
    require_vnet(call, *_MAY_SEE)
    return [
        _build_subnet(name, section)
        for name, section in _list_objects(call, "subnets").items()
        if section.get("vnet") == call.need("vnet")
    ]


@route("POST", _SUBNETS)
def create_subnet(call: Call) -> None:
    """Add a subnet to a vnet; its id is made of zone and network."""
    network, sections = call.need("subnet"), sections_of(call, "subnets")
    name = f"{require_vnet(call, 'SDN.Allocate')['zone']}-{network.replace('/', '-')}"
    section = {**change_section({}, call.params, _NOT_KEPT), "type": "subnet"}
    with wrap_errors("create sdn subnet object failed"):
        check_lock(call)
        if name in sections:
            raise failure(f"sdn subnet object ID '{name}' already defined")
        check_subnet(call, network, section)
    sections[name] = section


@route("GET", f"{_SUBNETS}/{{subnet}}")
def read_subnet(call: Call) -> dict[str, Any]:
    """One subnet."""
    require_vnet(call, *_MAY_SEE)
    name = call.need("subnet")
    section = _list_objects(call, "subnets").get(name)
    if section is None:
        raise failure(f"sdn subnet '{name}' does not exist")
    if section["vnet"] != call.need("vnet"):
        raise invalid({"vnet": "wrong vnet"})
    return _build_subnet(name, section)


@route("PUT", f"{_SUBNETS}/{{subnet}}")
def update_subnet(call: Call) -> None:
    """Set and delete a subnet's options."""
    require_vnet(call, "SDN.Allocate")
    name, sections = call.need("subnet"), sections_of(call, "subnets")
    with wrap_errors("update sdn subnet object failed"):
        check_lock(call)
        if name not in sections:
            raise failure(f"sdn subnet '{name}' does not exist")
        check_unmodified(call.text("digest"), _get_files(call).file("sdn/subnets").digest)
        section = change_section(sections[name], call.params, _NOT_KEPT)
        _SUBNET_OPTIONS.delete(section, call.items("delete"), call.params)
        check_subnet(call, _parse_id(name)["cidr"], section)
    sections[name] = section


@route("DELETE", f"{_SUBNETS}/{{subnet}}")
def delete_subnet(call: Call) -> None:
    """Remove a subnet; a missing one is fine."""
    require_vnet(call, "SDN.Allocate")
    with wrap_errors("delete sdn subnet object failed"):
        check_lock(call)
    sections_of(call, "subnets").pop(call.need("subnet"), None)


def _parse_id(name: str) -> dict[str, str]:
    zone, network, mask = name.split("-", 2)
    return {"zone": zone, "network": network, "mask": mask, "cidr": f"{network}/{mask}"}


def _build_subnet(name: str, section: Section) -> dict[str, Any]:
    return {"id": name, "subnet": name, **_parse_id(name), **section, "dhcp-range": parse_ranges(section)}
