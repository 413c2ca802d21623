# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out what became of a request whose answer was lost: by the task that it started, or by what it was for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._api.errors import TASK_FAILED, PveError
from .._api.started_tasks import SentRequest, StartedTasks, find_started_tasks
from .._api.tasks import poll_delays

if TYPE_CHECKING:
    from .._api.client import Client
    from .._module.plan import Step

# How long after a lost answer a request is still looked for: Proxmox VE may be preparing its task.
LATE_SECONDS = 5.0


@dataclass(frozen=True)
class Goal:
    """What a plan is for, while one of its steps is applied. I(counts): it is reached no matter who brought it about.

    I(is_only_step): no other step could have brought it about. I(needs_answer): the answer to the step holds what can't
    be had again.
    """

    is_reached: Callable[[], bool]
    counts: bool
    is_only_step: bool = True
    needs_answer: bool = False


def find_out(client: Client, step: Step, sent: SentRequest, error: PveError, deadline: float, goal: Goal) -> str | None:
    """The UPID of the task that a request has started though I(error) came as its answer.

    None: its plan's goal is reached, so that it was done. Raises I(error) where the request was refused, and an error
    with C(is_unknown) where it can't be known whether it was done.
    """
    if error.is_unknown:
        return _look_until_late(client, step, sent, error, deadline, goal)
    if step.task and error.http_status == 500 and error.code == TASK_FAILED:
        # The status of every refusal, but the reason is none that is known.
        return _look_once(client, sent, error)
    raise error


def _look_until_late(
    client: Client, step: Step, sent: SentRequest, error: PveError, deadline: float, goal: Goal
) -> str | None:
    """Look for what a request has done until that is found, or nothing more can be expected."""
    late, delays = time.monotonic() + LATE_SECONDS, poll_delays()
    while True:
        found, problem = StartedTasks(), None
        try:
            if step.task:
                found = find_started_tasks(client, sent, client.known_upids)
                if len(found.certain) == 1:
                    return found.certain[0]
            if not found.certain and (goal.counts or (not step.task and goal.is_only_step)) and goal.is_reached():
                return None
        except PveError as exc:
            problem = exc
        may_pass = problem is not None and not problem.is_lasting
        is_late = time.monotonic() >= (deadline if may_pass else min(late, deadline))
        if is_late or len(found.certain) > 1:
            raise _unknown_error(step, error, found, problem)
        time.sleep(next(delays))


def _look_once(client: Client, sent: SentRequest, error: PveError) -> str:
    """The task of a request that seems to have been refused."""
    try:
        found = find_started_tasks(client, sent, client.known_upids).certain
    except PveError as problem:
        raise error from problem
    if len(found) == 1:
        return found[0]
    raise _unknown_error(sent, error, StartedTasks(found), None) if found else error


def lost_secret_error(step: Step, error: PveError) -> PveError:
    """The failure for a request that was done, and whose answer was needed."""
    return PveError(
        error.code,
        f"{step.method} {step.path} was done, but its answer was lost with the secret in it. ({error})",
        "Have another secret made: regenerate=always.",
        error.http_status,
    )


def _unknown_error(
    request: Step | SentRequest, error: PveError, found: StartedTasks, problem: PveError | None
) -> PveError:
    candidates = (*found.certain, *found.possible)
    if candidates:
        traces = f"one of these tasks may be its: {', '.join(candidates)}."
    elif problem is not None:
        traces = f"the cluster can't be asked: {problem}"
    else:
        traces = "nothing of it can be seen until now."
    return PveError(
        error.code,
        f"It is unknown whether {request.method} {request.path} was done: its answer was lost, and it may have been; "
        f"{traces} ({error})",
        "It was sent once and not again. Look at what it is about, and at the task list since then (list_tasks or "
        "pve_task_info), before you try again.",
        error.http_status,
        is_unknown=True,
    )
