# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who the guests of a fleet are: by SMBIOS UUID, vmid and name together, and never by the node. Pure.

A machine has a UUID, which it keeps. One that has none is known by its vmgenid, which changes with each rollback and
restore; then, as of a container, its vmid and its name both have to be as they were.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._api import property_strings
from .._api.errors import AMBIGUOUS, DRIFTED, NOT_FOUND, UNSUPPORTED, PveError
from .._guest.guest import Guest
from .._guest.selection import describe_places

_GENERATION = "vmgenid:"
# It is there as it was, or by another name, or by another vmid; or there is none yet, or none any more.
SAME, RENAMED, RENUMBERED, NEW, GONE = "same", "renamed", "renumbered", "new", "gone"


@dataclass(frozen=True)
class Sought:
    """A guest as a fleet declares it, and as it was when the fleet was applied last."""

    name: str
    vmid: int | None = None
    uuid: str | None = None
    type: str | None = None
    node: str | None = None
    last_vmid: int | None = None
    last_uuid: str | None = None


@dataclass(frozen=True)
class Found:
    """The guest that was sought, None where there is none; I(notes) say what is not as the fleet has it."""

    guest: Guest | None
    what: str = SAME
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Index:
    """Guests by vmid, by name, and by the UUID and the vmgenid of those whose configuration was read."""

    by_vmid: Mapping[int, Guest] = field(default_factory=dict)
    by_name: Mapping[str, Sequence[Guest]] = field(default_factory=dict)
    by_uuid: Mapping[str, Sequence[Guest]] = field(default_factory=dict)


def build_index(guests: Iterable[Guest]) -> Index:
    by_vmid, by_name, by_uuid = {}, defaultdict(list), defaultdict(list)
    for guest in guests:
        by_vmid[guest.vmid] = guest
        by_name[guest.name].append(guest)
        for uuid in filter(None, (read_uuid(guest.config or {}), _read_generation(guest.config or {}))):
            by_uuid[uuid].append(guest)
    return Index(by_vmid, dict(by_name), dict(by_uuid))


def read_uuid(config: Mapping[str, Any]) -> str | None:
    """The UUID of a machine's SMBIOS in its configuration; None where there is none."""
    uuid = property_strings.parse(str(config.get("smbios1") or "")).get("uuid")
    return uuid.lower() if uuid else None


def read_mark(config: Mapping[str, Any]) -> str | None:
    """What a machine is known by later: its UUID, or else C(vmgenid:) and what follows."""
    return read_uuid(config) or _read_generation(config)


def _read_generation(config: Mapping[str, Any]) -> str | None:
    generation = str(config.get("vmgenid") or "0")
    # 0 switches it off, and 1 has Proxmox VE make one.
    return None if generation in ("0", "1") else f"{_GENERATION}{generation.lower()}"


def list_unfound(wanted: Iterable[Sought], index: Index) -> list[Sought]:
    """Those that have a UUID which none of the guests has that were read; another one may have it."""
    return [one for one in wanted if (uuid := _choose_uuid(one)) and uuid not in index.by_uuid]


def identify(sought: Sought, index: Index) -> Found:
    """The guest that is sought. Raises where another one may be it, or where there are several."""
    uuid, vmid = _choose_uuid(sought), sought.vmid or sought.last_vmid
    if uuid in index.by_uuid:
        guest = _choose_twin(sought, vmid, index.by_uuid[uuid])
        return _describe_known(sought, guest, index)
    holder, namesakes = index.by_vmid.get(vmid or 0), index.by_name.get(sought.name, ())
    if uuid and not (uuid.startswith(_GENERATION) and holder is not None and _may_be_same(sought, holder)):
        return _describe_lost(sought, uuid, holder, namesakes)
    if holder is not None:
        if holder.name != sought.name:
            raise _other_name_error(sought, holder, namesakes)
        return _describe_known(sought, holder, index)
    if len(namesakes) > 1:
        raise PveError(
            AMBIGUOUS,
            f"There are {len(namesakes)} guests named {sought.name}: {describe_places(namesakes)}.",
            "Declare the vmid of the one that is meant, or rename the others.",
        )
    if namesakes and vmid is not None:
        raise PveError(
            AMBIGUOUS,
            f"{sought.name} is {namesakes[0].vmid}, and this fleet {'has' if sought.vmid else 'had'} it as {vmid}, "
            "which is no guest.",
            f"Declare vmid: {namesakes[0].vmid} if it is the one that is meant; otherwise rename it.",
        )
    if namesakes:
        return _describe_known(sought, namesakes[0], index)
    return Found(None, GONE, (_describe_gone(sought),)) if sought.last_vmid else Found(None, NEW)


def require_distinct(found: Mapping[str, Found]) -> None:
    """Raise C(ambiguous) where two of a fleet's names are one guest."""
    names: dict[int, str] = {}
    for name, one in found.items():
        if one.guest is None:
            continue
        other = names.setdefault(one.guest.vmid, name)
        if other != name:
            raise PveError(
                AMBIGUOUS, f"{other} and {name} are one guest, {one.guest.label}.", "Declare each guest once."
            )


