# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apply plans: send each step in turn, wait for its task, and then for the wished state."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from .._api.client import Client
from .._api.concurrency import bounded_map
from .._api.errors import (
    DIGEST_CONFLICT,
    DRIFTED,
    GUEST_LOCKED,
    INVALID_PARAMETER,
    NOT_FOUND,
    TASK_FAILED,
    TIMEOUT,
    PveError,
)
from .._api.started_tasks import SentRequest
from .._api.tasks import is_upid, poll_delays, wait_for_task, wait_until_unlocked, write_journal
from .._api.waits import Wait
from .._module.plan import Plan, Step
from .confirm import confirm_plan, confirm_unchanged
from .lost import Goal, find_out, lost_secret_error
from .resource import Observed, Outcome, Resource

# Characters of a value that a failure shows.
_LONGEST_VALUE = 200


def apply_all(
    client: Client,
    resource: Resource[Observed],
    targets: Sequence[Observed],
    outcomes: Sequence[Outcome],
    params: dict[str, Any],
) -> None:
    """Apply every outcome's plan that has steps, at most C(throttle) at a time; outcomes take the results."""
    todo = [
        (observed, outcome)
        for observed, outcome in zip(targets, outcomes, strict=True)
        if outcome.plan is not None and outcome.plan.steps
    ]

    def apply(pair: tuple[Observed, Outcome]) -> None:
        apply_one(client, resource, *pair, params)

    bounded_map(params.get("throttle", 1), apply, todo)


def apply_one(
    client: Client, resource: Resource[Observed], observed: Observed, outcome: Outcome, params: dict[str, Any]
) -> None:
    """Apply one outcome's plan, and another one after a refusal, unless C(expect_plan) is given."""
    deadline = time.monotonic() + params["timeout"]
    delays = poll_delays()
    while True:
        _apply(client, resource, observed, outcome.plan, outcome, params["timeout"])
        if outcome.failure is None or outcome.steps_done or outcome.unknown or time.monotonic() >= deadline:
            return
        replacement = _replan(client, resource, observed, outcome, params)
        if replacement is None:
            return
        observed = replacement
        time.sleep(next(delays))


def _replan(
    client: Client, resource: Resource[Observed], observed: Observed, outcome: Outcome, params: dict[str, Any]
) -> Observed | None:
    """Give the outcome another plan after its first one was refused.

    Returns what that plan is for, None where there is no other plan.
    """
    try:
        replacement = resource.replan_after_refusal(client, observed, outcome.plan, outcome.failure)
        if replacement is None:
            return None
        outcome.state = None
        if params.get("expect_plan"):
            raise PveError(
                DRIFTED,
                f"The plan can't be applied any more: {outcome.failure} Nothing was changed.",
                "Look at the new plan in check mode and decide again.",
            )
        outcome.plan = resource.plan(replacement, params)
    except PveError as error:
        outcome.failure, outcome.state = error, None
        return None
    outcome.target, outcome.failure, outcome.upids = resource.target(replacement), None, []
    confirm_plan(client, resource, replacement, outcome)
    return replacement if outcome.failure is None else None


