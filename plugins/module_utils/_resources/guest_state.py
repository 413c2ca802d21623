# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource behind pve_guest_state: whether guests run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._api.client import Client
from .._api.errors import NOT_FOUND, UNSUPPORTED, PveError
from .._api.tasks import Upid
from .._cluster.ha_moves import given_up_error
from .._cluster.ha_starts import REQUEST_TYPE, find_place, wait_for_start
from .._guest.lookup import find_guests_to_change
from .._guest.power import UNKNOWN, Power, observe_power, read_power
from .._guest.selection import guests_spec
from .._module.options import applying_spec
from .._module.plan import Plan, Step
from .._run.resource import GuestResource, Outcome

# The API actions that lead from a power state to a desired state; a missing power state has no clean way there.
ACTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "started": {"running": (), "stopped": ("start",), "paused": ("resume",), "hibernated": ("start",)},
    "stopped": {"running": ("shutdown",), "stopped": (), "hibernated": ()},
    "restarted": {"running": ("reboot",), "stopped": ("start",), "hibernated": ("start",)},
    "suspended": {"running": ("suspend",), "paused": ()},
    "hibernated": {"running": ("hibernate",), "paused": ("hibernate",), "hibernated": ()},
    "resumed": {"running": (), "paused": ("resume",), "hibernated": ("start",)},
    "reset": {"running": ("reset",)},
}
FORCED = {"restarted": {"running": ("shutdown", "start")}}
# The actions with force where there is no clean way.
HARD = {"stopped": ("stop",), "restarted": ("stop", "start")}
# The actions that Proxmox VE leaves to the HA manager for guests under HA.
BY_HA = {"start", "stop", "shutdown"}
# The desired states, and the power state that each leads to.
POWER_STATES = {
    "started": "running",
    "stopped": "stopped",
    "restarted": "running",
    "suspended": "paused",
    "hibernated": "hibernated",
    "resumed": "running",
    "reset": "running",
}


class GuestState(GuestResource[Power]):
    shared_goal = True

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[Power]:
        harmless = params["state"] in ("started", "resumed")
        inventory, guests = find_guests_to_change(client, params, everywhere=not harmless)
        return observe_power(client, inventory, guests)

    def plan(self, observed: Power, params: dict[str, Any]) -> Plan:
        if observed.problem:
            raise observed.problem
        desired, force = params["state"], params["force"]
        _refuse_impossible(observed, desired, force)
        actions = ACTIONS[desired].get(observed.state)
        if force and observed.state != UNKNOWN:
            hard = HARD.get(desired) if actions is None else actions
            actions = FORCED.get(desired, {}).get(observed.state, hard)
        if actions is None:
            raise _no_action_error(observed, desired)
        if observed.guest.hastate == "error" and set(actions) & BY_HA:
            raise given_up_error(observed.guest)
        return Plan(
            target=self.target(observed),
            steps=tuple(_build_step(observed, action, params) for action in actions),
            before={"state": observed.state},
            after={"state": POWER_STATES[desired] if actions else observed.state},
        )

    def finish_step(self, client: Client, step: Step, outcome: Outcome, deadline: float) -> None:
        request = Upid.parse(outcome.upids[-1]) if outcome.upids else None
        if request is not None and request.type == REQUEST_TYPE:
            # Another node than it was on is where it is from now on.
            outcome.facts["node"] = wait_for_start(client, outcome.guest, request, outcome, deadline).node

    def read_state(self, client: Client, observed: Power, plan: Plan) -> dict[str, Any]:
        try:
            return {"state": read_power(client, observed.guest)}
        except PveError as error:
            # The HA manager may start a guest on another node.
            place = find_place(client, observed.guest) if error.code == NOT_FOUND else observed.guest
            if place.node == observed.guest.node:
                raise
            return {"state": read_power(client, place)}


def _refuse_impossible(observed: Power, desired: str, force: bool) -> None:
    guest = observed.guest
    if guest.template and desired != "stopped":
        raise PveError(
            UNSUPPORTED,
            f"Guest {guest.label} is a template and can't be {desired}.",
            "Clone it and start the clone.",
        )
    if guest.type == "lxc" and desired in ("suspended", "hibernated", "reset"):
        raise PveError(
            UNSUPPORTED,
            f"Guest {guest.label} is a container, which can't be {desired} on Proxmox VE.",
            "Stop it instead.",
        )
    under_ha = guest.hastate not in (None, "ignored")
    if under_ha and desired == "hibernated":
        raise PveError(
            UNSUPPORTED,
            f"Guest {guest.label} is managed by HA, and Proxmox VE hibernates no such guest.",
            "Suspend or stop it instead, or take it out of HA first.",
        )
    if under_ha and desired == "restarted" and force:
        raise PveError(
            UNSUPPORTED,
            f"Guest {guest.label} is managed by HA, which answers a stop before it happens; it can't be restarted "
            "by force.",
            "Restart it without force, or stop and start it in two tasks.",
        )


def _no_action_error(observed: Power, desired: str) -> PveError:
    hints = {
        ("stopped", "paused"): "Resume it first, or set force to stop it hard.",
        ("restarted", "paused"): "Resume it first, or set force to stop it hard and start it.",
        ("suspended", "stopped"): "Start it first.",
        ("suspended", "hibernated"): "Start it first.",
        ("hibernated", "stopped"): "Start it first.",
        ("resumed", "stopped"): "Use state started.",
        ("reset", "paused"): "Resume it first.",
        ("reset", "stopped"): "Use state started.",
        ("reset", "hibernated"): "Use state started.",
    }
    label = observed.guest.label
    if (desired, observed.state) in (("stopped", "paused"), ("restarted", "paused")):
        text = f"Guest {label} is paused and can't shut down cleanly."
    else:
        text = f"Guest {label} is {observed.state} and can't be {desired}."
    return PveError(UNSUPPORTED, text, hints.get((desired, observed.state), "Look at it and its node in Proxmox VE."))


def _build_step(observed: Power, action: str, params: dict[str, Any]) -> Step:
    limit = params["shutdown_timeout"] if action in ("shutdown", "reboot") else 0
    options: dict[str, Any] = {"timeout": limit} if limit else {}
    if action == "shutdown" and params["force"]:
        options["forceStop"] = 1
    if action == "hibernate":
        action, options = "suspend", {"todisk": 1}
    why = f"it is {observed.state}, and {params['state']} is asked for"
    return Step("POST", f"{observed.guest.path}/status/{action}", why, options, grace=limit)


# What AnsibleModule checks between the options.
RULES: dict[str, Any] = {
    "mutually_exclusive": [("vmid", "guests"), ("name", "guests")],
    "required_one_of": [("vmid", "name", "guests")],
}


def argument_spec() -> dict[str, Any]:
    return {
        **guests_spec(),
        **applying_spec(),
        "state": {
            "type": "str",
            "choices": list(POWER_STATES),
            "required": True,
        },
        "shutdown_timeout": {"type": "int", "default": 180},
        "force": {"type": "bool", "default": False},
    }
