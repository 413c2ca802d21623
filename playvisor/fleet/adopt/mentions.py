# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guests that a file of another tool names, and which guests of the cluster these are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playvisor.fleet.adopt.observed import Guest

_KINDS = {"qemu": "a virtual machine", "lxc": "a container"}


@dataclass(frozen=True)
class Mention:
    """A guest that a file names, by id, name or both; without either it is something else that is not carried over.

    `type` is qemu or lxc where the file says it. `is_name_certain`: it says what the guest is called in the cluster.
    """

    label: str
    vmid: int | None = None
    name: str = ""
    notes: tuple[str, ...] = ()
    type: str = ""
    is_name_certain: bool = False


def read_vmid(value: Any) -> int | None:
    """The id of a guest that a number or a text is; None for another one."""
    text = str(value).strip()
    is_vmid = text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0
    return int(text) if is_vmid and not isinstance(value, bool) else None


def read_mapping(value: Any) -> Mapping[str, Any]:
    """A mapping with texts for keys; an empty one of anything else."""
    return {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else {}


def read_list(value: Any) -> Sequence[Any]:
    """A list; an empty one of anything else."""
    return value if isinstance(value, list) else []


def merge_mentions(mentions: Iterable[Mention]) -> tuple[Mention, ...]:
    """One mention of each guest, with the notes of all; resources of Terraform stay apart, of which each is one."""
    merged: dict[tuple[int | None, str, str], Mention] = {}
    for mention in mentions:
        is_apart = mention.type or not (mention.vmid or mention.name)
        key = (mention.vmid, mention.name, mention.label if is_apart else "")
        former = merged.get(key, mention)
        notes = (*former.notes, *mention.notes)
        merged[key] = Mention(
            former.label,
            mention.vmid,
            mention.name,
            tuple(dict.fromkeys(notes)),
            former.type or mention.type,
            former.is_name_certain or mention.is_name_certain,
        )
    return tuple(merged.values())


@dataclass(frozen=True)
class Found:
    """The guests of a cluster that a file names, and sentences on those that it has not, and on what differs."""

    guests: tuple[Guest, ...] = ()
    unknown: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()


def find_mentioned(guests: Iterable[Guest], mentions: Sequence[Mention]) -> Found:
    """The guests that mentions are about: by id, or else by name."""
    known = list(guests)
    by_vmid = {guest.vmid: guest for guest in known}
    by_name: dict[str, list[Guest]] = {}
    for guest in known:
        by_name.setdefault(guest.name.lower(), []).append(guest)
    found: set[int] = set()
    unknown, differing = [], []
    for mention in mentions:
        if mention.vmid is None and not mention.name:
            continue
        name = mention.name.lower()
        # A host of an inventory may be called by its name in DNS.
        same = by_name.get(name) or by_name.get(name.partition(".")[0]) or []
        if mention.vmid in by_vmid:
            same = [by_vmid[mention.vmid]]
        elif mention.vmid is not None and same:
            where = ", ".join(str(guest.vmid) for guest in same)
            differing.append(f"{mention.label}: there is no guest {mention.vmid}; {mention.name} is {where} by now")
        if not same:
            unknown.append(f"{mention.label}: the cluster has no such guest")
        found.update(guest.vmid for guest in same)
        differing += [sentence for guest in same if (sentence := _compare(mention, guest))]
    return Found(tuple(guest for guest in known if guest.vmid in found), tuple(unknown), tuple(differing))


def _compare(mention: Mention, guest: Guest) -> str:
    """What a file says otherwise of a guest that it names by id; empty where nothing."""
    if mention.type and mention.type != guest.type:
        return f"{mention.label}: {guest.label} is {_KINDS[guest.type]}, not {_KINDS[mention.type]}; look who it is"
    if mention.is_name_certain and mention.vmid == guest.vmid and mention.name.lower() != guest.name.lower():
        name = guest.name or "without a name"
        return f"{mention.label}: guest {guest.vmid} is {name}, not {mention.name}; look who it is"
    return ""
