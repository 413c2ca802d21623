# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proof that a fleet changes nothing: what a report of pve_fleet says of it, and what its files say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcp_bridge.catalogue.fleets import split_document
from mcp_bridge.collection import load_rules
from mcp_bridge.errors import PlayvisorError
from mcp_bridge.text.plain import one_line
from playvisor.fleet.adopt.adoption import Adoption, leave_out, list_paths
from playvisor.fleet.adopt.adoption import Path as Place
from playvisor.fleet.adopt.writing import render_files, write_files
from playvisor.fleet.render import FleetError, expand_document, render_fleet

# The most that a message lists.
_MOST_TOLD = 10
# A value that no module takes may be one of several in a device.
_MOST_ROUNDS = 10
# What a module that can't take a value calls it, and what an object is that belongs to another fleet.
_REFUSED = ("invalid_parameter", "unsupported")
CLAIMED = "claimed"
# Options that the API, and what refuses a value of it, calls otherwise.
_OPTIONS = {
    "cicustom": "custom",
    "ciupgrade": "upgrade",
    "ciuser": "user",
    "sshkeys": "ssh_keys",
    "nameserver": "nameservers",
    "prune-backups": "retention",
    "notes-template": "notes",
}
_PATHS = load_rules("plugins/module_utils/_fleet/paths.py")


@dataclass(frozen=True)
class Difference:
    """Something that would not stay as it is. `is_refused`: no module takes the value, so that it can't be said."""

    path: Place
    why: str
    is_refused: bool = False


class NoFixedPoint(PlayvisorError):
    """A fleet that would change something right after it was written."""

    def __init__(self, differences: Iterable[Difference]) -> None:
        self.differences = tuple(differences)
        named = [(_PATHS.render_path(one.path), one.why) for one in self.differences]
        first = named[:_MOST_TOLD]
        more = f" and {len(named) - len(first)} more" if len(named) > len(first) else ""
        listed = "; ".join(f"{path}: {why.rstrip('.')}" for path, why in first)
        without = " ".join(f"--without '{path}'" for path, _why in first)
        super().__init__(
            f"Nothing was written, since this fleet would change what is there: {listed}{more}.",
            f"If somebody changes it just now, try again. To leave it as it is, add {without}.",
        )
        self.details = {"differences": [{"path": path, "why": why} for path, why in named]}


# The objects of a report of pve_fleet on a document, of which only these paths are planned; all where there are none.
Report = Callable[[Mapping[str, Any], Sequence[str]], Iterable[Mapping[str, Any]]]


def prove_fixed_point(adoption: Adoption, place: Path, report: Report) -> tuple[Adoption, dict[Path, str]]:
    """The adoption without the values that no module takes, which stay as they are, and its files, written to a place.

    Raises NoFixedPoint where something would change.
    """
    adoption = _leave_out_misfits(adoption)
    only: list[str] = []
    for _round in range(_MOST_ROUNDS):
        texts = render_files(adoption, place)
        write_files(texts, place)
        rendered = render_fleet(place).document
        require_same(adoption.document, rendered)
        # What was left out altogether is not there any more.
        wanted = [path for path in only if any(f"{one}.".startswith(f"{path}.") for one in split_document(rendered))]
        if only and not wanted:
            return adoption, texts
        differences = find_differences(rendered, report(rendered, wanted))
        refused = {one.path: one.why for one in differences if one.is_refused}
        if len(refused) < len(differences):
            raise NoFixedPoint(one for one in differences if not one.is_refused)
        if not refused:
            return adoption, texts
        adoption = leave_out(adoption, refused)
        only = [_PATHS.render_path(path) for path in dict.fromkeys(path[:2] for path in refused)]
    raise NoFixedPoint(differences)


def _leave_out_misfits(adoption: Adoption) -> Adoption:
    """The adoption without what a fleet can't have by its schema, such as a choice that this version does not know."""
    try:
        expand_document(adoption.document)
    except FleetError as error:
        messages = {problem.path: problem.message for problem in error.problems}
    else:
        return adoption
    known = set(list_paths(adoption.document))
    misfits: dict[Place, str] = {}
    for path, message in messages.items():
        parts = _PATHS.parse_path(path)
        # An element of a list goes with all of it, and so does what has no other name.
        within = [parts[:length] for length in range(len(parts), 1, -1) if parts[:length] in known]
        if within:
            misfits[within[0]] = message
    if not misfits:
        raise NoFixedPoint(Difference(_PATHS.parse_path(path), message) for path, message in messages.items())
    return _leave_out_misfits(leave_out(adoption, misfits))