def _apply(
    client: Client, resource: Resource[Observed], observed: Observed, plan: Plan, outcome: Outcome, timeout: int
) -> None:
    # A restart ends in the state that it began in, which proves nothing.
    reaching_counts = resource.shared_goal and plan.before != plan.after

    def is_reached() -> bool:
        return plan.before != plan.after and resource.is_reached(plan, resource.read_state(client, observed, plan))

    deadline = 0.0
    try:
        for step in plan.steps:
            prepared = resource.prepare_step(client, step)
            if prepared is None:
                outcome.steps_done += resource.counts_unneeded
                continue
            deadline = time.monotonic() + timeout + step.grace
            send = partial(resource.send, client, observed, prepared, outcome)
            goal = Goal(is_reached, reaching_counts, len(plan.steps) == 1, resource.needs_answer(step))
            if not _apply_step(client, prepared, outcome, deadline, goal, send):
                break
            outcome.steps_done += 1
            resource.finish_step(client, prepared, outcome, deadline)
    except PveError as error:
        outcome.failure = error
        if not outcome.has_sent and error.code in (DRIFTED, DIGEST_CONFLICT):
            return
        # The result still says what became of the target, but nothing is waited for.
        deadline = 0.0
    if resource.settle_seconds is not None:
        deadline = min(deadline, time.monotonic() + resource.settle_seconds)
    try:
        outcome.state = _settle(client, resource, observed, plan, deadline)
        outcome.facts |= resource.extra_facts(observed, plan, client)
    except PveError as error:
        outcome.failure = outcome.failure or error
        return
    has_reached = resource.is_reached(plan, outcome.state)
    if outcome.failure is None and not has_reached:
        outcome.failure = _build_failure(resource, plan, outcome)
    elif outcome.unknown and reaching_counts and has_reached:
        # What the request was for has come about, whatever became of its answer or of its task's end.
        outcome.warnings.append(str(outcome.failure))
        outcome.steps_done += 1
        outcome.failure = None
    elif _has_task_failed(outcome) and reaching_counts and has_reached:
        found = f"It is {_describe_state(outcome.state, outcome.state)} by now"
        if outcome.failure.has_timed_out:
            outcome.warnings.append(f"{outcome.failure} {found}: the task only timed out while that came about.")
            outcome.steps_done += 1
        else:
            outcome.warnings.append(f"{outcome.failure} {found}: somebody else did it.")
        outcome.failure = None


def _has_task_failed(outcome: Outcome) -> bool:
    return outcome.failure is not None and outcome.failure.code == TASK_FAILED


def _settle(
    client: Client, resource: Resource[Observed], observed: Observed, plan: Plan, deadline: float
) -> dict[str, Any]:
    """The target's state, once it is the plan's or C(time.monotonic()) reaches I(deadline).

    A reboot and the HA manager go on after the task that was asked for them has ended.
    """
    delays, limit = poll_delays(), deadline - time.monotonic()
    label = Outcome(resource.target(observed)).label
    with Wait(f"{label} to be as wished, now that all requests are done", limit) as wait:
        while True:
            state = resource.read_state(client, observed, plan)
            remaining = deadline - time.monotonic()
            if resource.is_reached(plan, state) or remaining <= 0 or _find_final_keys(resource, plan, state):
                return state
            wait.note()
            time.sleep(min(next(delays), remaining))


def _find_differing_keys(plan: Plan, state: dict[str, Any]) -> list[str]:
    return [key for key in {**plan.after, **state} if plan.after.get(key) != state.get(key)]


def _find_final_keys(resource: Resource[Observed], plan: Plan, state: dict[str, Any]) -> list[str]:
    """The keys whose values are not the wished ones and stay as they are; none where the target itself is not there."""
    late, differing = resource.late_keys, _find_differing_keys(plan, state)
    return [] if late is None or "exists" in differing else [key for key in differing if key not in late]


def _build_failure(resource: Resource[Observed], plan: Plan, outcome: Outcome) -> PveError:
    """Why the state is not the wished one, though every request has succeeded."""
    final_keys = _find_final_keys(resource, plan, outcome.state)
    if final_keys:
        return _came_back_error(outcome, final_keys)
    if resource.settle_seconds == 0:
        return _changed_meanwhile_error(outcome)
    return _not_reached_error(outcome)


def _came_back_error(outcome: Outcome, keys: Sequence[str]) -> PveError:
    wished, found = outcome.plan.after, outcome.state
    pairs = [
        (name, _shorten(sent), _shorten(back))
        for key in keys
        for name, sent, back in _pair_values(key, wished.get(key), found.get(key))
    ]
    return PveError(
        INVALID_PARAMETER,
        f"Every request for {outcome.label} succeeded, but Proxmox VE made something else of it: "
        + "; ".join(f"{name} was sent as {sent} and came back as {back}" for name, sent, back in pairs)
        + ".",
        "Write it as it came back, if that is what you mean; the same value would come back so again, unless somebody "
        "else changed it meanwhile.",
        fields={name: f"came back as {back}" for name, _sent, back in pairs},
    )


