# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One sentence that says what came of a run. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_NAMED = 5


Things = tuple[str, Sequence[Mapping[str, Any]]]


def label(thing: Mapping[str, Any]) -> str:
    """A thing as people call it: a guest as 101 (web-01), others by what identifies them."""
    if "vmid" in thing and thing.get("name"):
        return f"{thing['vmid']} ({thing['name']})"
    return str(next(iter(thing.values()), "?"))


def count(number: int, noun: str) -> str:
    """`1 guest`, `2 guests`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def reading(data: Mapping[str, Any]) -> str:
    """What a run that only reads has found."""
    cluster, guests, connection = data.get("cluster"), data.get("guests"), data.get("connection")
    if cluster is not None:
        name = f"Cluster {cluster['name']}" if cluster.get("name") else "One node"
        quorum = "" if cluster.get("quorate") else ", without quorum"
        nodes = f"{cluster['nodes_online']} of {count(cluster['nodes_total'], 'node')} online"
        running = f"{guests['running']} of {count(guests['total'], 'guest')} running" if guests else "no guests known"
        return f"{name}: {nodes}{quorum}, {running}."
    if connection is not None:
        return f"Connected to {connection['url']} as {connection['user']} (Proxmox VE {connection['version']})."
    if isinstance(guests, Sequence):
        if len(guests) == 1 and guests[0].get("state"):
            guest = guests[0]
            lock = f", locked ({guest['lock']})" if guest.get("lock") else ""
            return f"Guest {label(guest)} is {guest['state']} on {guest['node']}{lock}."
        return f"{count(len(guests), 'guest')}." if guests else "No guest matches."
    if data.get("counts"):
        return f"Captured {captured(data['counts'])}, without secrets."
    found = [count(len(value), name.removesuffix("s")) for name, value in data.items() if isinstance(value, Sequence)]
    return f"{', '.join(found)}." if found else "Done."


def captured(counts: Mapping[str, int]) -> str:
    """How much of what a capture has found."""
    found = [count(number, noun.removesuffix("s")) for noun, number in counts.items() if number and noun != "readings"]
    return ", ".join(found)


def planned(things: Things, steps: Sequence[Mapping[str, Any]]) -> str:
    """What a plan would do."""
    if not steps:
        return unchanged(things)
    why = "" if len(steps) > 1 or _has_state(things) else f" ({steps[0]['why']})"
    return f"Would change {_moves(things)} with {count(len(steps), 'request')}{why}; nothing was changed."


def changed(things: Things) -> str:
    """What was done."""
    return f"Changed {_moves(things)}."


def unchanged(things: Things) -> str:
    """Why nothing was to be done."""
    noun, entries = things
    if not entries:
        return f"No {noun} matches, so nothing was changed."
    if len(entries) > 1:
        return f"Nothing to do: all {len(entries)} {noun}s are as wished already."
    how = _state(entries[0].get("before")) if _has_state(things) else "as wished"
    return f"Nothing to do: {noun} {label(entries[0])} is {how} already."


def things_of(data: Mapping[str, Any]) -> Things:
    """What a module's result is about: the noun in the singular, and an entry for each, with before and after."""
    for name, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping) and "before" in value[0]:
            return name.removesuffix("s"), value
    return "guest", []


def _moves(things: Things) -> str:
    noun, entries = things
    changing = [entry for entry in entries if entry.get("changed")]
    if len(changing) == 1:
        return f"{noun} {_move(changing[0])}"
    named = ", ".join(_move(entry) for entry in changing[:_NAMED])
    more = f" and {len(changing) - _NAMED} more" if len(changing) > _NAMED else ""
    return f"{count(len(changing), noun)}: {named}{more}"


def _move(entry: Mapping[str, Any]) -> str:
    if "state" not in (entry.get("before") or {}):
        return label(entry)
    return f"{label(entry)} from {_state(entry.get('before'))} to {_state(entry.get('after'))}"


def _has_state(things: Things) -> bool:
    """Whether before and after are a word each, such as a power state, which says it all."""
    return all("state" in (entry.get("before") or {}) for entry in things[1])


def _state(facts: Mapping[str, Any] | None) -> str:
    return ", ".join(str(value) for value in (facts or {}).values()) or "unknown"
