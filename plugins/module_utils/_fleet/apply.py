# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apply the units of a fleet in their order: each by the one runner, and what stands on a failed one not at all.

What was planned from what is there is confirmed right before its first request. What was planned from a forecast, or is
of an object that this run has changed already, is looked at once more: those of its requests that are still needed are
sent as they were planned, and it is done when a new plan of it is empty.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from .._api.concurrency import bounded_map
from .._api.errors import DIGEST_CONFLICT, DRIFTED, PveError
from .._api.tasks import poll_delays
from .._guest.disks import is_slot
from .._guest.nics import is_slot as is_nic
from .._module.plan import Plan, Step
from .._run.apply import apply_one
from .._run.confirm import compute_identity, confirm_plan
from .._run.resource import Outcome
from .effects import render_without_address
from .health import Health
from .progress import Progress
from .restart import Restart
from .units import Unit
from .waves import Stage, count_share, has_steps, is_interrupting, order_units

if TYPE_CHECKING:
    from .._api.client import Client

# Up to this many units are looked at one by one; for more, one look at the whole cluster is cheaper.
_ONE_BY_ONE = 4
# For so long, Proxmox VE may still show what was before a request.
_LATE_SECONDS = 10.0


@dataclass
class Applied:
    """What became of a unit; I(skipped) is why it was not its turn."""

    unit: Unit
    outcome: Outcome
    observed: Any = None
    skipped: str | None = None

    @property
    def is_done(self) -> bool:
        return self.skipped is None and self.outcome.failure is None


@dataclass(frozen=True)
class Pace:
    """How many guests are changed at a time, and how many of them may be down: numbers, or shares of I(total)."""

    serial: int | str | None = None
    max_unavailable: int | str | None = None
    total: int = 0


def confirm_units(client: Client, units: Sequence[Unit], throttle: int = 1) -> dict[str, Applied]:
    """What becomes of units, by their ids: at first their plans, each bound to the guest that it is for.

    A plan from a forecast is bound to none, as there is no guest yet that is like that.
    """

    def confirm(unit: Unit) -> Applied:
        target = unit.plan.target if unit.plan is not None else {"path": unit.path}
        outcome = Outcome(target, unit.plan, failure=unit.failure)
        if unit.plan is not None and not unit.is_forecast:
            confirm_plan(client, unit.resource, unit.observed, outcome)
            _require_same(unit, outcome)
        return Applied(unit, outcome, unit.observed, unit.skipped)

    return {applied.unit.id: applied for applied in bounded_map(throttle, confirm, units)}


def _require_same(unit: Unit, outcome: Outcome) -> None:
    """Fail a plan for a guest whose place another one, of the same name, has taken since it was looked at."""
    if unit.identity is None or outcome.plan is None or outcome.guest is None:
        return
    if compute_identity(outcome.guest.config or {}) != unit.identity:
        outcome.plan, outcome.failure = (
            None,
            PveError(
                DRIFTED,
                f"Guest {outcome.label} is another one by now, or was rolled back. Nothing was changed.",
                "It was changed since it was looked at; make sure that it is the one you mean, and run again.",
            ),
        )


def apply_units(
    client: Client,
    states: Mapping[str, Applied],
    pace: Pace,
    params: Mapping[str, Any],
    look: Callable[[], Client] | None = None,
) -> None:
    """Apply all units that have steps, C(throttle) at a time; their states take what became of them.

    I(look) returns a client that may answer all that is asked from one observation, which it makes from then on.
    """
    units = [state.unit for state in states.values()]
    stages = order_units(units, pace.serial, pace.max_unavailable, pace.total)
    _Rollout(client, states, pace, params, look or (lambda: client)).run(stages)


