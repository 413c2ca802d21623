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
    if "kind" in thing and thing.get("id"):
        return f"{thing['kind']} {thing['id']}"
    return str(next(iter(thing.values()), "?"))


def count(number: int, noun: str) -> str:
    """`1 guest`, `2 guests`."""
    return f"{number} {noun if number == 1 else _make_plural(noun)}"


def describe_reading(data: Mapping[str, Any], noun: str = "") -> str:
    """What a run that only reads has found; `noun` is what the rows are, where their list is called otherwise."""
    cluster, guests, connection = data.get("cluster"), data.get("guests"), data.get("connection")
    if cluster is not None:
        name = f"Cluster {cluster['name']}" if cluster.get("name") else "One node"
        quorum = "" if cluster.get("quorate") else ", without quorum"
        nodes = f"{cluster['nodes_online']} of {count(cluster['nodes_total'], 'node')} online"
        running = f"{guests['running']} of {count(guests['total'], 'guest')} running" if guests else "no guests known"
        return f"{name}: {nodes}{quorum}, {running}."
    if data.get("ha"):
        return _describe_ha(data["ha"])
    if connection is not None:
        return f"Connected to {connection['url']} as {connection['user']} (Proxmox VE {connection['version']})."
    if isinstance(guests, Sequence):
        if len(guests) == 1 and guests[0].get("state"):
            guest = guests[0]
            lock = f", locked ({guest['lock']})" if guest.get("lock") else ""
            return f"Guest {label(guest)} is {guest['state']} on {guest['node']}{lock}."
        if any("snapshots" in guest for guest in guests):
            snapshots = sum(len(guest.get("snapshots") or ()) for guest in guests)
            return f"{count(snapshots, 'snapshot')} of {count(len(guests), 'guest')}."
        return f"{count(len(guests), 'guest')}." if guests else "No guests."
    if data.get("until"):
        return f"Observed {count(sum(data['counts'].values()), 'thing')} with {count(data['requests'], 'request')}."
    if data.get("counts"):
        return f"Captured {describe_capture(data['counts'])}, without secrets."
    lists = {name: len(value) for name, value in data.items() if isinstance(value, Sequence)}
    found = [count(number, noun or _make_singular(name)) for name, number in lists.items()]
    return f"{', '.join(found)}." if found else "Done."


def _describe_ha(ha: Mapping[str, Any]) -> str:
    """How many guests the HA manager cares for, and which of them are not as they are asked to be."""
    if not ha["resources"]:
        return f"No guest is under HA; {count(len(ha['rules']), 'rule')}."
    led = f"node {ha['master']} leads" if ha.get("master") else "no node leads yet"
    # One that is to be disabled is stopped.
    reached = {"disabled": "stopped"}
    others = [
        entry
        for entry in ha["resources"]
        if entry.get("state") not in (wished := entry.get("request_state"), reached.get(str(wished)))
    ]
    named = ", ".join(f"{entry['vmid']} {entry.get('state') or 'unknown'}" for entry in others[:_NAMED])
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    unlike = f"; not as asked: {named}{more}" if others else ", all as asked"
    guests, rules = count(len(ha["resources"]), "guest"), count(len(ha["rules"]), "rule")
    return f"{guests} under HA{unlike}; {rules}; {led}."


def describe_capture(counts: Mapping[str, int]) -> str:
    """Counts of what a capture found."""
    found = [count(number, _make_singular(noun)) for noun, number in counts.items() if number and noun != "readings"]
    return ", ".join(found)


def describe_plan(things: Things, steps: Sequence[Mapping[str, Any]], extent: str = "") -> str:
    """What a plan would do. `extent` says, after a comma, which part of the things is shown, if it is not all."""
    if not steps:
        return describe_no_change(things, extent)
    return f"Would {_describe_steps(things, steps)}; nothing was changed{extent}."


