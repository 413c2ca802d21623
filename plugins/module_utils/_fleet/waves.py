# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order in which the units of a fleet are applied: by what they need, by wave, and guests a few at a time. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from .._api.errors import INVALID_PARAMETER, PveError
from .units import WAVES, Unit

try:
    from graphlib import CycleError, TopologicalSorter
except ImportError:
    # A Python that is too old is to get as far as being told so.
    CycleError = TopologicalSorter = None

# From this wave on, what a guest gets is done guest by guest.
_OF_GUESTS = WAVES.index("configuration")
_INTERRUPTING = re.compile(r"/status/(?:reboot|reset|shutdown|stop|suspend)")
_SHARE = re.compile(r"(\d+)\s*%")


@dataclass(frozen=True)
class Stage:
    """Units that are applied side by side, once those of all stages before are done.

    I(batch) is the number of the batch of guests that they are for; None where they are for no batch.
    """

    units: tuple[Unit, ...]
    batch: int | None = None


def sort_units(units: Sequence[Unit]) -> list[Unit]:
    """The units in an order in which each comes after those that it needs; raises as L(order_units)."""
    by_id = {unit.id: unit for unit in units}
    paths = {unit.id: unit.path for unit in units}
    return [by_id[unit_id] for unit_id in _sort({unit.id: _list_needs(unit, by_id) for unit in units}, paths)]


def order_units(
    units: Sequence[Unit], serial: int | str | None = None, max_unavailable: int | str | None = None, total: int = 0
) -> list[Stage]:
    """The stages of these units. A need that is none of them counts as met.

    At most I(serial) guests are changed at a time, of which I(max_unavailable) may be interrupted; shares are of
    I(total) guests. Raises C(invalid_parameter) for units that need each other.
    """
    ordered = sort_units(units)
    changing = {unit.path for unit in units if _is_of_guest(unit) and has_steps(unit)}
    # A guest that changes is one thing here, so that all of it is in one batch.
    groups = {unit.id: unit.path if _is_of_guest(unit) and unit.path in changing else unit.id for unit in units}
    needs = _list_group_needs(units, groups)
    needs = {name: needs[name] for name in _sort(needs, {groups[unit.id]: unit.path for unit in units})}
    limits = (count_share(serial, total, "serial"), count_share(max_unavailable, total, "max_unavailable"))
    batches = _choose_batches(units, groups, needs, *limits)
    return _build_stages(units, ordered, groups, needs, batches)


def has_steps(unit: Unit) -> bool:
    return unit.plan is not None and bool(unit.plan.steps)


def is_interrupting(unit: Unit) -> bool:
    """Whether a unit's guest does not run for a while."""
    return unit.plan is not None and any(_INTERRUPTING.search(step.path) for step in unit.plan.steps)


def count_share(value: int | str | None, total: int, option: str) -> int | None:
    """How many guests a number or a percentage is, at least one; None: as many as there are."""
    if value is None:
        return None
    text = str(value).strip()
    share = _SHARE.fullmatch(text)
    count = max(total * int(share[1]) // 100, 1) if share else int(text) if text.isdigit() else 0
    if count < 1 or (share and not 1 <= int(share[1]) <= 100):
        raise PveError(INVALID_PARAMETER, f"{option} is {value}.", "It is a number of guests, or such as 25%.")
    return count


def _is_of_guest(unit: Unit) -> bool:
    return unit.wave >= _OF_GUESTS and unit.path.startswith("guests.")


def _list_needs(unit: Unit, by_id: Mapping[str, Any]) -> list[str]:
    return [need for need in unit.needs if need in by_id]


def _list_group_needs(units: Sequence[Unit], groups: Mapping[str, str]) -> dict[str, list[str]]:
    needs: dict[str, dict[str, None]] = {}
    for unit in units:
        name = groups[unit.id]
        wanted = needs.setdefault(name, {})
        wanted.update((groups[need], None) for need in unit.needs if groups.get(need, name) != name)
    return {name: list(wanted) for name, wanted in needs.items()}


def _sort(needs: Mapping[str, Iterable[str]], paths: Mapping[str, str]) -> list[str]:
    """The names in an order in which each comes after those that it needs; I(paths) are the objects that they are."""
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        # Each is what the one after it needs; things of one object may come several times.
        members = [path for path, _same in groupby(paths[name] for name in reversed(error.args[1]))]
        chain = " needs ".join(members) if len(members) > 1 else f"{members[0]} needs itself"
        raise PveError(
            INVALID_PARAMETER, f"These need each other: {chain}.", "Take one of them out of the other's depends_on."
        ) from error


def _choose_batches(
    units: Sequence[Unit],
    groups: Mapping[str, str],
    needs: Mapping[str, list[str]],
    most: int | None,
    most_interrupted: int | None,
) -> dict[str, int]:
    """The number of the batch of each guest that changes; none stands in a batch with one that it needs."""
    guests = {name for unit_id, name in groups.items() if name != unit_id}
    levels: dict[str, int] = {}
    for name, wanted in needs.items():
        levels[name] = max((levels[need] + (need in guests) for need in wanted), default=0)
    interrupted = {unit.path for unit in units if is_interrupting(unit)}
    batches: dict[str, int] = {}
    number, members, losses, level = -1, 0, 0, -1
    # In the order of the document, but for what they need.
    for name in sorted(dict.fromkeys(name for name in groups.values() if name in guests), key=levels.__getitem__):
        loses = name in interrupted
        is_full = members == most or (loses and losses == most_interrupted)
        if is_full or levels[name] != level:
            number, members, losses, level = number + 1, 0, 0, levels[name]
        members, losses = members + 1, losses + loses
        batches[name] = number
    return batches


def _build_stages(
    units: Sequence[Unit],
    ordered: Sequence[Unit],
    groups: Mapping[str, str],
    needs: Mapping[str, list[str]],
    batches: Mapping[str, int],
) -> list[Stage]:
    # The last batch that something stands on; what stands on none comes before the first.
    reached: dict[str, int] = {}
    for name, wanted in needs.items():
        reached[name] = batches.get(name, max((reached[need] for need in wanted), default=-1))
    # Where each unit comes: even parts are between the batches.
    keys: dict[str, tuple[int, int, int, int]] = {}
    for unit in ordered:
        name = groups[unit.id]
        part = 2 * reached[name] + (1 if name in batches else 2)
        key = (part, 0, unit.wave, 0)
        for need in _list_needs(unit, keys):
            there, turn, wave, depth = keys[need]
            if there == part:
                # What needs something of a later wave waits for the next turn of the waves.
                key = max(key, (part, turn + (wave > unit.wave), unit.wave, depth + 1 if wave == unit.wave else 0))
        keys[unit.id] = key
    ranked = sorted(units, key=lambda unit: keys[unit.id])
    return [
        Stage(tuple(members), key[0] // 2 if key[0] % 2 else None)
        for key, members in groupby(ranked, key=lambda unit: keys[unit.id])
    ]
