# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/sdn: zones, vnets, subnets, controllers, ipams and DNS; what is applied and what is pending."""

from __future__ import annotations

import copy
import ipaddress
from typing import Any

from pve_simulator.api.sections import Sections
from pve_simulator.errors import failure, invalid
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import Handler, route
from pve_simulator.state.sections import ClusterFiles, Section, SectionFile
from pve_simulator.world.tasks import Task

_ROOT = "/cluster/sdn"
_IN_USE_AT = "at /usr/share/perl5/PVE/Network/SDN/Zones/Plugin.pm line 149."
_APPLIED = ("zones", "vnets", "subnets", "controllers")


def _get_files(call: Call) -> ClusterFiles:
    return call.cluster.part(ClusterFiles)


def _check_zone_unused(call: Call, name: str, section: Section) -> None:
    for vnet, settings in _get_files(call).file("sdn/vnets").sections.items():
        if settings.get("zone") == name:
            raise failure(f"delete sdn zone object failed: zone {name} is used by vnet {vnet} {_IN_USE_AT}")


def _check_vnet(call: Call, name: str, section: Section) -> None:
    section.setdefault("type", "vnet")
    zone = section.get("zone")
    if zone not in _get_files(call).file("sdn/zones").sections:
        raise failure(f"create sdn vnet object failed: zone {zone} doesn't exist")


def _check_vnet_unused(call: Call, name: str, section: Section) -> None:
    if any(subnet.get("vnet") == name for subnet in _get_files(call).file("sdn/subnets").sections.values()):
        raise failure(f"delete sdn vnet object failed: cannot delete vnet '{name}', subnets are not empty!")


def _make_sections(plural: str, key: str, **options: Any) -> Sections:
    return Sections(
        file=f"sdn/{plural}",
        key=key,
        missing="sdn '{name}' does not exist",
        exists=f"create sdn {key} object failed: sdn {key} object ID '{{name}}' already defined",
        **options,
    )


_OBJECTS = {
    "zones": _make_sections("zones", "zone", in_use=_check_zone_unused),
    "vnets": _make_sections("vnets", "vnet", check=_check_vnet, in_use=_check_vnet_unused),
    "controllers": _make_sections("controllers", "controller"),
    "ipams": _make_sections("ipams", "ipam"),
    "dns": _make_sections("dns", "dns"),
}


def _make_list_handler(plural: str, objects: Sections) -> Handler:
    def listing(call: Call) -> list[dict[str, Any]]:
        if call.flag("pending"):
            return _list_pending(call, plural, objects.key)
        if call.flag("running"):
            applied = _get_files(call).file(f"sdn/running/{plural}").sections
            return [{objects.key: name, **section} for name, section in applied.items()]
        return objects.list_sections(call)

    return listing


for _plural, _object in _OBJECTS.items():
    _member = f"{_ROOT}/{_plural}/{{{_object.key}}}"
    route("GET", f"{_ROOT}/{_plural}")(_make_list_handler(_plural, _object))
    route("POST", f"{_ROOT}/{_plural}")(_object.create)
    route("GET", _member)(_object.read)
    route("PUT", _member)(_object.update)
    route("DELETE", _member)(_object.delete)


def _list_pending(call: Call, plural: str, key: str) -> list[dict[str, Any]]:
    """Every object as it is applied, with its pending changes."""
    desired = _get_files(call).file(f"sdn/{plural}")
    applied = _get_files(call).file(f"sdn/running/{plural}").sections
    entries = []
    for name in [*desired.sections, *(name for name in applied if name not in desired.sections)]:
        new, old = desired.sections.get(name), applied.get(name)
        kind = (new or old or {}).get("type")
        entry: dict[str, Any] = {key: name, **({"type": kind} if kind else {})}
        if old is None and new is not None:
            changed = {option: value for option, value in new.items() if option != "type"}
            entry |= {"state": "new", "pending": changed, "digest": None}
        elif new is None and old is not None:
            entry |= {**old, "state": "deleted", "pending": {}}
        elif new is not None and old is not None:
            entry |= {**old, "digest": desired.digest}
            changed = {option: value for option, value in new.items() if old.get(option) != value}
            changed |= {option: "deleted" for option in old if option not in new}
            if changed:
                entry |= {"state": "changed", "pending": changed}
        entries.append(entry)
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
        for plural in _APPLIED:
            files.files[f"sdn/running/{plural}"] = copy.deepcopy(files.file(f"sdn/{plural}"))

    return call.task("reloadnetworkall", "", worker)


