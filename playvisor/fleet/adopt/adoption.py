# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in a cluster as a plain fleet document, with what it can't say."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mcp_bridge.collection import load_rules
from playvisor.fleet.adopt.guests import adopt_guest
from playvisor.fleet.adopt.objects import SECTIONS
from playvisor.fleet.adopt.observed import Guest, Observed

GUESTS = "guests"
PARTS = (GUESTS, *SECTIONS)
_LONGEST_NAME = 63
# An object, which may have nothing to say, has a path of its section and its name.
_OBJECT_DEPTH = 2
# Lists whose entries paths name by their slot.
_BY_SLOT = ("disks", "nics")
# What an observation has in place of a secret.
MASK = "**********"
# How the note on what was left out begins.
NOT_MANAGED = "not managed: "
# How pve_fleet writes paths, and what patterns of them mean.
_PATHS = load_rules("plugins/module_utils/_fleet/paths.py")
Path = tuple[str, ...]


@dataclass(frozen=True)
class Adoption:
    """A plain fleet document. `notes` are comments by path; `left_out` says what is not in it, and why."""

    document: dict[str, Any]
    notes: Mapping[Path, Sequence[str]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    @property
    def guests(self) -> dict[str, dict[str, Any]]:
        guests: dict[str, dict[str, Any]] = self.document.get(GUESTS, {})
        return guests


def adopt_cluster(
    observed: Observed,
    guests: Iterable[Guest],
    *,
    name: str = "",
    parts: Iterable[str] = PARTS,
    without: Sequence[str] = (),
    chosen: Collection[int] | None = None,
) -> Adoption:
    """The fleet of these guests and of the other parts of a cluster, less the paths that `without` names.

    `chosen` are the ids of the guests that are meant, whether they could be read or not; all where it is not given.
    """
    wanted = set(parts)
    document: dict[str, Any] = {"fleet": name or make_fleet_name(observed.cluster)}
    if observed.cluster:
        document["cluster"] = observed.cluster
    notes: dict[Path, list[str]] = {}
    left_out = observed.describe_missing(chosen)
    if GUESTS in wanted:
        entries, said, unnamed = _adopt_guests(guests, observed.list_templates())
        document[GUESTS], left_out = entries, [*left_out, *unnamed]
        notes.update(said)
    for section, read in SECTIONS.items():
        if section in wanted:
            entries, phrases = read(observed)
            if entries:
                document[section] = entries
            if phrases:
                notes[(section,)] = phrases
    left_out += _describe_secrets(document)
    # A fleet has a name.
    paths = [path for path in list_paths(document) if path != ("fleet",)]
    unwanted = [path for path in paths if any(_PATHS.matches(pattern, path) for pattern in without)]
    idle = [pattern for pattern in without if not any(_PATHS.matches(pattern, path) for path in unwanted)]
    left_out += [f"nothing is called {pattern}, which --without names" for pattern in idle]
    adoption = Adoption(document, notes, tuple(left_out))
    adoption = leave_out(adoption, dict.fromkeys(unwanted, "as was asked for"))
    return leave_out(adoption, dict.fromkeys(_list_masked(adoption.document), "it holds a secret, which is not read"))


def _describe_secrets(document: Mapping[str, Any]) -> list[str]:
    """Which secrets there may be, of which the API tells nothing."""
    owners = {
        "cloud-init": any("cloudinit" in guest for guest in document.get(GUESTS, {}).values()),
        "storages": any("username" in storage for storage in document.get("storages", {}).values()),
        "users": any(user["user"].endswith("@pve") for user in document.get("access", {}).get("users", ())),
        "API tokens": "tokens" in document.get("access", {}),
    }
    named = [owner for owner, has_secrets in owners.items() if has_secrets]
    if not named:
        return []
    return [f"passwords and other secrets of {', '.join(named)}, which can't be read, and stay as they are"]


def leave_out(adoption: Adoption, reasons: Mapping[Path, str]) -> Adoption:
    """The adoption without what these paths name, which stays as it is, with a note that says why."""
    if not reasons:
        return adoption
    document = copy.deepcopy(adoption.document)
    notes = {path: list(phrases) for path, phrases in adoption.notes.items()}
    for path, why in reasons.items():
        # What it was a part of may be gone already.
        value = take_path(document, path)
        if value is not None:
            shown = "" if MASK in str(value) or len(path) <= _OBJECT_DEPTH else f" {value}"
            # Where nothing is left that a comment could stand at, it stands at what that was a part of.
            owner = path[:2] if len(path) > 2 else path[:1]
            inner = _PATHS.render_path(path[len(owner) :])
            notes.setdefault(owner, []).append(f"{NOT_MANAGED}{inner}{shown} ({why})")
    return Adoption(document, notes, adoption.left_out)


def _list_masked(document: Any) -> list[Path]:
    """The innermost paths whose values hold what is masked."""
    masked = [path for path, value in list_values(document) if MASK in str(value)]
    return [path for path in masked if not any(other[: len(path)] == path for other in masked if other != path)]


def _adopt_guests(
    guests: Iterable[Guest], templates: Mapping[int, str]
) -> tuple[dict[str, Any], dict[Path, list[str]], list[str]]:
    known = list(guests)
    count = Counter(guest.name.lower() for guest in known)
    uuids = Counter(guest.uuid for guest in known)
    entries: dict[str, Any] = {}
    notes: dict[Path, list[str]] = {}
    left_out = []
    for guest in sorted(known, key=lambda guest: (guest.name, guest.vmid)):
        if not guest.name:
            left_out.append(f"guest {guest.vmid} has no name, by which a fleet knows it")
        elif count[guest.name.lower()] > 1:
            left_out.append(f"guest {guest.label} has a name that another guest has, too")
        else:
            adopted = adopt_guest(guest, templates)
            phrases = list(adopted.notes)
            entries[guest.name] = adopted.entry
            if guest.uuid and uuids[guest.uuid] > 1:
                # It tells nobody which guest this is.
                del adopted.entry["uuid"]
                phrases.append(f"another guest has its UUID, {guest.uuid}, too")
            if phrases:
                notes[(GUESTS, guest.name)] = phrases
    return entries, notes, left_out


def make_fleet_name(text: str) -> str:
    """A name that a fleet can have, from a cluster's."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    name = name if name[:1].isalpha() else f"fleet-{name}".rstrip("-")
    return name[:_LONGEST_NAME].rstrip("-")


def list_paths(document: Any) -> list[Path]:
    """The paths of all that a document says, devices among them by their slots, what is outside first."""
    return [path for path, _value in list_values(document)]


def list_values(value: Any, above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The same paths with their values."""
    items: Iterable[tuple[str, Any]] = ()
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, list) and above[-1] in _BY_SLOT:
        items = [(item["slot"], item) for item in value]
    for key, item in items:
        yield (*above, str(key)), item
        yield from list_values(item, (*above, str(key)))


def take_path(document: Any, path: Path) -> Any:
    """Take what a path names out of a document, and return it; None where it is not there."""
    place = document
    for key in path[:-1]:
        place = _find(place, key)
    found = _find(place, path[-1])
    if isinstance(place, list) and found is not None:
        place.remove(found)
    elif isinstance(place, dict):
        place.pop(path[-1], None)
    if found is not None and not place and len(path) - 1 > _OBJECT_DEPTH:
        # Of an option of which nothing is left nothing is to be said.
        take_path(document, path[:-1])
    return found


def _find(place: Any, key: str) -> Any:
    if isinstance(place, Mapping):
        return place.get(key)
    return next((item for item in place or () if item["slot"] == key), None)