def _choose_uuid(sought: Sought) -> str | None:
    uuid = sought.uuid or sought.last_uuid
    return uuid.lower() if uuid else None


def _choose_twin(sought: Sought, vmid: int | None, twins: Sequence[Guest]) -> Guest:
    """The one of the guests of one UUID that has the vmid, or else the name."""
    for likely in (
        [guest for guest in twins if guest.vmid == vmid],
        [guest for guest in twins if guest.name == sought.name],
        twins,
    ):
        if len(likely) == 1:
            return likely[0]
    raise PveError(
        AMBIGUOUS,
        f"{sought.name} may be any of these, which have one UUID: {describe_places(twins)}.",
        "Give the copies UUIDs of their own (smbios1 in config), or declare the vmid.",
    )


def _describe_known(sought: Sought, guest: Guest, index: Index) -> Found:
    """What is to be said of a guest that is the one which is sought."""
    if sought.type not in (None, guest.type):
        raise PveError(
            UNSUPPORTED,
            f"Guest {guest.label} is a {guest.type} guest, and the fleet has it as {sought.type}.",
            "A guest's type can't be changed: correct type, or give the new guest another name.",
        )
    if sought.vmid not in (None, guest.vmid):
        raise PveError(
            AMBIGUOUS,
            f"{sought.name} is guest {guest.label} by its UUID, and the fleet has it as {sought.vmid}.",
            f"A vmid can't be changed: declare vmid: {guest.vmid}.",
        )
    what, notes = SAME, []
    others = [other for other in index.by_name.get(sought.name, ()) if other.vmid != guest.vmid]
    if guest.name != sought.name and others:
        raise PveError(
            AMBIGUOUS,
            f"{sought.name} is guest {guest.label} by its UUID, which was renamed, and another guest has its name now: "
            f"{describe_places(others)}.",
            "Rename the other one, or change the name in the fleet.",
        )
    if others:
        notes.append(f"Other guests are named {sought.name}, too: {describe_places(others)}.")
    if guest.name != sought.name:
        what = RENAMED
        notes.append(f"Guest {guest.vmid} was renamed to {guest.name}; by its UUID it is {sought.name} of this fleet.")
    if sought.last_vmid not in (None, guest.vmid):
        what = RENUMBERED
        stranger = index.by_vmid.get(sought.last_vmid or 0)
        reused = f" {sought.last_vmid} is {stranger.name} by now, another guest." if stranger else ""
        notes.append(f"{sought.name} is guest {guest.vmid} by its UUID, and no longer {sought.last_vmid}.{reused}")
    if sought.node not in (None, guest.node):
        notes.append(f"{sought.name} is on {guest.node}; node {sought.node} only says where it would be made.")
    return Found(guest, what, tuple(notes))


def _may_be_same(sought: Sought, holder: Guest) -> bool:
    """Whether the guest at the vmid may be a machine whose vmgenid is another by now: it has no UUID either."""
    return holder.name == sought.name and read_uuid(holder.config or {}) is None


def _describe_lost(sought: Sought, uuid: str, holder: Guest | None, namesakes: Sequence[Guest]) -> Found:
    """What is to be said where no guest has the UUID of the one that is sought."""
    stranger = holder if holder is not None and holder.name == sought.name else next(iter(namesakes), None)
    if stranger is not None:
        found = read_mark(stranger.config or {}) or "none"
        raise PveError(
            DRIFTED,
            f"Guest {stranger.label} is not the {sought.name} of this fleet: its UUID is {found}, not {uuid}. That one "
            "was removed, and another made.",
            f"Declare uuid: {found} if this is the one that is meant from now on; otherwise rename it.",
        )
    if sought.uuid:
        raise PveError(
            NOT_FOUND,
            f"No guest has the UUID {uuid}, which {sought.name} has in this fleet.",
            "Take uuid out of the entry to have it made anew.",
        )
    if holder is not None and sought.vmid:
        raise _other_name_error(sought, holder, namesakes)
    reused = f" Its id is {holder.name}'s by now, another guest." if holder is not None else ""
    return Found(None, GONE, (f"{_describe_gone(sought)}{reused}",))


def _describe_gone(sought: Sought) -> str:
    number = f", guest {sought.last_vmid}," if sought.last_vmid else ""
    return f"{sought.name}{number} was removed since this fleet was applied; it is made anew."


def _other_name_error(sought: Sought, holder: Guest, namesakes: Sequence[Guest]) -> PveError:
    elsewhere = f" {sought.name} is another guest: {describe_places(namesakes)}." if namesakes else ""
    return PveError(
        AMBIGUOUS,
        f"Guest {holder.vmid} is named {holder.name}, and the fleet has it as {sought.name}: it was renamed, or the id "
        f"is another guest's by now.{elsewhere}",
        "Correct vmid or name in the fleet, or rename the guest, with new_name of pve_guest.",
    )