class _Rollout:
    def __init__(
        self,
        client: Client,
        states: Mapping[str, Applied],
        pace: Pace,
        params: Mapping[str, Any],
        look: Callable[[], Client],
    ) -> None:
        self._client, self._states, self._pace, self._params = client, states, pace, params
        self._look_at_all = look
        self._throttle = int(params.get("throttle") or 1)
        # The objects that this run has changed.
        self._touched: set[str] = set()
        # By guest, why it may not be changed any more.
        self._held: dict[str, str] = {}
        self._progress = Progress(states.values())

    def run(self, stages: Sequence[Stage]) -> None:
        batch = 0
        for stage in stages:
            if stage.batch is not None and stage.batch > batch:
                batch = stage.batch
                self._hold([unit for other in stages if other.batch == batch for unit in other.units])
            self._apply_stage(stage)

    def _hold(self, units: Sequence[Unit]) -> None:
        """Hold the guests of a batch that would leave too few in order, with those that did not come back."""
        pace = self._pace
        lost = self._list_lost()
        if not lost or (pace.serial is None and pace.max_unavailable is None):
            return
        most = count_share(pace.max_unavailable, pace.total, "max_unavailable") or 0
        why = f"{len(lost)} of the guests before it did not come back: {', '.join(lost[:10])}"
        interrupted = {unit.path for unit in units if is_interrupting(unit)}
        left = most - len(lost)
        for path in dict.fromkeys(unit.path for unit in units if has_steps(unit)):
            if path in interrupted and left > 0:
                left -= 1
            elif path in interrupted or not most:
                self._held[path] = why

    def _list_lost(self) -> list[str]:
        """The guests that were interrupted, or have to prove their health, and are not as they should be."""
        states = self._states.values()
        interrupted = {state.unit.path for state in states if is_interrupting(state.unit) and state.outcome.has_sent}
        failed = [state for state in states if not state.is_done]
        return sorted(
            {
                state.unit.path
                for state in failed
                if state.unit.path in interrupted
                or (isinstance(state.unit.resource, Health) and state.outcome.failure is not None)
            }
        )

    def _apply_stage(self, stage: Stage) -> None:
        states = [self._states[unit.id] for unit in stage.units]
        for state in states:
            state.skipped = state.skipped or self._find_obstacle(state.unit)
        todo = [state for state in states if state.is_done and has_steps(state.unit)]
        changed = [state for state in todo if state.unit.is_forecast or state.unit.path in self._touched]
        # These look themselves, right before their requests.
        others = [state for state in changed if not isinstance(state.unit.resource, (Health, Restart))]
        for state in changed:
            state.outcome.guest = None
        bounded_map(self._throttle, partial(_look_again, self._look(others)), others)
        bounded_map(self._throttle, self._apply, [state for state in todo if state.is_done])
        for state in states:
            if has_steps(state.unit) and not state.is_done:
                self._progress.note(state)
        self._verify([state for state in others if state.is_done and state.outcome.steps_done])

    def _look(self, states: Sequence[Applied]) -> Client:
        """What answers how things are from now on, for as long as these are looked at."""
        return self._client if len(states) <= _ONE_BY_ONE else self._look_at_all()

    def _find_obstacle(self, unit: Unit) -> str | None:
        for need in unit.needs:
            before = self._states.get(need)
            if before is not None and not before.is_done:
                return before.skipped or f"{before.unit.path} failed: {before.outcome.failure}"
        return self._held.get(unit.path) if has_steps(unit) else None

    def _apply(self, state: Applied) -> None:
        if state.outcome.plan is not None and state.outcome.plan.steps:
            self._send(state)
        self._progress.note(state)

    def _send(self, state: Applied) -> None:
        unit, outcome = state.unit, state.outcome
        # Units that follow were planned for what this one makes: no other plan may take its place.
        params = {**unit.params, "timeout": self._params["timeout"], "expect_plan": unit.id}
        apply_one(self._client, unit.resource, state.observed, outcome, params)
        if outcome.has_sent:
            self._touched.add(unit.path)

    def _verify(self, states: Sequence[Applied]) -> None:
        """See that a new plan of each is empty."""
        deadline, delays, left = time.monotonic() + _LATE_SECONDS, poll_delays(), list(states)
        while left:
            plans = bounded_map(self._throttle, partial(_try_to_plan, self._look(left)), left)
            found = [(state, plan) for state, plan in zip(left, plans, strict=True) if not _is_empty(plan)]
            if time.monotonic() >= deadline:
                for state, plan in found:
                    state.outcome.failure = plan if isinstance(plan, PveError) else _unfinished_error(state, plan)
                return
            left = [state for state, _plan in found]
            time.sleep(next(delays) if left else 0)


