#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_guest_state
short_description: Bring QEMU and LXC guests of Proxmox VE to a power state
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Starts, stops, restarts, resets, suspends, hibernates or resumes one guest or many, and waits until they are there.
  - A guest that is in the wished state already is left alone.
  - In check mode it returns the plan, that is, the exact API requests it would send.
  - When several guests are chosen and one of them fails, the others are done all the same, and the task then fails
    naming it.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.guests
  - playvisor.proxmox.guests.selection
  - playvisor.proxmox.applying
  - playvisor.proxmox.attributes
options:
  state:
    description:
      - V(started) starts a stopped guest, resumes a paused one, and wakes a hibernated one.
      - V(stopped) shuts the guest down cleanly; a hibernated guest counts as stopped.
      - V(restarted) reboots a running guest cleanly and starts a stopped one. It always changes something.
      - V(suspended) pauses a running QEMU guest in memory. LXC can't do it.
      - V(hibernated) saves the memory of a running or paused QEMU guest to disk and stops it. LXC and guests under HA
        can't do it.
      - V(resumed) resumes a paused or hibernated QEMU guest.
      - V(reset) resets a running QEMU guest hard, as by its reset button. Data that the guest has not written may be
        lost. It always changes something. LXC can't do it.
    type: str
    choices: [started, stopped, restarted, suspended, hibernated, resumed, reset]
    required: true
  shutdown_timeout:
    description:
      - Seconds that a guest has for a clean shutdown. O(timeout) counts on top of that.
      - A guest that has not shut down by then keeps running, and the task fails, unless O(force=true). The HA manager
        stops a guest of its own hard then.
    type: int
    default: 180
  force:
    description:
      - Pull the plug of a guest that does not shut down. It has O(shutdown_timeout) for that, unless it can't shut down
        because it is paused. Data that the guest has not written may be lost.
    type: bool
    default: false
notes:
  - A guest under HA is started and stopped by the HA manager, which is waited for up to O(timeout).
  - Each guest has requests of its own. The bulk requests of Proxmox VE are not used, since their one task for all
    guests reports the outcome for each only in its log.
  - In a O(guests) selection, templates are left out unless O(guests.vmids) names them or O(guests.templates=true).
seealso:
  - module: playvisor.proxmox.pve_guest_info
"""

EXAMPLES = r"""
- name: Start one guest
  playvisor.proxmox.pve_guest_state:
    name: web-01
    state: started

- name: Shut down all guests that carry a tag, twenty at a time, and pull the plug after two minutes
  playvisor.proxmox.pve_guest_state:
    guests:
      tags: [staging]
    state: stopped
    shutdown_timeout: 120
    force: true
    throttle: 20

- name: Look at what a reboot would do
  playvisor.proxmox.pve_guest_state:
    vmid: 101
    state: restarted
  check_mode: true
  register: reboot

- name: Do exactly that, or nothing
  playvisor.proxmox.pve_guest_state:
    vmid: 101
    state: restarted
    expect_plan: "{{ reboot.plan.digest }}"
"""

RETURN = r"""
guests:
  description: The chosen guests and what happened to each, by vmid.
  returned: when the guests could be looked up
  type: list
  elements: dict
  contains:
    vmid:
      description: Id of the guest.
      type: int
      returned: always
      sample: 101
    name:
      description: Name of the guest.
      type: str
      returned: always
      sample: web-01
    node:
      description: Node that the guest is on.
      type: str
      returned: always
      sample: pve1
    type:
      description: V(qemu) or V(lxc).
      type: str
      returned: always
      sample: qemu
    before:
      description:
        - Power state before, V(running), V(paused), V(stopped), V(hibernated), V(unknown), or QEMU's own word for a
          guest that neither runs nor can be resumed.
      type: dict
      returned: always
      sample: {state: running}
    after:
      description: Power state after, read back; in check mode the one that is expected. Empty when unknown.
      type: dict
      returned: always
      sample: {state: stopped}
    changed:
      description: Whether this guest was changed, or would be.
      type: bool
      returned: always
    upids:
      description: The tasks of Proxmox VE that did it.
      type: list
      elements: str
      returned: always
    unknown:
      description: True when it can't be known whether it was changed, as the answer to a request was lost.
      type: bool
      returned: when it is unknown
    failure:
      description: Why this guest failed, as RV(failure); null when it did not.
      type: dict
      returned: always
plan:
  description: What brings the guests to the wished state.
  returned: when the guests could be looked up
  type: dict
  contains:
    digest:
      description: Names this plan; give it as O(expect_plan) to apply this plan or nothing.
      type: str
      returned: always
    steps:
      description: The API requests in order, each with the guest it is for and why.
      type: list
      elements: dict
      returned: always
      sample:
        - vmid: 101
          name: web-01
          node: pve1
          type: qemu
          method: POST
          path: /nodes/pve1/qemu/101/status/shutdown
          params: {timeout: 180}
          task: true
          why: it is running
upids:
  description: All tasks of Proxmox VE that were started.
  returned: when the guests could be looked up
  type: list
  elements: str
  sample: ["UPID:pve1:000003FE:00089254:6B00E968:qmshutdown:101:ops@pve!ansible:"]
unknown:
  description: True when it can\'t be known what became of a request; RV(failure) says which, and how to find out.
  returned: when it is unknown
  type: bool
failure:
  description: Why the task failed.
  returned: failure
  type: dict
  contains:
    code:
      description:
        - One of V(auth_failed), V(permission_denied), V(not_found), V(ambiguous), V(invalid_parameter),
          V(guest_locked), V(digest_conflict), V(task_failed), V(timeout), V(node_offline), V(no_quorum),
          V(tls_untrusted), V(unreachable), V(drifted), V(protected), V(unsupported).
      type: str
      returned: always
    message:
      description: What was asked and what was found.
      type: str
      returned: always
    hint:
      description: What to do next.
      type: str
      returned: always
    http_status:
      description: Status of the API's answer, if there was one.
      type: int
      returned: always
    fields:
      description: Parameters that the API refused, with its words.
      type: dict
      returned: always
    task_log:
      description: Last lines of the log of a task that failed.
      type: list
      elements: str
      returned: always
"""

from collections.abc import Sequence
from typing import Any

from ..module_utils._api.client import Client
from ..module_utils._api.errors import NOT_FOUND, UNSUPPORTED, PveError
from ..module_utils._api.tasks import Upid
from ..module_utils._cluster.ha_moves import given_up_error
from ..module_utils._cluster.ha_starts import REQUEST_TYPE, find_place, wait_for_start
from ..module_utils._guest.lookup import find_guests_to_change
from ..module_utils._guest.power import UNKNOWN, Power, observe_power, read_power
from ..module_utils._guest.selection import guests_spec
from ..module_utils._module.module import PveModule
from ..module_utils._module.options import applying_spec
from ..module_utils._module.plan import Plan, Step
from ..module_utils._run.resource import GuestResource, Outcome
from ..module_utils._run.runner import run_plans

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


def main() -> None:
    module = PveModule(
        argument_spec={
            **guests_spec(),
            **applying_spec(),
            "state": {
                "type": "str",
                "choices": list(POWER_STATES),
                "required": True,
            },
            "shutdown_timeout": {"type": "int", "default": 180},
            "force": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("vmid", "guests"), ("name", "guests")],
        required_one_of=[("vmid", "name", "guests")],
    )
    run_plans(module, GuestState())


if __name__ == "__main__":
    main()
