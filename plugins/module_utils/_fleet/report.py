# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of a fleet: its objects, what changes of each and what that means, and what failed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._api.errors import PveError
from .._module.plan import describe
from .._resources.guest import Guests
from .apply import Applied
from .consequences import NEEDS_STOP, Situation, find_consequence
from .document import Document
from .identity import read_mark
from .merge import Change
from .paths import parse_path, render_path
from .units import Unit
from .waves import has_steps

_KINDS = {
    "guests": "guest",
    "pools": "pool",
    "storages": "storage",
    "backup_jobs": "backup_job",
    "ha_rules": "ha_rule",
    "firewall": "firewall",
    "access": "access",
}
_MOST_NAMED = 10


def build_result(
    document: Document, units: Sequence[Unit], states: Mapping[str, Applied] | None = None, *, diff: bool = False
) -> dict[str, Any]:
    """The result of a plan, or with I(states) of what became of it; each object of the document once."""
    by_path: dict[str, list[Unit]] = {render_path(path): [] for path in document.objects if path != ("access",)}
    for unit in units:
        by_path.setdefault(unit.path, []).append(unit)
    objects = [
        _describe_object(document, path, members, states or {}, planned=states is None)
        for path, members in by_path.items()
    ]
    result: dict[str, Any] = {
        "objects": objects,
        "conflicts": [conflict.describe() for unit in units for conflict in unit.conflicts],
        "plan": describe([unit.plan for unit in units if unit.plan is not None and has_steps(unit)]),
        "upids": [upid for one in objects for upid in one["upids"]],
        "changed": any(one["changed"] for one in objects),
    }
    if states and any(state.outcome.unknown for state in states.values()):
        result["unknown"] = True
    if diff:
        changing = [one for one in objects if one["changes"] and one["after"]]
        result["diff"] = {side: {one["path"]: one[side] for one in changing} for side in ("before", "after")}
    return result


def build_failure(
    units: Sequence[Unit], states: Mapping[str, Applied] | None, total: int
) -> tuple[str, PveError] | None:
    """What is said of a fleet of which something failed, with its first failure; None where nothing did."""
    failures: dict[str, PveError] = {}
    for unit in units:
        outcome = states[unit.id].outcome if states is not None else None
        error = unit.failure or (outcome.failure if outcome else None)
        if error is not None:
            failures.setdefault(unit.path, error)
    if not failures:
        return None
    named = "; ".join(f"{path}: {error.message}" for path, error in list(failures.items())[:_MOST_NAMED])
    more = f"; and {len(failures) - _MOST_NAMED} more" if len(failures) > _MOST_NAMED else ""
    noun = "object" if total == 1 else "objects"
    failed = f"{len(failures)} of {total} {noun} failed: {named}{more}"
    if states is None:
        return failed, next(iter(failures.values()))
    return f"{failed.removesuffix('.')}. {_describe_done(states, failures)}", next(iter(failures.values()))


def _describe_done(states: Mapping[str, Applied], failures: Mapping[str, PveError]) -> str:
    """What was changed all the same, and how far those came that failed."""
    changed = {state.unit.path for state in states.values() if state.outcome.changed}
    begun = sorted(changed & failures.keys())
    skipped = {state.unit.path for state in states.values() if state.skipped} - changed - failures.keys()
    names = f"{', '.join(begun[:_MOST_NAMED])}{' …' if len(begun) > _MOST_NAMED else ''}"
    unfinished = f", of which {names} {'is' if len(begun) == 1 else 'are'} not finished" if begun else ""
    parts = [
        f"{len(changed)} {'was' if len(changed) == 1 else 'were'} changed{unfinished}"
        if changed
        else "Nothing was changed",
        *([f"{len(skipped)} {'was' if len(skipped) == 1 else 'were'} skipped"] if skipped else []),
    ]
    return f"{'; '.join(parts)}."