@route("POST", f"{_ROOT}/rollback")
def rollback(call: Call) -> None:
    """Discard all pending changes."""
    files = _get_files(call)
    for plural in _APPLIED:
        files.files[f"sdn/{plural}"] = copy.deepcopy(files.file(f"sdn/running/{plural}"))


_SUBNETS = f"{_ROOT}/vnets/{{vnet}}/subnets"


@route("GET", _SUBNETS)
def list_subnets(call: Call) -> list[dict[str, Any]]:
    """The subnets of a vnet."""
    file = _get_subnets(call)
    return [
        _build_subnet(call, name) for name, section in file.sections.items() if section["vnet"] == call.need("vnet")
    ]


@route("POST", _SUBNETS)
def create_subnet(call: Call) -> None:
    """Add a subnet to a vnet; its id is made of zone and network."""
    vnet, network = call.need("vnet"), call.need("subnet")
    settings = _get_files(call).file("sdn/vnets").sections.get(vnet)
    if settings is None:
        raise failure(f"create sdn subnet object failed: sdn '{vnet}' does not exist")
    name = f"{settings['zone']}-{network.replace('/', '-')}"
    sections = _get_subnets(call).sections
    if name in sections:
        raise failure(f"create sdn subnet object failed: sdn subnet object ID '{name}' already defined")
    gateway = call.text("gateway")
    if gateway is not None and ipaddress.ip_address(gateway) not in ipaddress.ip_network(network):
        raise invalid({"gateway": f"gateway '{gateway}' is not in subnet '{network}'"})
    options = {key: value for key, value in call.params.items() if key not in ("vnet", "subnet", "lock-token")}
    sections[name] = {**options, "type": "subnet", "vnet": vnet}


@route("GET", f"{_SUBNETS}/{{subnet}}")
def read_subnet(call: Call) -> dict[str, Any]:
    """One subnet."""
    return _build_subnet(call, _require_subnet(call))


@route("PUT", f"{_SUBNETS}/{{subnet}}")
def update_subnet(call: Call) -> None:
    """Set and delete a subnet's options."""
    section = _get_subnets(call).sections[_require_subnet(call)]
    for option in call.items("delete"):
        section.pop(option, None)
    unchanged = ("vnet", "subnet", "delete", "digest", "lock-token")
    section |= {key: value for key, value in call.params.items() if key not in unchanged}


@route("DELETE", f"{_SUBNETS}/{{subnet}}")
def delete_subnet(call: Call) -> None:
    """Remove a subnet."""
    del _get_subnets(call).sections[_require_subnet(call)]


def _get_subnets(call: Call) -> SectionFile:
    return _get_files(call).file("sdn/subnets")


def _require_subnet(call: Call) -> str:
    name = call.need("subnet")
    if name not in _get_subnets(call).sections:
        raise failure(f"sdn subnet '{name}' does not exist")
    return name


def _build_subnet(call: Call, name: str) -> dict[str, Any]:
    section = _get_subnets(call).sections[name]
    zone, network, mask = name.split("-", 2)
    shown = {"id": name, "subnet": name, "zone": zone, "network": network, "mask": mask, "cidr": f"{network}/{mask}"}
    return {**shown, "dhcp-range": [], **section, "digest": _get_subnets(call).digest}


@route("GET", "/nodes/{node}/sdn/zones")
def node_zones(call: Call) -> list[dict[str, str]]:
    """The applied zones, as they are on a node."""
    applied = _get_files(call).file("sdn/running/zones").sections
    return [{"zone": name, "status": "available"} for name in applied]


@route("GET", "/nodes/{node}/sdn/zones/{zone}/content")
def zone_content(call: Call) -> list[dict[str, str]]:
    """The applied vnets of a zone."""
    applied = _get_files(call).file("sdn/running/vnets").sections
    return [
        {"vnet": name, "status": "available"}
        for name, section in applied.items()
        if section.get("zone") == call.need("zone")
    ]
