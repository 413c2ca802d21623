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

from .._api.errors import TASK_FAILED, TIMEOUT, UNSUPPORTED, PveError
from .._api.tasks import poll_delays
from .._api.waits import Wait
from .._guest.agent import api_text_to_bytes, bytes_to_result, require_qemu, wait_for_exit
from .._guest.guest import Guest
from .._guest.lookup import find_guests_to_change
from .._module.plan import Plan, Step
from .._run.resource import GuestResource, Outcome

if TYPE_CHECKING:
    from .._api.client import Client

# A command that fails may succeed a little later: what it asks about is still starting.
_TRIES = 3
# Bytes of what a command wrote that a result shows.
_SHOWN = 2000
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
            raise PveError(UNSUPPORTED, "command of health is empty.", "Give the program and each of its arguments.")
        steps = [Step("POST", f"{guest.path}/agent/ping", "its agent has to answer", task=False, grace=limit)]
        if params["command"]:
            why = f"it has to succeed, at try {{}} of {_TRIES} at the latest"
            command = {"command": list(params["command"])}
            path = f"{guest.path}/agent/exec"
            steps += [
                Step("POST", path, why.format(number), command, task=False, grace=limit)
                for number in range(1, _TRIES + 1)
            ]
        return Plan(self.target(observed), tuple(steps), {"healthy": False}, {"healthy": True})

    def read_state(self, client: Client, observed: Gate, plan: Plan) -> dict[str, Any]:
        return {"healthy": self._is_passed}

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
        outcome.facts["health"] = _describe_exit(status, self._tries)
        self._is_passed = not int(status.get("exitcode") or 0) and status.get("signal") is None
        if not self._is_passed:
            remaining = until - time.monotonic()
            if self._tries == _TRIES or remaining <= 0:
                raise _unhealthy_error(guest, step, outcome.facts["health"])
            time.sleep(remaining / (_TRIES - self._tries + 1))


def _describe_exit(status: dict[str, Any], tries: int) -> dict[str, Any]:
    shown = {
        name: bytes_to_result(api_text_to_bytes(status.get(key)), "utf-8", _SHOWN)[0]
        for name, key in (("stdout", "out-data"), ("stderr", "err-data"))
    }
    return {"tries": tries, "exitcode": status.get("exitcode"), "signal": status.get("signal"), **shown}


def _silent_error(guest: Guest, limit: int, error: PveError) -> PveError:
    return PveError(
        TIMEOUT,
        f"The agent of guest {guest.label} did not answer within {limit} seconds: {error.message}",
        "See whether the guest has booted, and whether its agent is installed and running.",
    )


def _unhealthy_error(guest: Guest, step: Step, found: dict[str, Any]) -> PveError:
    how = f"signal {found['signal']}" if found["signal"] is not None else f"exit code {found['exitcode']}"
    return PveError(
        TASK_FAILED,
        f"The health of guest {guest.label} is not as asked for: {step.params['command'][0]} ended with {how}, "
        f"{found['tries']} times.",
        "health of the guest in the result has what it wrote; the guests after it were left as they are.",
    )