def _describe_object(
    document: Document, path: str, units: Sequence[Unit], states: Mapping[str, Applied], *, planned: bool
) -> dict[str, Any]:
    segments = parse_path(path)
    applied = [states[unit.id] for unit in units if unit.id in states]
    changing = [unit for unit in units if has_steps(unit)]
    entry, situation = document.objects.get(segments, {}), _find_situation(units)
    failure = next((unit.failure for unit in units if unit.failure), None)
    failure = failure or next((one.outcome.failure for one in applied if one.outcome.failure), None)
    skipped = next((unit.skipped for unit in units if unit.skipped), None)
    skipped = skipped or next((one.skipped for one in applied if one.skipped), None)
    described, failed = (
        [
            {
                "path": render_path(change.path),
                "before": change.before,
                "after": change.after,
                "consequence": find_consequence(
                    change.path[len(segments) :], change.before, change.after, entry, situation
                ),
                "origin": change.origin,
            }
            for change in _list_changes(chosen)
        ]
        for chosen in (changing, [unit for unit in units if unit.failure])
    )
    return {
        "path": path,
        "kind": _KINDS[segments[0]],
        "name": segments[-1],
        **_find_identity(units, states),
        "wave": min((unit.wave for unit in changing), default=None),
        "changed": bool(changing) if planned else any(one.outcome.changed for one in applied),
        # Of what can't be planned, that which has to wait until the guest is stopped.
        "changes": [*described, *(one for one in failed if one["consequence"] == NEEDS_STOP)],
        "conflicts": [conflict.describe() for unit in units for conflict in unit.conflicts],
        # A pool and its members are of one aspect: it was as before the first, and is as after the last.
        "before": {_name_aspect(unit): unit.plan.before for unit in reversed(changing) if unit.plan},
        "after": {_name_aspect(unit): _find_after(unit, states, planned=planned) for unit in changing},
        "upids": [upid for one in applied for upid in one.outcome.upids],
        **({"skipped": skipped} if skipped and not failure else {}),
        "failure": failure.failure() if failure else None,
    }


def _list_changes(units: Iterable[Unit]) -> list[Change]:
    """The fields that change, each from what it is to what it will be."""
    found: dict[tuple[str, ...], Change] = {}
    for change in (change for unit in units for change in unit.changes):
        first = found.get(change.path)
        if first is None:
            found[change.path] = change
        elif change.before is not None:
            # What a new guest has at first, such as that it is no template, is no change of its own.
            found[change.path] = replace(change, before=first.before)
    return list(found.values())


def _name_aspect(unit: Unit) -> str:
    """What a unit is of its object, such as C(cloudinit)."""
    return unit.id.rpartition("/")[2] if unit.path.startswith("guests.") else "config"


def _find_after(unit: Unit, states: Mapping[str, Applied], *, planned: bool) -> dict[str, Any]:
    if planned:
        return unit.plan.after if unit.plan else {}
    state = states[unit.id].outcome.state if unit.id in states else None
    return state or {}


def _find_identity(units: Iterable[Unit], states: Mapping[str, Applied]) -> dict[str, Any]:
    """The vmid, node and type of a guest, and the UUID of a machine that is there."""
    found: dict[str, Any] = {}
    for unit in units:
        observed = states[unit.id].observed if unit.id in states else unit.observed
        guest = unit.resource.affected_guest(observed) if observed is not None else None
        target = unit.plan.target if unit.plan is not None else unit.resource.target(observed) if guest else {}
        if "vmid" in target:
            found = {name: target[name] for name in ("vmid", "node", "type")} | found
        # What a clone is made of has another UUID.
        if guest is not None and guest.vmid == found.get("vmid") and (uuid := read_mark(guest.config or {})):
            found.setdefault("uuid", uuid)
    return found


def _find_situation(units: Iterable[Unit]) -> Situation | None:
    """How a guest is that changes; None for anything else."""
    if any(unit.plan is not None and unit.plan.before.get("exists") is False for unit in units):
        return Situation("qemu", exists=False)
    for unit in units:
        if isinstance(unit.resource, Guests) and unit.observed is not None:
            one = unit.observed
            return Situation(
                one.guest.type, one.current if one.exists and unit.changes else one.config, one.running, one.exists
            )
    return Situation("qemu") if any(unit.path.startswith("guests.") for unit in units) else None
