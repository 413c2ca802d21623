# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Import blocks for bpg's Terraform provider, which take over what a fleet has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

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
# before it is applied: the provider fills in defaults of its own, which may change guests or restart them.
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
) -> Iterator[tuple[str, str, str]]:
    """Kind, name and id of each resource."""
    by_vmid = {int(guest["vmid"]): guest for guest in guests}
    by_name = {str(guest["name"]): guest for guest in guests}
    for name, entry in (document.get("guests") or {}).items():
        guest = by_vmid.get(entry.get("vmid", 0)) or by_name.get(name)
        if guest is None:
            missing.append(f"guests.{name}: the cluster has no such guest yet")
            continue
        yield _GUESTS[guest["type"]], name, f"{guest['node']}/{guest['vmid']}"
        if entry.get("ha"):
            yield "haresource", name, f"{_SERVICES[guest['type']]}:{guest['vmid']}"
    for section, kind in (("pools", "pool"), ("ha_rules", "harule"), ("backup_jobs", "backup_job")):
        for name in document.get(section) or {}:
            yield kind, name, name
    for name, entry in (document.get("storages") or {}).items():
        if entry.get("type") in _STORAGES:
            yield f"storage_{_STORAGES[entry['type']]}", name, name
        else:
            missing.append(f"storages.{name}: the provider has no resource for the type {entry.get('type')}")
    access = document.get("access") or {}
    for section, kind in (("roles", "role"), ("groups", "group"), ("users", "user"), ("tokens", "user_token")):
        for entry in access.get(section) or ():
            yield kind, entry[kind.removeprefix("user_")], entry[kind.removeprefix("user_")]
    if access.get("acls"):
        missing.append("access.acls: one resource for each role that somebody has on a path; write these by hand")
    if document.get("firewall"):
        missing.append("firewall: rules of the provider have positions, those of a fleet have keys")


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
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")
