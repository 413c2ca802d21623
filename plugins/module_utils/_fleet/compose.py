# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compose the one plan of a fleet: its guests found, its parts planned in order, each from what will be by then."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from .._api.errors import DRIFTED, INVALID_PARAMETER, PveError
from .._api.sight import sees_all_guests
from .._checks.existing import check_references
from .._checks.rights import check_rights
from .._checks.values import check_steps
from .._guest.free_ids import find_free_vmids
from .._guest.guest import Guest
from .._guest.identity import unknown_name_error
from .._guest.inventory import Inventory, require_online
from .._guest.lookup import with_config
from .._guest.pending import read_pending
from .._guest.placement import Placement, list_storages
from .._guest.plan import Observed as ObservedGuest
from .._guest.power import RUNNING, read_power
from .._module.plan import Plan
from .._resources.guest import Guests
from .._run.confirm import compute_fingerprint, compute_identity
from .._run.resource import Outcome
from .consequences import PENDING, Situation, find_consequence
from .document import Document
from .forecast import ForecastClient
from .identity import Found, Sought, build_index, identify, list_unfound, require_distinct
from .merge import FAIL, Change, Conflict, Merged, list_changes, merge
from .parts import CONFIG, HEALTH, RESTART, Known, Part, list_parts, name_failed
from .paths import render_path
from .restart import Waiting
from .units import WAVES, Unit
from .waves import has_steps, order_units

_MIB = 1024**2
_LAST_VMID = 999999999
# What has no plan has no resource that would carry it out.
_NO_RESOURCE = Guests({})


def check_cluster(world: ForecastClient, wanted: str | None) -> None:
    """Raise C(invalid_parameter) for another cluster than the one that a fleet is for: by its name, or its identity."""
    if wanted is None:
        return
    entries = world.get("/cluster/status")
    local = next((str(entry["name"]) for entry in entries if entry["type"] == "node" and entry.get("local")), "")
    name = next((str(entry["name"]) for entry in entries if entry["type"] == "cluster"), local)
    if wanted == name:
        return
    name_part, _space, fingerprint = wanted.rpartition(" ")
    if name_part in ("", name) and len(fingerprint) == _LENGTH_OF_FINGERPRINT:
        certificates = world.get(f"/nodes/{local}/certificates/info")
        known = {str(entry.get("fingerprint") or "").replace(":", "").lower() for entry in certificates}
        if fingerprint.lower() in known:
            return
    raise PveError(
        INVALID_PARAMETER,
        f"This fleet is for cluster {wanted}, and this one is {name}. Nothing was sent.",
        "Choose the profile or the connection of the cluster that is meant, or correct cluster.",
    )


# Of a SHA-256 in hexadecimal digits.
_LENGTH_OF_FINGERPRINT = 64


def compose(
    world: ForecastClient, document: Document, last: Document, *, timeout: int = 7200, report: bool = False
) -> list[Unit]:
    """The units of a document, each with its plan. What can't be planned fails alone, with what needs it.

    For a I(report), which is never applied, all are planned: what differs from what is there, whatever stands before.
    """
    guests = document.list_guests()
    found, failures = _find_guests(world, guests, last)
    world.notices += [note for one in found.values() for note in one.notes]
    known = _choose_vmids(world, guests, found)
    parts = list_parts(document, last, known, failed=failures, restart=bool(document.settings.get("restart")))
    failed = [
        Unit(name_failed(name), render_path(("guests", name)), WAVES.index("guests"), _NO_RESOURCE, failure=error)
        for name, error in failures.items()
    ]
    # What was begun and did not come to its end: nothing but which one it is is known to have been applied.
    unproven = frozenset(path for path, entry in last.objects.items() if not entry.keys() - {"vmid", "uuid"})
    return _Composer(world, document, parts, failed, unproven, timeout, report=report).plan()


