# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait for the HA manager to move a guest: the task that asks it to ends long before that begins."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._api.client import segment
from .._api.errors import NODE_OFFLINE, NOT_FOUND, TIMEOUT, UNREACHABLE, UNSUPPORTED, PveError
from .._api.tasks import Upid, poll_delays
from .._api.waits import Wait
from .._run.apply import wait_for_step

if TYPE_CHECKING:
    from .._api.client import Client
    from .._guest.guest import Guest
    from .._run.resource import Outcome

REQUEST_TYPE = "hamigrate"
# The HA manager's own tasks, by the type of the guest.
_TASK_TYPES = {"qemu": "qmigrate", "lxc": "vzmigrate"}
# The manager's rounds take 10 s each, and a request waits for two of them.
_BEGIN_SECONDS = 40.0
# What a node that is not there for a while answers.
_AWAY = (NODE_OFFLINE, TIMEOUT, UNREACHABLE)


@dataclass(frozen=True)
class HaMove:
    """A guest that the HA manager was asked to move, by the task I(request); I(running): it runs before and after."""

    guest: Guest
    target: str
    running: bool
    request: Upid


def wait_for_move(client: Client, move: HaMove, outcome: Outcome, deadline: float) -> None:
    """Wait until the guest is on its target, unlocked and as it was, or C(time.monotonic()) reaches I(deadline).

    The manager's own task is waited for like one of the outcome's. Who has no Sys.Audit on the node does not see it:
    then only the guest is looked at. Raises the failure of that task, C(timeout), or C(unsupported) where the manager
    has given up.
    """
    upid, delays, goal = None, poll_delays(), f"{move.guest.label} to be moved to {move.target} by the HA manager"
    with Wait(goal, deadline - time.monotonic()) as wait:
        while True:
            if upid is None:
                upid = _find_task(client, move)
                if upid is not None:
                    wait_for_step(client, upid, outcome, deadline)
            lacking = _describe_lack(client, move)
            if lacking is None:
                return
            if upid is not None:
                _require_managed(client, move.guest)
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise PveError(
                    TIMEOUT,
                    f"HA was asked to move guest {move.guest.label} to {move.target}, but {lacking} by now.",
                    "The request was not taken back: look again, or run again with a larger timeout.",
                )
            wait.note()
            time.sleep(min(next(delays), remaining))


def was_moved_along(client: Client, guest: Guest, target: str) -> bool:
    """Wait for the manager to move a guest along with another one; whether it has, or does not begin to."""
    delays, limit = poll_delays(), time.monotonic() + _BEGIN_SECONDS
    with Wait(f"{guest.label} to be moved along to {target} by the HA manager", _BEGIN_SECONDS) as wait:
        while True:
            entries = client.get("/cluster/resources", type="vm")
            entry = next((entry for entry in entries if entry["vmid"] == guest.vmid), {})
            is_moving = entry.get("lock") == "migrate" or entry.get("hastate") in ("migrate", "relocate")
            if entry.get("node") == target and not is_moving:
                return True
            if not is_moving and time.monotonic() >= limit:
                return False
            wait.note()
            time.sleep(next(delays))


def _find_task(client: Client, move: HaMove) -> str | None:
    """The manager's task, which runs on the node that the guest leaves; None where none can be seen (yet)."""
    path = f"/nodes/{segment(move.guest.node)}/tasks"
    filters = {"vmid": move.guest.vmid, "typefilter": _TASK_TYPES[move.guest.type], "since": move.request.started_at}
    try:
        return next((entry["upid"] for entry in client.get(path, source="all", **filters)), None)
    except PveError as error:
        if error.code not in _AWAY:
            raise
        return None


def _describe_lack(client: Client, move: HaMove) -> str | None:
    """What is not yet as it will be, for a sentence; None once the guest has arrived."""
    guest = move.guest
    try:
        status = client.get(f"/nodes/{segment(move.target)}/{guest.type}/{guest.vmid}/status/current")
    except PveError as error:
        if error.code not in (NOT_FOUND, *_AWAY):
            raise
        return "it is not there"
    if status.get("lock") == "migrate":
        return "it is still locked for that"
    if move.running and status["status"] != "running":
        return f"it is {status['status']}"
    return None


def _require_managed(client: Client, guest: Guest) -> None:
    """Raise C(unsupported) for a guest that the manager does nothing for any more."""
    entries = client.get("/cluster/resources", type="vm")
    if any(entry["vmid"] == guest.vmid and entry.get("hastate") == "error" for entry in entries):
        raise given_up_error(guest)


def given_up_error(guest: Guest) -> PveError:
    """The error for a guest in the manager's state C(error)."""
    return PveError(
        UNSUPPORTED,
        f"Guest {guest.label} is in state error of the HA manager, which does nothing for it any more.",
        "Repair what made it fail, then set its requested state to disabled and to started again (pve_ha).",
    )