def _plan_anew(client: Client, unit: Unit, but: Sequence[str]) -> tuple[Any, Plan]:
    """What is there now, and the plan that leads from there to what the unit asks for.

    It is for the target that was planned for, in all I(but) these of what identifies it.
    """

    def identify(target: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in target.items() if name not in but}

    wanted = identify(unit.plan.target if unit.plan else {})
    found = unit.resource.observe(client, unit.params)
    matching = [one for one in found if identify(unit.resource.target(one)) == wanted]
    if len(matching) != 1:
        labels = ", ".join(Outcome(unit.resource.target(one)).label for one in found) or "nothing"
        raise PveError(
            DRIFTED,
            f"{unit.path} was to be {Outcome(wanted).label}, and there is {labels}.",
            "Somebody else changed it meanwhile; run again to plan from what is there now.",
        )
    return matching[0], unit.resource.plan(matching[0], unit.params)


def _look_again(client: Client, state: Applied) -> None:
    """Take what is there now instead of the forecast, where that needs no other requests."""
    unit, outcome = state.unit, state.outcome
    try:
        # Where it is by now makes no difference.
        observed, plan = _plan_anew(client, unit, ("node",))
    except PveError as error:
        outcome.failure = error
        return
    if not plan.steps:
        outcome.plan, outcome.state = plan, plan.after
        return
    outcome.plan = plan
    confirm_plan(client, unit.resource, observed, outcome)
    if outcome.failure is not None:
        return
    steps = _choose_planned(plan.steps, unit.plan.steps if unit.plan else ())
    if steps is None:
        outcome.failure = _unforeseen_error(unit, plan)
        return
    outcome.plan, state.observed = replace(outcome.plan or plan, steps=steps), observed


def _choose_planned(needed: Iterable[Step], planned: Iterable[Step]) -> tuple[Step, ...] | None:
    """The requests that are needed, exactly as they were planned; None where one is needed that was not."""
    left, chosen = list(planned), []
    for step in needed:
        found = next((one for one in left if _covers(one, step)), None)
        if found is None:
            return None
        left.remove(found)
        params = {name: value for name, value in found.params.items() if name != "digest"}
        digest = {"digest": step.params["digest"]} if "digest" in step.params else {}
        chosen.append(replace(step, params={**params, **digest}))
    return tuple(chosen)


def _covers(planned: Step, step: Step) -> bool:
    """Whether a request does all that another one would, and nothing else to drives.

    The addresses of network devices may not have been known yet; without one, Proxmox VE chooses a new one.
    """
    kind = "lxc" if "/lxc/" in step.path else "qemu"
    wanted = {name: value for name, value in step.params.items() if name != "digest"}
    further = planned.params.keys() - wanted.keys() - {"digest"}
    return (
        (planned.method, planned.path) == (step.method, step.path)
        and not any(is_slot(kind, name) for name in further)
        and all(
            name in planned.params
            and (
                planned.params[name] == value
                or (is_nic(name) and planned.params[name] == render_without_address(kind, name, value))
            )
            for name, value in wanted.items()
        )
    )


def _unforeseen_error(unit: Unit, plan: Plan) -> PveError:
    reasons = "; ".join(step.why for step in plan.steps[:3])
    return PveError(
        DRIFTED,
        f"{unit.path} was made otherwise than this plan foresaw, and needs other requests: {reasons}. None was sent.",
        "Run again: the plan goes on from what is there now.",
    )


def _try_to_plan(client: Client, state: Applied) -> Plan | PveError:
    try:
        return _plan_anew(client, state.unit, ("name", "node"))[1]
    except PveError as error:
        return error


def _is_empty(plan: Plan | PveError) -> bool:
    return isinstance(plan, Plan) and not plan.steps


def _unfinished_error(state: Applied, plan: Plan) -> PveError:
    reasons = "; ".join(step.why for step in plan.steps[:3])
    return PveError(
        DIGEST_CONFLICT,
        f"Every request for {state.outcome.label} succeeded, but it is not as the fleet has it: {reasons}.",
        "Run again: the plan goes on from what is there now.",
    )