def _shorten(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _pair_values(name: str, sent: Any, back: Any) -> Iterator[tuple[str, Any, Any]]:
    """The values that differ, by name; of mappings, those in them."""
    if not isinstance(sent, dict) or not isinstance(back, dict):
        yield name, sent, back
        return
    for key in {**sent, **back}:
        if sent.get(key) != back.get(key):
            yield from _pair_values(f"{name}.{key}", sent.get(key), back.get(key))


def _not_reached_error(outcome: Outcome) -> PveError:
    wished, found = outcome.plan.after, outcome.state
    differing = _find_differing_keys(outcome.plan, found)
    return PveError(
        TIMEOUT,
        f"Every request for {outcome.label} succeeded, but it did not reach {_describe_state(wished, differing)} in "
        f"time: it is {_describe_state(found, differing)}.",
        "A guest under HA is moved by the HA manager, which may take longer; look again, or raise timeout.",
    )


def _changed_meanwhile_error(outcome: Outcome) -> PveError:
    return PveError(
        DIGEST_CONFLICT,
        f"Every request for {outcome.label} succeeded, but what was read afterwards is not what was planned.",
        "Somebody else changed it meanwhile; run again to plan from what is there now.",
    )


def _describe_state(state: dict[str, Any], keys: Iterable[str]) -> str:
    return ", ".join(f"{key} {state.get(key)}" for key in keys)


def _apply_step(
    client: Client, step: Step, outcome: Outcome, deadline: float, goal: Goal, send: Callable[[], Any]
) -> bool:
    """Send one request and wait for its task; wait for a locked guest until the deadline.

    Before the first request the guest is confirmed to be unchanged. Where the answer is lost, the task that it has
    started is looked for instead; the request is never sent twice.

    False when nothing is left to do: whoever held the lock has done it, or the request was received though its answer
    was lost.
    """
    while True:
        if outcome.guest is not None and not outcome.steps_done:
            confirm_unchanged(client, outcome.guest)
        try:
            upid = _send(client, step, outcome, deadline, goal, send)
            if upid is not None:
                wait_for_step(client, upid, outcome, deadline, step.grace)
            return not outcome.is_goal_reached
        except PveError as error:
            # A guest that is locked was not touched.
            outcome.has_sent = error.code != GUEST_LOCKED or outcome.steps_done > 0
            # A locked guest refused before anything was done, so sending again is safe.
            if error.code != GUEST_LOCKED or not wait_until_unlocked(client, step.path, deadline):
                raise
            if goal.counts and goal.is_reached():
                return False


def _send(
    client: Client, step: Step, outcome: Outcome, deadline: float, goal: Goal, send: Callable[[], Any]
) -> str | None:
    """Send one request; returns the UPID of its task, None where it has none."""
    sent = SentRequest(step.method, step.path, step.params, client.server_time)
    outcome.has_sent = True
    try:
        data = outcome.answer = send()
    except PveError as error:
        upid = find_out(client, step, sent, error, deadline, goal)
        what = f"The answer to {step.method} {step.path} was lost"
        if upid is not None:
            outcome.warnings.append(f"{what}; its task was found: {upid}")
            return upid
        outcome.steps_done += 1
        if goal.needs_answer:
            raise lost_secret_error(step, error) from error
        outcome.warnings.append(f"{what}, but what it was for has come about.")
        outcome.is_goal_reached = True
        return None
    if step.task and data == "OK":
        raise _nothing_done_error(step)
    return data if step.task and is_upid(data) else None


def wait_for_step(client: Client, upid: str, outcome: Outcome, deadline: float, grace: int = 0) -> None:
    """Wait for a task that a step has started; the outcome takes its UPID and warnings. Raises as L(wait_for_task)."""
    outcome.upids.append(upid)
    client.known_upids.add(upid)
    write_journal(upid)
    outcome.warnings.extend(wait_for_task(client, upid, deadline, grace).warnings)


def _nothing_done_error(step: Step) -> PveError:
    # vzdump answers this instead of a UPID on a node that has none of the guests.
    return PveError(
        NOT_FOUND,
        f"{step.method} {step.path} was accepted, but there was nothing to do: the guest is not on that node.",
        "It was moved since it was looked up; run again.",
    )
