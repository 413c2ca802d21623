# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Import blocks for bpg's Terraform provider, which take over what a fleet has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mcp_bridge.text.plain import is_clean

# Kind, name and id of a resource.
Resource = tuple[str, str, str]
_PREFIX = "proxmox_virtual_environment_"
_GUESTS = {"qemu": "vm", "lxc": "container"}
_SERVICES = {"qemu": "vm", "lxc": "ct"}
# Types of storages that the provider has a resource for.
_STORAGES = {
    "dir": "directory",
    "nfs": "nfs",
    "cifs": "cifs",
    "pbs": "pbs",
    "lvm": "lvm",
    "lvmthin": "lvmthin",
    "zfspool": "zfspool",
}
_HEAD = """\
# `terraform plan -generate-config-out=generated.tf` writes the resources that these blocks import. Look at that plan
# before it is applied: the provider fills in defaults of its own, which may change guests or restart them. A block of
# firewall rules takes over all rules of its place.
"""


def render_imports(document: Mapping[str, Any], guests: Iterable[Mapping[str, Any]]) -> tuple[str, list[str]]:
    """The blocks for what is declared and is there, and sentences on what they leave out.

    `guests` are the guests of the cluster, with vmid, name, node and type.
    """
    names: set[str] = set()
    blocks = []
    missing: list[str] = []
    for kind, name, ident in _list_resources(document, list(guests), missing):
        address = f"{_PREFIX}{kind}.{_make_name(name, kind, names)}"
        blocks.append(f"import {{\n  to = {address}\n  id = {_quote(ident)}\n}}\n")
    return "\n".join([_HEAD, *blocks]), missing


def _list_resources(
    document: Mapping[str, Any], guests: list[Mapping[str, Any]], missing: list[str]
) -> Iterator[Resource]:
    for name, entry in (document.get("guests") or {}).items():
        guest = _find_guest(name, entry, guests, missing)
        if guest is not None:
            yield from _list_guest(name, entry, guest, missing)
    for section, kind in (("pools", "pool"), ("ha_rules", "harule"), ("backup_jobs", "backup_job")):
        for name in document.get(section) or {}:
            yield kind, name, name
    for name, entry in (document.get("storages") or {}).items():
        if entry.get("type") in _STORAGES:
            yield f"storage_{_STORAGES[entry['type']]}", name, name
        else:
            missing.append(f"storages.{name}: the provider has no resource for the type {entry.get('type')}")
    yield from _list_access(document.get("access") or {})
    firewall = document.get("firewall") or {}
    yield from _list_firewall(firewall.get("cluster") or {}, "cluster", "firewall.cluster", missing)
    for name, entry in (firewall.get("nodes") or {}).items():
        yield from _list_firewall(entry, f"node/{name}", f"firewall.nodes.{name}", missing)
    for name in firewall.get("groups") or {}:
        yield "cluster_firewall_security_group", name, name


def _find_guest(
    name: str, entry: Mapping[str, Any], guests: list[Mapping[str, Any]], missing: list[str]
) -> Mapping[str, Any] | None:
    """The guest of the cluster that an entry is about; None where it is none, or might be another one."""
    if "vmid" in entry:
        found = [guest for guest in guests if int(guest["vmid"]) == entry["vmid"]]
    else:
        found = [guest for guest in guests if str(guest["name"]).lower() == name.lower()]
    if not found:
        missing.append(f"guests.{name}: the cluster has no such guest yet")
    elif len(found) > 1:
        missing.append(f"guests.{name}: {len(found)} guests of the cluster are called so; give its vmid")
    elif str(found[0]["name"]).lower() != name.lower():
        missing.append(f"guests.{name}: guest {entry['vmid']} of the cluster is {found[0]['name']}")
    else:
        return found[0]
    return None


def _list_guest(
    name: str, entry: Mapping[str, Any], guest: Mapping[str, Any], missing: list[str]
) -> Iterator[Resource]:
    kind = _GUESTS[guest["type"]]
    yield kind, name, f"{guest['node']}/{guest['vmid']}"
    if entry.get("ha"):
        yield "haresource", name, f"{_SERVICES[guest['type']]}:{guest['vmid']}"
    place = f"{kind}/{guest['node']}/{guest['vmid']}"
    yield from _list_firewall(entry.get("firewall") or {}, place, f"guests.{name}.firewall", missing)


def _list_access(access: Mapping[str, Any]) -> Iterator[Resource]:
    for section, kind in (("roles", "role"), ("groups", "group"), ("users", "user"), ("tokens", "user_token")):
        for entry in access.get(section) or ():
            yield kind, entry[kind.removeprefix("user_")], entry[kind.removeprefix("user_")]
    for entry in access.get("acls") or ():
        holder = str(entry.get("group") or entry.get("user") or entry["token"])
        for role in entry.get("roles") or ():
            path = entry["path"].strip("/") or "root"
            yield "acl", f"{holder}_{role}_{path}", f"{entry['path']}?{holder}?{role}"


def _list_firewall(entry: Mapping[str, Any], place: str, path: str, missing: list[str]) -> Iterator[Resource]:
    """The resources of a firewall; `place` is how the provider names where it is."""
    level, _slash, name = place.partition("/")
    resource = name.replace("/", "_") or level
    if entry.get("options"):
        if level == "cluster":
            yield "cluster_firewall", resource, place
        elif level == "node":
            yield "node_firewall", resource, name
        else:
            yield "firewall_options", resource, place
    if entry.get("rules"):
        # One for all rules of a place, also those that the fleet leaves alone.
        yield "firewall_rules", resource, place
    for ipset in entry.get("ipsets") or ():
        yield "firewall_ipset", f"{resource}_{ipset['name']}", f"{place}/{ipset['name']}"
    if entry.get("aliases"):
        missing.append(f"{path}.aliases: the provider can't import these")


def _make_name(name: str, kind: str, names: set[str]) -> str:
    """A name of a resource, which no other of its kind has."""
    base = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    base = base if re.match(r"[A-Za-z_]", base) else f"_{base}"
    number, found = 1, base
    while f"{kind}.{found}" in names:
        number += 1
        found = f"{base}_{number}"
    names.add(f"{kind}.{found}")
    return found


def _quote(text: str) -> str:
    """A string of HCL, in which no part is a template."""
    escaped = "".join(map(_escape, text))
    return f'"{escaped.replace("${", "$${").replace("%{", "%%{")}"'


def _escape(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if is_clean(character) and character not in "\n\t":
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