def describe_applying(things: Things, steps: Sequence[Mapping[str, Any]], extent: str = "") -> str:
    """What a plan does that is being applied."""
    return f"The plan is being applied: {_describe_steps(things, steps)}{extent}. wait_run waits for its end."


def describe_start(tool: str) -> str:
    """What is known of a run that has no plan yet."""
    return f"{tool} has begun, and goes on. wait_run waits for its end."


def describe_turn(target: str, holder: str) -> str:
    """What a run waits for that is not alone with what it touches: `holder` is the other run, where that is known."""
    what = f"guest {target}" if target.isdigit() else f"a new guest {target}" if target.startswith("named ") else target
    return f"Waits for run {holder[:8]}, which has {what}" if holder else f"Waits for the lock of {what}"


def describe_change(things: Things, extent: str = "", done: str = "Changed") -> str:
    """What was done; `done` is a word for it."""
    return f"{done} {_describe_moves(things)}{extent}."


def describe_no_change(things: Things, extent: str = "") -> str:
    """Why nothing was to be done."""
    noun, entries = things
    if not entries:
        return f"No {noun} matches, so nothing was changed{extent}."
    if len(entries) > 1:
        return f"Nothing to do: all {count(len(entries), noun)} are as wished already{extent}."
    how = _state(entries[0].get("before")) if _has_state(things) else "as wished"
    return f"Nothing to do: {noun} {label(entries[0])} is {how} already{extent}."


def describe_extent(things: Things, cut: Mapping[str, Sequence[int]]) -> str:
    """Which part of the things a result shows, from what was cut: how many of each list are left, of how many."""
    noun = _make_plural(things[0])
    if noun not in cut:
        return ""
    kept, number = cut[noun]
    return f", among the {kept} of {number} that are shown here"


def describe_cut(cut: Mapping[str, Sequence[int]]) -> str:
    """How much of each list a result shows that was cut; empty when it shows all."""
    return "".join(f" Only {kept} of {number} {name} are shown here." for name, (kept, number) in cut.items())


def _describe_steps(things: Things, steps: Sequence[Mapping[str, Any]]) -> str:
    why = "" if len(steps) > 1 or _has_state(things) else f" ({steps[0]['why']})"
    return f"change {_describe_moves(things)} with {count(len(steps), 'request')}{why}"


def things_of(data: Mapping[str, Any]) -> Things:
    """What a module's result is about: the noun in the singular, and an entry for each, with before and after."""
    for name, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping) and "before" in value[0]:
            return _make_singular(name), value
    return "guest", []


def _make_plural(noun: str) -> str:
    return f"{noun.removesuffix('y')}ies" if noun.endswith("y") else f"{noun}s"


def _make_singular(noun: str) -> str:
    return f"{noun.removesuffix('ies')}y" if noun.endswith("ies") else noun.removesuffix("s")


def _describe_moves(things: Things) -> str:
    noun, entries = things
    changing = [entry for entry in entries if entry.get("changed")]
    if len(changing) == 1:
        # An entry says itself of what kind it is.
        return _describe_move(changing[0]) if noun == "entry" else f"{noun} {_describe_move(changing[0])}"
    named = ", ".join(_describe_move(entry) for entry in changing[:_NAMED])
    more = f" and {len(changing) - _NAMED} more" if len(changing) > _NAMED else ""
    return f"{count(len(changing), noun)}: {named}{more}"


def _describe_move(entry: Mapping[str, Any]) -> str:
    if "state" not in (entry.get("before") or {}):
        return label(entry)
    return f"{label(entry)} from {_state(entry.get('before'))} to {_state(entry.get('after'))}"


def _has_state(things: Things) -> bool:
    """Whether before and after are a word each, such as a power state, which says it all."""
    return all("state" in (entry.get("before") or {}) for entry in things[1])


def _state(facts: Mapping[str, Any] | None) -> str:
    return ", ".join(str(value) for value in (facts or {}).values()) or "unknown"
