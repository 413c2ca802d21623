#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_ha
short_description: Manage high availability of Proxmox VE guests
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Puts guests under the care of the HA manager, changes what it is to do with them, and takes them out of its care.
  - With O(rule) it manages a rule instead, that is, on which nodes guests run (node affinity), or which guests keep
    together or apart (resource affinity). Rules have taken the place of the HA groups of Proxmox VE 8.
  - Only the configuration is changed. The HA manager acts on it some 10 to 20 seconds later, and starts a guest that is
    to be started.
  - In check mode it returns the plan, that is, the exact API requests it would send.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.guests
  - playvisor.proxmox.guests.selection
  - playvisor.proxmox.applying
  - playvisor.proxmox.attributes
options:
  state:
    description:
      - V(present) puts the guests under HA, or makes O(rule); what is not given of an existing one stays as it is.
      - V(absent) takes the guests out of HA, and out of all rules, or deletes O(rule). The guests go on as they are.
    type: str
    choices: [present, absent]
    default: present
  request_state:
    description:
      - What the HA manager is to bring the guests to, V(started) for guests that are new to it.
      - V(stopped) guests are stopped, and recovered on another node all the same. V(disabled) ones are stopped and left
        where they are. V(ignored) ones are left alone.
    type: str
    choices: [started, stopped, disabled, ignored]
  max_restart:
    description: How often a start that failed is tried again on the same node; V(1) for guests that are new to HA.
    type: int
  max_relocate:
    description: How often a guest that fails to start is moved to another node; V(1) for guests that are new to HA.
    type: int
  failback:
    description:
      - Whether a guest moves back to a node of higher priority when that is online again; V(true) for guests that are
        new to HA.
    type: bool
  rule:
    description:
      - Name of a rule. O(vmid), O(name) or O(guests) then choose the guests that are in the rule, and no others; they
        must be under HA. They are needed to make a rule, stay as they are when not given, and are not given to delete
        one.
    type: str
  nodes:
    description:
      - Makes O(rule) one of node affinity, for these nodes and no others. Each may have a priority after a colon, such
        as V(pve1:2); guests run on those of the highest that are online.
    type: list
    elements: str
  strict:
    description: Whether the guests of a rule of node affinity stay down rather than run on any other node.
    type: bool
  affinity:
    description: Makes O(rule) one of resource affinity, whose guests run on one node (V(positive)) or each on its own.
    type: str
    choices: [positive, negative]
  disable:
    description: Whether O(rule) is without effect.
    type: bool
  comment:
    description: Comment of the guests' HA resources, or of O(rule). It stays as it is when this is not given.
    type: str
notes:
  - Proxmox VE asks for C(Sys.Console) on C(/) to change any of this.
  - In a O(guests) selection, templates are left out unless O(guests.vmids) names them or O(guests.templates=true).
seealso:
  - module: playvisor.proxmox.pve_cluster_info
  - module: playvisor.proxmox.pve_guest_state
  - module: playvisor.proxmox.pve_migrate
"""

EXAMPLES = r"""
- name: Keep all guests of the production pool running
  playvisor.proxmox.pve_ha:
    guests:
      pool: production
    request_state: started
    max_restart: 2

- name: Prefer pve1, then pve2, for the databases
  playvisor.proxmox.pve_ha:
    rule: databases-at-home
    guests:
      tags: [db]
    nodes: ['pve1:2', 'pve2:1']

- name: Never run both domain controllers on one node
  playvisor.proxmox.pve_ha:
    rule: controllers-apart
    guests:
      names: [dc-01, dc-02]
    affinity: negative

- name: Take a guest out of HA
  playvisor.proxmox.pve_ha:
    name: web-01
    state: absent
"""

RETURN = r"""
guests:
  description: The chosen guests and what happened to each, by vmid.
  returned: when the guests could be looked up, without O(rule)
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
      description: Whether it was under HA (C(managed)), and its HA resource; the defaults when it was not.
      type: dict
      returned: always
      sample:
        managed: false
        request_state: started
        max_restart: 1
        max_relocate: 1
        failback: true
        comment: ''
    after:
      description: The same after, read back; in check mode as it is expected. Empty when unknown.
      type: dict
      returned: always
      sample:
        managed: true
        request_state: started
        max_restart: 2
        max_relocate: 1
        failback: true
        comment: ''
    changed:
      description: Whether this guest was changed, or would be.
      type: bool
      returned: always
    upids:
      description: Always empty; Proxmox VE starts no tasks for this.
      type: list
      elements: str
      returned: always
    failure:
      description: Why this guest failed, as RV(failure); null when it did not.
      type: dict
      returned: always
rules:
  description: The rule and what happened to it.
  returned: when the rule could be looked up, with O(rule)
  type: list
  elements: dict
  contains:
    rule:
      description: Name of the rule.
      type: str
      returned: always
      sample: databases-at-home
    before:
      description:
        - Whether it existed, its C(type), the C(resources) in it (C(vm:) or C(ct:) and the vmid) and its other options.
      type: dict
      returned: always
      sample: {exists: false}
    after:
      description: The same after, read back; in check mode as it is expected. Empty when unknown.
      type: dict
      returned: always
      sample:
        exists: true
        type: node-affinity
        resources: ['vm:101']
        nodes: {pve1: 2, pve2: 1}
        strict: false
        disable: false
        comment: ''
    changed:
      description: Whether it was changed, or would be.
      type: bool
      returned: always
    upids:
      description: Always empty; Proxmox VE starts no tasks for this.
      type: list
      elements: str
      returned: always
    unknown:
      description: True when it can\'t be known whether it was changed, as the answer to a request was lost.
      type: bool
      returned: when it is unknown
    failure:
      description: Why it failed, as RV(failure); null when it did not.
      type: dict
      returned: always
plan:
  description: What brings HA to the wished state, with its C(digest) and C(steps).
  returned: when the guests or the rule could be looked up
  type: dict
  contains:
    digest:
      description: Names this plan; give it as O(expect_plan) to apply this plan or nothing.
      type: str
      returned: always
    steps:
      description: The API requests in order, each with the guest or rule it is for and why.
      type: list
      elements: dict
      returned: always
upids:
  description: Always empty; Proxmox VE starts no tasks for this.
  returned: when the guests or the rule could be looked up
  type: list
  elements: str
unknown:
  description: True when it can\'t be known what became of a request; RV(failure) says which, and how to find out.
  returned: when it is unknown
  type: bool
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

from ..module_utils._api.errors import INVALID_PARAMETER, PveError
from ..module_utils._module.module import PveModule
from ..module_utils._resources.ha import RULES, Resources, Rules, argument_spec
from ..module_utils._run.runner import run_plans


def main() -> None:
    module = PveModule(argument_spec=argument_spec(), **RULES)
    name = module.params["rule"]
    if name == "":
        module.fail(PveError(INVALID_PARAMETER, "rule is empty.", "Name the rule, or leave it out for the guests."))
    run_plans(module, Rules(name) if name else Resources())


if __name__ == "__main__":
    main()
