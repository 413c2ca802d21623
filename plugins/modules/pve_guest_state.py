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

from ..module_utils._module.module import PveModule
from ..module_utils._resources.guest_state import RULES, GuestState, argument_spec
from ..module_utils._run.runner import run_plans


def main() -> None:
    module = PveModule(argument_spec=argument_spec(), **RULES)
    run_plans(module, GuestState())


if __name__ == "__main__":
    main()
