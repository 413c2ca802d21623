# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait for the HA manager to start a guest: on which node is its choice, and it may give up."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from .._api.client import segment
from .._api.errors import NODE_OFFLINE, NOT_FOUND, TIMEOUT, UNREACHABLE, PveError
from .._api.tasks import Upid, poll_delays
from .._api.waits import Wait
from .._guest.power import RUNNING, read_power
from .._run.apply import wait_for_step
from .ha_moves import given_up_error

if TYPE_CHECKING:
    from .._api.client import Client
    from .._guest.guest import Guest
    from .._run.resource import Outcome

REQUEST_TYPE = "hastart"
# The HA manager's own tasks, by the type of the guest.
_TASK_TYPES = {"qemu": "qmstart", "lxc": "vzstart"}
# What a guest answers that is being moved, or whose node is not there for a while.
_AWAY = (NODE_OFFLINE, NOT_FOUND, TIMEOUT, UNREACHABLE)


def wait_for_start(client: Client, guest: Guest, request: Upid, outcome: Outcome, deadline: float) -> Guest:
    """Wait until the guest runs, or C(time.monotonic()) reaches I(deadline); returns it where it is by then.

    Raises why it could not be started once the manager has given up.
    """
    delays = poll_delays()
    with Wait(f"{guest.label} to be started by the HA manager", deadline - time.monotonic()) as wait:
        while True:
            guest, hastate = _find(client, guest)
            if hastate == "error":
                raise _failed_start_error(client, guest, request, outcome, deadline)
            remaining = deadline - time.monotonic()
            if _is_running(client, guest) or remaining <= 0:
                return guest
            wait.note()
            time.sleep(min(next(delays), remaining))


def find_place(client: Client, guest: Guest) -> Guest:
    """The guest on the node where it is now."""
    return _find(client, guest)[0]


def _find(client: Client, guest: Guest) -> tuple[Guest, str | None]:
    entries = client.get("/cluster/resources", type="vm")
    entry = next((entry for entry in entries if entry["vmid"] == guest.vmid), {})
    return replace(guest, node=entry.get("node", guest.node)), entry.get("hastate")


def _is_running(client: Client, guest: Guest) -> bool:
    try:
        return read_power(client, guest) == RUNNING
    except PveError as error:
        if error.code not in _AWAY:
            raise
        return False


def _failed_start_error(client: Client, guest: Guest, request: Upid, outcome: Outcome, deadline: float) -> PveError:
    """The error of the last start that failed; who sees no tasks of others learns only that there is none to come."""
    given_up = given_up_error(guest)
    filters = {"vmid": guest.vmid, "typefilter": _TASK_TYPES[guest.type], "since": request.started_at, "errors": 1}
    failed = client.get(f"/nodes/{segment(guest.node)}/tasks", **filters)
    if not failed:
        return given_up
    try:
        wait_for_step(client, failed[0]["upid"], outcome, deadline)
    except PveError as error:
        return replace(error, message=f"{error.message} {given_up.message}", hint=given_up.hint)
    return given_up
