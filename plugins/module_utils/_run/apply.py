# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applying plans: each step in turn, waiting for its task, and then for the state to show."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from .._api.client import Client
from .._api.concurrency import bounded_map
from .._api.errors import DIGEST_CONFLICT, DRIFTED, GUEST_LOCKED, NOT_FOUND, TASK_FAILED, TIMEOUT, UNREACHABLE, PveError
from .._api.tasks import is_upid, journal, poll_delays, wait_for_task, wait_unlocked
from .._module.plan import Plan, Step
from .confirm import confirm_again, confirm_plan
from .resource import Observed, Outcome, Resource


def apply_all(
    client: Client,
    resource: Resource[Observed],
    targets: Sequence[Observed],
    outcomes: Sequence[Outcome],
    params: dict[str, Any],
) -> None:
    todo = [
        (observed, outcome)
        for observed, outcome in zip(targets, outcomes, strict=True)
        if outcome.plan is not None and outcome.plan.steps
    ]

    def apply(pair: tuple[Observed, Outcome]) -> None:
        observed, outcome = pair
        deadline = time.monotonic() + params["timeout"]
        delays = poll_delays()
        while True:
            _apply(client, resource, observed, outcome.plan, outcome, params["timeout"])
            if outcome.failure is None or outcome.done or time.monotonic() >= deadline:
                return
            other = _instead(client, resource, observed, outcome, params)
            if other is None:
                return
            observed = other
            time.sleep(next(delays))

    bounded_map(params.get("throttle", 1), apply, todo)


def _instead(
    client: Client, resource: Resource[Observed], observed: Observed, outcome: Outcome, params: dict[str, Any]
) -> Observed | None:
    """What to apply the outcome's new plan to, when there is another way than the one that was refused."""
    try:
        other = resource.replan_after_refusal(client, observed, outcome.plan, outcome.failure)
        if other is None:
            return None
        outcome.state = None
        if params.get("expect_plan"):
            raise PveError(
                DRIFTED,
                f"The plan can't be applied any more: {outcome.failure} Nothing was changed.",
                "Look at the new plan in check mode and decide again.",
            )
        outcome.plan = resource.plan(other, params)
    except PveError as error:
        outcome.failure, outcome.state = error, None
        return None
    outcome.target, outcome.failure, outcome.upids = resource.target(other), None, []
    confirm_plan(client, resource, other, outcome)
    return other if outcome.failure is None else None


def _apply(
    client: Client, resource: Resource[Observed], observed: Observed, plan: Plan, outcome: Outcome, timeout: int
) -> None:
    # A restart ends where it began, which proves nothing.
    telling = resource.shared_goal and plan.before != plan.after

    def reached() -> bool:
        return telling and resource.is_reached(plan, resource.read_state(client, observed, plan))

    deadline = 0.0
    try:
        for step in plan.steps:
            ready = resource.prepare_step(client, step)
            if ready is None:
                continue
            deadline = time.monotonic() + timeout + step.grace
            send = partial(resource.send, client, observed, ready, outcome)
            if not _apply_step(client, ready, outcome, deadline, reached, send):
                break
            outcome.done += 1
            resource.finish_step(client, ready, outcome, deadline)
    except PveError as error:
        outcome.failure = error
        if not outcome.has_sent and error.code in (DRIFTED, DIGEST_CONFLICT):
            return
        # What became of the target is still told, but not waited for.
        deadline = 0.0
    if resource.settle_seconds is not None:
        deadline = min(deadline, time.monotonic() + resource.settle_seconds)
    try:
        outcome.state = _settle(client, resource, observed, plan, deadline)
        outcome.facts |= resource.extra_facts(observed, plan, client)
    except PveError as error:
        outcome.failure = outcome.failure or error
        return
    is_reached = resource.is_reached(plan, outcome.state)
    if outcome.failure is None and not is_reached:
        outcome.failure = _changed_meanwhile(outcome) if resource.settle_seconds == 0 else _not_reached(outcome)
    elif outcome.failure is not None and outcome.failure.code == TASK_FAILED and telling and is_reached:
        outcome.warnings.append(
            f"{outcome.failure} It is {_words(outcome.state, outcome.state)} by now: somebody else did it."
        )
        outcome.failure = None


def _settle(
    client: Client, resource: Resource[Observed], observed: Observed, plan: Plan, deadline: float
) -> dict[str, Any]:
    """The target's state, once the plan's is reached or C(time.monotonic()) reaches I(deadline).

    A reboot and the HA manager go on after the task that they were asked in has ended.
    """
    delays = poll_delays()
    while True:
        state = resource.read_state(client, observed, plan)
        remaining = deadline - time.monotonic()
        if resource.is_reached(plan, state) or remaining <= 0:
            return state
        time.sleep(min(next(delays), remaining))


def _not_reached(outcome: Outcome) -> PveError:
    wished, found = outcome.plan.after, outcome.state
    differing = [key for key in {**wished, **found} if wished.get(key) != found.get(key)]
    return PveError(
        TIMEOUT,
        f"Every request for {outcome.label} succeeded, but it did not reach {_words(wished, differing)} in time: "
        f"it is {_words(found, differing)}.",
        "A guest under HA is moved by the HA manager, which may take longer; look again, or raise timeout. Proxmox VE "
        "may also have made something else of a value.",
    )


def _changed_meanwhile(outcome: Outcome) -> PveError:
    return PveError(
        DIGEST_CONFLICT,
        f"Every request for {outcome.label} succeeded, but what was read afterwards is not what was planned.",
        "Somebody else changed it meanwhile; run again to plan from what is there now.",
    )


def _words(state: dict[str, Any], keys: Iterable[str]) -> str:
    return ", ".join(f"{key} {state.get(key)}" for key in keys)


def _apply_step(
    client: Client,
    step: Step,
    outcome: Outcome,
    deadline: float,
    reached: Callable[[], bool],
    send: Callable[[], Any],
) -> bool:
    """Send one request and wait for its task; a locked guest is waited for until the deadline.

    The first one is not sent before the guest has been confirmed again.

    False when it turned out that nothing is left to be done: whoever held the lock has done it, or the answer to a
    request was lost that was received all the same.
    """
    while True:
        sent = len(outcome.upids)
        if outcome.guest is not None and not outcome.done:
            confirm_again(client, outcome.guest)
        outcome.has_sent = True
        try:
            data = outcome.answer = send()
            if step.task and data == "OK":
                raise _nothing_done(step)
            if step.task and is_upid(data):
                outcome.upids.append(data)
                journal(data)
                outcome.warnings.extend(wait_for_task(client, data, deadline).warnings)
            return True
        except PveError as error:
            # A guest that is locked was not touched.
            outcome.has_sent = error.code != GUEST_LOCKED or outcome.done > 0
            if error.code in (UNREACHABLE, TIMEOUT) and len(outcome.upids) == sent:
                # Such a request is never sent twice; what the cluster says of it decides.
                if not reached():
                    raise
                outcome.done += 1
                return False
            # A locked guest refused before anything was done, so sending again is safe.
            if error.code != GUEST_LOCKED or not wait_unlocked(client, step.path, deadline):
                raise
            if reached():
                return False


def _nothing_done(step: Step) -> PveError:
    # What vzdump says, rather than to name a task, on a node that has none of the guests.
    return PveError(
        NOT_FOUND,
        f"{step.method} {step.path} was accepted, but there was nothing to do: the guest is not on that node.",
        "It was moved since it was looked up; run again.",
    )