def find_differences(document: Mapping[str, Any], objects: Iterable[Mapping[str, Any]]) -> list[Difference]:
    """What objects of a report would change, or fail at."""
    differences: list[Difference] = []
    for one in objects:
        path = _PATHS.parse_path(str(one["path"]))
        failure = one.get("failure")
        if failure:
            differences += _describe_failure(document, path, failure)
        elif one.get("changed"):
            changes = one.get("changes") or [{"path": one["path"]}]
            differences += [_describe_change(change) for change in changes]
    return differences


def _describe_change(change: Mapping[str, Any]) -> Difference:
    path = _PATHS.parse_path(str(change["path"]))
    if "after" not in change:
        return Difference(path, "it would change")
    return Difference(path, one_line(f"{change.get('before')!r} would become {change['after']!r}"))


def _describe_failure(document: Mapping[str, Any], path: Place, failure: Mapping[str, Any]) -> list[Difference]:
    message = one_line(str(failure.get("message") or failure.get("code")))
    is_refused = failure.get("code") in _REFUSED
    fields = failure.get("fields") or {}
    found = {name: _locate(document, path, str(name), str(why)) for name, why in fields.items()}
    if failure.get("code") == CLAIMED:
        return [Difference(path, message, is_refused=True)]
    if not fields or not all(found.values()):
        # What it is about the message may say; if not, no part of it can be managed.
        place = _find_device(document, path, message) if is_refused else None
        return [Difference(place or path, message, is_refused)]
    return [Difference(place, one_line(str(fields[name])), is_refused) for name, place in found.items() if place]


def _find_device(document: Mapping[str, Any], path: Place, message: str) -> Place | None:
    """The device of a guest that a message names."""
    entry = _find_entry(document, path)
    words = set(re.findall(r"[a-z]+\d+|rootfs", message))
    places = [(*path, kind, device["slot"]) for kind in ("disks", "nics") for device in entry.get(kind) or ()]
    named = [place for place in places if place[-1] in words]
    return named[0] if len(named) == 1 else None


def _find_entry(document: Mapping[str, Any], path: Place) -> Mapping[str, Any]:
    """The entry of an object; empty where there is none."""
    entry: Any = document
    for key in path:
        entry = entry.get(key) if isinstance(entry, Mapping) else None
    return entry if isinstance(entry, Mapping) else {}


def _locate(document: Mapping[str, Any], path: Place, field: str, why: str) -> Place | None:
    """Where an object has what a module calls so; of a device the property that is wrong, where that is said."""
    entry = _find_entry(document, path)
    name = _OPTIONS.get(field, re.sub(r"^ipconfig\d+$", "ipconfig", field))
    for section in ((), ("config",), ("cloudinit",), ("firewall",), ("ha",)):
        place: Any = entry
        for key in section:
            place = place.get(key) or {}
        for option in (field, name):
            if option in place:
                return (*path, *section, option)
    for devices in ("disks", "nics"):
        for device in entry.get(devices) or ():
            if device["slot"] == field:
                return (*path, devices, field, *_find_property(device, why))
    return None


def _find_property(device: Mapping[str, Any], why: str) -> Place:
    options = device.get("options") or {}
    named = [name for name in options if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", why)]
    if named:
        return ("options", named[0])
    return ("options",) if options else ()


def require_same(document: Mapping[str, Any], rendered: Mapping[str, Any]) -> None:
    """Raise NoFixedPoint where the files say anything else than the document that they were made of."""
    wanted, found = _flatten(document), _flatten(rendered)
    paths = [path for path in dict.fromkeys([*wanted, *found]) if wanted.get(path) != found.get(path)]
    if paths:
        raise NoFixedPoint(
            Difference(path, one_line(f"{wanted.get(path)!r} reads as {found.get(path)!r} in the file"))
            for path in paths
        )


def _flatten(value: Any, path: Place = ()) -> dict[Place, Any]:
    """The innermost values by path; devices by slot, in whichever order."""
    if isinstance(value, Mapping) and value:
        return {key: item for name, part in value.items() for key, item in _flatten(part, (*path, str(name))).items()}
    if isinstance(value, list) and path[-1] in ("disks", "nics"):
        return {key: item for part in value for key, item in _flatten(part, (*path, part["slot"])).items()}
    return {path: value}
