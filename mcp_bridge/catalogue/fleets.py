# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plain document of a fleet: the objects in it by their paths, what of it is secret, what it may not ask for. Pure.

What its entries consist of is said by the documentation of the modules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mcp_bridge.catalogue.docs import read_module_docs
from mcp_bridge.text.redaction import REDACTED

DOCUMENTS = ("fleet", "last_applied")
"""The arguments that are documents."""
NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
"""What a fleet may be called."""
# Sections in which every object has a name, and the modules whose options their entries are.
_NAMED = {
    "guests": "pve_guest",
    "pools": "pve_pool",
    "storages": "pve_storage",
    "backup_jobs": "pve_backup_job",
    "ha_rules": "pve_ha",
}
_OTHERS = {"firewall": "pve_firewall", "access": "pve_access"}
# Parts of a guest that are options of other modules.
_PARTS = {"clone": "pve_clone", "cloudinit": "pve_cloudinit", "firewall": "pve_firewall", "ha": "pve_ha"}
_SEGMENT = re.compile(r'"([^"]*)"|([^."]+)')
# What takes a guest, a disk, or what a storage has away. A prune does so, object by object.
_GOING = ("absent", "detached", "pruned")
_DELETING = ("purge", "destroy_unreferenced_disks", "delete_source")


def split_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """The objects that a document declares: path to entry, such as `guests.web-01`."""
    found: dict[str, Any] = {}
    for section in _NAMED:
        found |= {render_path(section, name): entry for name, entry in _read_mapping(document, section).items()}
    firewall = _read_mapping(document, "firewall")
    if firewall.get("cluster") is not None:
        found["firewall.cluster"] = firewall["cluster"]
    for part in ("groups", "nodes"):
        found |= {render_path("firewall", part, name): entry for name, entry in _read_mapping(firewall, part).items()}
    if document.get("access") is not None:
        found["access"] = document["access"]
    return found


def join_document(objects: Mapping[str, Any]) -> dict[str, Any]:
    """The sections of a document that declares these objects."""
    document: dict[str, Any] = {}
    for path, entry in objects.items():
        *sections, name = parse_path(path)
        place = document
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = entry
    return document


def render_path(*segments: str) -> str:
    """A path of these segments; one with a dot in it stands in double quotes."""
    return ".".join(f'"{segment}"' if "." in segment else segment for segment in segments)


def parse_path(path: str) -> list[str]:
    """The segments of a path."""
    return [quoted or plain for quoted, plain in _SEGMENT.findall(path)]


def find_declared_path(path: str, declared: Mapping[str, Any]) -> str | None:
    """The path of the declared object that a path in a result is about: its own, or that of what it is part of."""
    segments = parse_path(path)
    starts = (render_path(*segments[:length]) for length in range(len(segments), 0, -1))
    return next((start for start in starts if start in declared), None)


def remove_secrets(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document without the options that their modules declare as secret."""
    return _treat_secrets(document, keep=False)


def redact_secrets(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with a mark in place of every secret."""
    return _treat_secrets(document, keep=True)


def name_last_applied(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as the ledger keeps them: of what was applied last, which it has already, only the fleet's name."""
    last = arguments.get("last_applied")
    if not isinstance(last, Mapping):
        return dict(arguments)
    return {**arguments, "last_applied": {"fleet": last.get("fleet")}}


def name_documents(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as lists of runs show them: of documents, the fleet and how many objects it declares."""
    return {
        name: _name_document(value) if name in DOCUMENTS and isinstance(value, Mapping) else value
        for name, value in arguments.items()
        if name != "last_applied"
    }


def _name_document(document: Mapping[str, Any]) -> str:
    count = len(split_document(document))
    return f"{document.get('fleet')} ({count} object{'' if count == 1 else 's'})"


def find_deletions(document: Mapping[str, Any]) -> dict[str, str]:
    """What a document may not ask for, as it would delete an object or a disk: path to value."""
    found: dict[str, str] = {}
    for path, entry in split_document(document).items():
        found |= _find_deleting(path, entry)
        disks = entry.get("disks") if isinstance(entry, Mapping) and path.startswith("guests.") else None
        for disk in disks if isinstance(disks, list) else ():
            slot = disk.get("slot") if isinstance(disk, Mapping) else None
            found |= _find_deleting(f"{path}.disks.{slot}", disk)
    return found


def _find_deleting(path: str, options: Any) -> dict[str, str]:
    if not isinstance(options, Mapping):
        return {}
    names = _DELETING if path.startswith(("guests.", "storages.")) else ()
    deleting = [*(name for name in names if options.get(name)), *(["state"] if options.get("state") in _GOING else ())]
    return {f"{path}.{name}": str(options[name]) for name in deleting}


def _treat_secrets(document: Mapping[str, Any], *, keep: bool) -> dict[str, Any]:
    clean = {path: _clean_entry(path, entry, keep=keep) for path, entry in split_document(document).items()}
    sections = join_document(clean)
    # What is no object stays as it is.
    return {
        name: {**value, **sections[name]}
        if isinstance(value, Mapping) and name in sections and name != "access"
        else sections.get(name, value)
        for name, value in document.items()
    }


def _clean_entry(path: str, entry: Any, *, keep: bool) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    section = parse_path(path)[0]
    options = read_module_docs((_NAMED | _OTHERS)[section]).options
    cleaned = dict(_clean_options(entry, options, keep=keep))
    if section == "guests":
        for name, module in _PARTS.items():
            part = entry.get(name)
            if isinstance(part, Mapping):
                cleaned[name] = dict(_clean_options(part, read_module_docs(module).options, keep=keep))
    return cleaned


def _clean_options(entry: Mapping[str, Any], options: Mapping[str, Any], *, keep: bool) -> Iterator[tuple[str, Any]]:
    for name, value in entry.items():
        doc = options.get(name) or {}
        if doc.get("no_log") and value is not None:
            if keep:
                yield name, REDACTED
            continue
        inner = doc.get("suboptions")
        if inner and isinstance(value, Mapping):
            yield name, dict(_clean_options(value, inner, keep=keep))
        elif inner and isinstance(value, list):
            yield (
                name,
                [dict(_clean_options(one, inner, keep=keep)) if isinstance(one, Mapping) else one for one in value],
            )
        else:
            yield name, value


def _read_mapping(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    return value if isinstance(value, Mapping) else {}
