# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Health: the gate that a guest has to pass before the next ones change: its agent answers, a command succeeds."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._api.errors import INVALID_PARAMETER, TASK_FAILED, TIMEOUT, PveError
from .._api.tasks import poll_delays
from .._api.waits import Wait
from .._guest.agent import require_qemu, wait_for_exit
from .._guest.guest import Guest
from .._guest.lookup import find_guests_to_change
from .._module.plan import Plan, Step
from .._run.resource import GuestResource, Outcome

if TYPE_CHECKING:
    from .._api.client import Client

# A command that fails may succeed a little later: what it asks about is still starting.
_TRIES = 3
_NOT_THERE_YET = re.compile(r"agent is not running|not running|got timeout", re.IGNORECASE)


@dataclass(frozen=True)
class Gate:
    """A guest whose health is asked for."""

    guest: Guest


class Health(GuestResource[Gate]):
    """The gate of one guest. Its options are C(agent), C(command) and C(timeout), in seconds."""

    settle_seconds = 0.0

    def __init__(self) -> None:
        self._tries = 0
        self._is_passed = False
        self._deadline: float | None = None

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[Gate]:
        dummy, guests = find_guests_to_change(client, params)
        return [Gate(guest) for guest in guests]

    def plan(self, observed: Gate, params: dict[str, Any]) -> Plan:
        guest, limit = observed.guest, params["timeout"]
        require_qemu(guest)
        if params["command"] is not None and not (params["command"] and params["command"][0]):
            raise PveError(
                INVALID_PARAMETER, "command of health is empty.", "Give the program and each of its arguments."
            )
        steps = [Step("POST", f"{guest.path}/agent/ping", "its agent has to answer", task=False, grace=limit)]
        if params["command"]:
            why = f"it has to succeed, at try {{}} of {_TRIES} at the latest"
            command = {"command": list(params["command"])}
            path = f"{guest.path}/agent/exec"
            steps += [
                Step("POST", path, why.format(number), command, task=False, grace=limit)
                for number in range(1, _TRIES + 1)
            ]
        return Plan(self.target(observed), tuple(steps))

    def read_state(self, client: Client, observed: Gate, plan: Plan) -> dict[str, Any]:
        return {}

    def prepare_step(self, client: Client, step: Step) -> Step | None:
        return None if self._is_passed else step

    def send(self, client: Client, observed: Gate, step: Step, outcome: Outcome) -> Any:
        """Ask until the guest answers: one that refuses has not been asked."""
        if self._deadline is None:
            self._deadline = time.monotonic() + step.grace
        delays = poll_delays()
        with Wait(f"the agent of guest {observed.guest.label}", self._deadline - time.monotonic()) as wait:
            while True:
                try:
                    return super().send(client, observed, step, outcome)
                except PveError as error:
                    remaining = self._deadline - time.monotonic()
                    if error.is_unknown or not _NOT_THERE_YET.search(error.message):
                        raise
                    if remaining <= 0:
                        raise _silent_error(observed.guest, step.grace, error) from error
                    wait.note()
                    time.sleep(min(next(delays), remaining))

    def finish_step(self, client: Client, step: Step, outcome: Outcome, deadline: float) -> None:
        has_command = any(other.path.endswith("/exec") for other in outcome.plan.steps)
        if step.path.endswith("/ping"):
            self._is_passed = not has_command
            return
        guest, until = Guest(**outcome.target, status="running"), self._deadline or deadline
        status = wait_for_exit(client, guest, int(outcome.answer["pid"]), until)
        self._tries += 1
        exitcode, signal = int(status.get("exitcode") or 0), status.get("signal")
        self._is_passed = signal is None and exitcode == 0
        if not self._is_passed:
            remaining = until - time.monotonic()
            if self._tries == _TRIES or remaining <= 0:
                how = f"exit code {exitcode}" if signal is None else f"signal {signal}"
                raise _unhealthy_error(guest, step, how, self._tries)
            time.sleep(remaining / (_TRIES - self._tries + 1))


def _silent_error(guest: Guest, limit: int, error: PveError) -> PveError:
    return PveError(
        TIMEOUT,
        f"The agent of guest {guest.label} did not answer within {limit} seconds: {error.message}",
        "See whether the guest has booted, and whether its agent is installed and running.",
    )


def _unhealthy_error(guest: Guest, step: Step, how: str, tries: int) -> PveError:
    return PveError(
        TASK_FAILED,
        f"Guest {guest.label} is not healthy: {step.params['command'][0]} ended with {how} at try {tries} of {_TRIES}.",
        "Run the command in the guest, as with pve_guest_exec, to see what it says.",
    )