def _find_guests(
    world: ForecastClient, guests: Mapping[str, Mapping[str, Any]], last: Document
) -> tuple[dict[str, Found], dict[str, PveError]]:
    """The guests of a document by name, and why one can't be told from others."""
    inventory = world.inventory
    wanted = {name: _build_sought(name, entry, last.objects.get(("guests", name))) for name, entry in guests.items()}
    likely = {name: _list_likely(inventory, sought) for name, sought in wanted.items()}
    candidates = {guest.vmid: guest for guests in likely.values() for guest in guests}
    index = build_index(_read_configs(world, inventory.guests, candidates))
    if list_unfound(wanted.values(), index):
        index = build_index(_read_configs(world, inventory.guests, {guest.vmid: guest for guest in inventory.guests}))
    found, failures = {}, {}
    for name, sought in wanted.items():
        try:
            for guest in likely[name]:
                require_online(inventory, guest)
            found[name] = identify(sought, index)
            if found[name].guest is None and sought.vmid is None and inventory.nameless:
                # It may be one of those.
                raise unknown_name_error(inventory, name)
        except PveError as error:
            found.pop(name, None)
            failures[name] = error
    require_distinct(found)
    return found, failures


def _list_likely(inventory: Inventory, sought: Sought) -> list[Guest]:
    """The guests that may be the one that is sought, by their vmids and names."""
    numbered = (inventory.get(vmid) for vmid in (sought.vmid, sought.last_vmid))
    return [*inventory.with_name(sought.name), *(guest for guest in numbered if guest is not None)]


def _build_sought(name: str, entry: Mapping[str, Any], before: Mapping[str, Any] | None) -> Sought:
    before = before or {}
    return Sought(
        name,
        *(entry.get(key) for key in ("vmid", "uuid", "type", "node")),
        last_vmid=before.get("vmid"),
        last_uuid=before.get("uuid"),
    )


def _read_configs(world: ForecastClient, guests: Iterable[Guest], chosen: Mapping[int, Guest]) -> list[Guest]:
    """All guests, those that are chosen with their configuration where it can be read."""
    online = (guest for guest in chosen.values() if world.inventory.is_online(guest.node))
    world.read_ahead((f"{guest.path}/config", {}) for guest in online)

    def read(guest: Guest) -> Guest:
        if guest.vmid not in chosen or not world.inventory.is_online(guest.node):
            return guest
        try:
            return with_config(world, guest)
        except PveError:
            return guest

    return [read(guest) for guest in guests]


def _choose_vmids(
    world: ForecastClient, guests: Mapping[str, Mapping[str, Any]], found: Mapping[str, Found]
) -> dict[str, Known]:
    """The vmids of all guests that are known: a new one has the one that is declared, or the next free one."""
    new = [
        name
        for name, one in found.items()
        if one.guest is None and not guests[name].get("vmid") and guests[name].get("state") != "absent"
    ]
    taken = {entry["vmid"] for entry in guests.values() if entry.get("vmid")}
    taken.update(guest.vmid for guest in world.inventory.guests)
    free = dict(zip(new, _find_free_vmids(world, len(new), taken), strict=True))
    known = {}
    for name, one in found.items():
        vmid = one.guest.vmid if one.guest is not None else guests[name].get("vmid") or free.get(name)
        if vmid is not None and (one.guest is not None or guests[name].get("state") != "absent"):
            known[name] = Known(vmid, one.guest)
    return known


def _find_free_vmids(world: ForecastClient, count: int, taken: Collection[int]) -> list[int]:
    """So many ids for new guests; where guests may be hidden, whether they have them is asked for several at a time."""
    sees_all = count > 1 and sees_all_guests(world)
    if count > 1 and not sees_all:
        candidates = (vmid for vmid in range(int(world.get("/cluster/nextid")), _LAST_VMID) if vmid not in taken)
        world.read_ahead(("/cluster/nextid", {"vmid": vmid}) for vmid in islice(candidates, count))
    # Those that were planned before come in the order of the plan, which is not that of the document.
    return sorted(find_free_vmids(world, count, taken, others_are_free=sees_all))


class _Composer:
    """Plans parts in their order, and has the client answer from then on as they will have left things."""

    def __init__(
        self,
        world: ForecastClient,
        document: Document,
        parts: Sequence[Part],
        failed: Sequence[Unit],
        unproven: Collection[tuple[str, ...]],
        timeout: int,
        *,
        report: bool = False,
    ) -> None:
        self._world, self._document, self._timeout, self._is_report = world, document, timeout, report
        self._unproven = unproven
        self._parts = {part.id: part for part in parts}
        self._units = {unit.id: unit for unit in failed}
        self._placement: Placement | None = None

    def plan(self) -> list[Unit]:
        blank = [
            Unit(part.id, render_path(part.path), part.wave, _NO_RESOURCE, needs=part.needs)
            for part in self._parts.values()
        ]
        for stage in order_units(blank):
            units = [self._place(unit) for unit in stage.units]
            planned = self._world.read_for_all(self._plan, units)
            self._units.update({unit.id: unit for unit in planned})
            self._world.absorb(step for unit in planned if unit.plan is not None for step in unit.plan.steps)
        self._check_references()
        return [unit for unit in self._units.values() if unit.plan is not None or unit.failure or unit.skipped]

    def _build_params(self, part: Part, wish: Mapping[str, Any]) -> dict[str, Any]:
        params = part.kind.build_params(wish, part.address)
        timeout = params["timeout"] if part.kind is HEALTH else self._timeout
        return {**params, "timeout": timeout, "throttle": 1}

    def _place(self, unit: Unit) -> Unit:
        """Choose the node of a new guest; the memory of one that is to run counts from then on."""
        part = self._parts[unit.id]
        if part.address.get("node", "") is not None:
            return unit
        if self._placement is None:
            self._placement = Placement(self._world.get("/cluster/resources"))
        try:
            node = self._placement.choose(list_storages(CONFIG.build_params(part.wish, {})))
        except PveError as error:
            return replace(unit, failure=error)
        if self._document.objects[part.path].get("state") == "started":
            self._placement.commit(node, int(part.wish.get("memory") or 512) * _MIB)
        self._parts[unit.id] = replace(part, address={**part.address, "node": node})
        return unit

    def _plan(self, unit: Unit) -> Unit:
        part = self._parts[unit.id]
        obstacle = self._find_obstacle(unit.needs)
        if obstacle is not None:
            return replace(unit, skipped=obstacle, failure=None)
        if unit.failure is not None:
            return unit
        is_forecast = any(self._stands_on_change(one) for one in part.stands_on)
        if part.kind is HEALTH and not self._must_prove(part):
            return unit
        try:
            return replace(self._plan_part(part), is_forecast=is_forecast)
        except PveError as error:
            return replace(unit, failure=error, is_forecast=is_forecast)

    def _must_prove(self, part: Part) -> bool:
        """Whether a guest has to prove its health: it changes, or the last apply did not get as far."""
        changes = any(has_steps(self._units[one]) for one in part.stands_on if one in self._units)
        return changes or part.path in self._unproven

    def _find_obstacle(self, needs: Iterable[str]) -> str | None:
        """Why what needs these can't be planned."""
        for need in () if self._is_report else needs:
            before = self._units.get(need)
            if before is not None and before.failure is not None:
                return f"{before.path} failed: {before.failure}"
            if before is not None and before.skipped is not None:
                return before.skipped
        return None

    def _stands_on_change(self, unit_id: str) -> bool:
        unit = self._units.get(unit_id)
        return unit is not None and (unit.is_forecast or has_steps(unit))

    def _plan_part(self, part: Part) -> Unit:
        params = self._build_params(part, part.wish)
        resource = part.kind.make(params)
        if part.kind is RESTART:
            observed: Any = self._observe_waiting(part, resource.observe(self._world, params)[0])
        else:
            (observed,) = resource.observe(self._world, params)
        if isinstance(observed, ObservedGuest):
            # The wishes for disks are those of the part; none grows by so much.
            observed = replace(observed, disks=None)

        def make_plan(wish: Mapping[str, Any]) -> Plan:
            if part.wish and not wish:
                return Plan(resource.target(observed))
            changed = self._build_params(part, wish)
            return part.kind.make(changed).plan(observed, changed)

        def describe(wish: Mapping[str, Any]) -> Plan | None:
            changed = self._build_params(part, wish)
            return part.kind.make(changed).describe(observed, changed)

        merged = self._merge(part, make_plan, describe)
        params = self._build_params(part, merged.entry)
        made, path = part.kind.make(params), render_path(part.path)
        unit = Unit(part.id, path, part.wave, made, params, part.needs, observed, conflicts=merged.conflicts)
        failing = [conflict for conflict in merged.conflicts if conflict.policy == FAIL]
        plan = merged.plan
        if plan is None or failing:
            error = _conflict_error(failing) if failing else merged.failure
            return replace(unit, failure=error, changes=() if failing else merged.changes)
        if isinstance(observed, ObservedGuest) and observed.exists and plan.steps:
            self._look_at_consequences(part, observed, merged.changes)
        check_steps(plan.steps, params)
        if any(map(resource.needs_answer, plan.steps)) and not merged.entry.get("secret_file"):
            raise PveError(
                INVALID_PARAMETER,
                f"{path} would get a secret that nobody sees.",
                "Give secret_file, into which it is written.",
            )
        guest = resource.affected_guest(observed)
        check_rights(plan.steps, (guest and guest.config) or {}, self._world.connection.identity)
        if guest is not None and plan.steps:
            compute = compute_fingerprint if plan.basis is None else compute_identity
            plan = replace(plan, fingerprint=compute(with_config(self._world, guest).config or {}))
        return replace(unit, plan=plan, changes=merged.changes)

    def _look_at_consequences(self, part: Part, observed: ObservedGuest, changes: Iterable[Change]) -> None:
        """Have read what the meaning of changes depends on: here, that is done for many guests at once."""
        entry = self._document.objects[part.path]
        situation = Situation(
            observed.guest.type, observed.config if observed.current is None else observed.current, observed.running
        )
        for change in changes:
            find_consequence(change.path[len(part.path) :], change.before, change.after, entry, situation)

    def _merge(
        self,
        part: Part,
        make_plan: Callable[[Mapping[str, Any]], Plan],
        describe: Callable[[Mapping[str, Any]], Plan | None],
    ) -> Merged:
        rules = self._document.rules.for_object(part.path, self._document.objects.get(part.path) or {})
        if part.is_new:
            plan = make_plan(part.wish)
            return Merged(part.wish, plan, list_changes(plan, part.base, part.wish))
        return merge(make_plan, part.base, part.wish, part.last, rules, describe)

    def _observe_waiting(self, part: Part, waiting: Waiting) -> Waiting:
        """The fields of a guest whose changes wait for a restart by then, those of this plan with them."""
        entry, units = self._document.objects[part.path], [self._units[one] for one in part.stands_on]
        running = read_power(self._world, waiting.guest) == RUNNING
        config = dict(with_config(self._world, waiting.guest).config or {})
        situation = Situation(waiting.guest.type, config, running)
        planned = [
            render_path(change.path[len(part.path) :])
            for unit in units
            for change in unit.changes
            if find_consequence(change.path[len(part.path) :], change.before, change.after, entry, situation) == PENDING
        ]
        pending = tuple(read_pending(self._world, waiting.guest.path)) if running else ()
        return replace(waiting, fields=tuple(dict.fromkeys((*pending, *planned))), running=running)

    def _check_references(self) -> None:
        """Fail what names what is not there, and is made by no plan, with all that needs it."""
        outcomes = {unit_id: Outcome({}, unit.plan) for unit_id, unit in self._units.items() if unit.plan is not None}
        check_references(self._world, list(outcomes.values()))
        for unit_id, outcome in outcomes.items():
            self._world.notices += [f"{self._units[unit_id].path}: {line}" for line in outcome.warnings]
            if outcome.failure is not None:
                self._units[unit_id] = replace(self._units[unit_id], plan=None, changes=(), failure=outcome.failure)
        if any(outcome.failure is not None for outcome in outcomes.values()):
            for unit_id, unit in list(self._units.items()):
                obstacle = self._find_obstacle(unit.needs)
                if obstacle is not None and unit.failure is None:
                    self._units[unit_id] = replace(unit, plan=None, changes=(), skipped=obstacle)


def _conflict_error(conflicts: Sequence[Conflict]) -> PveError:
    paths = ", ".join(render_path(conflict.path) for conflict in conflicts)
    return PveError(
        DRIFTED,
        f"Somebody else has changed this since the fleet was applied last: {paths}. Nothing of it was changed.",
        "Take it into the fleet, or say with on_conflict whether it is to be kept or taken back.",
        fields={render_path(one.path): f"{one.observed!r} instead of {one.last!r}" for one in conflicts},
    )
