#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_pool
short_description: Manage resource pools of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Creates, changes and deletes a pool, and says which guests and storages are in it.
  - In check mode it returns the plan, that is, the exact API requests it would send.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes
options:
  pool:
    description: Name of the pool; V(parent/child) for a pool inside another one.
    type: str
    required: true
  state:
    description: V(absent) deletes the pool, whose members stay but are in no pool then. A pool that holds others stays.
    type: str
    choices: [present, absent]
    default: present
  comment:
    description: Comment of the pool. It stays as it is when this is not given.
    type: str
  vmids:
    description: Guests that are to be in the pool. They stay as they are when this is not given.
    type: list
    elements: int
  storages:
    description: Storages that are to be in the pool. They stay as they are when this is not given.
    type: list
    elements: str
  purge:
    description: Also take out of the pool what O(vmids) or O(storages), where given, do not name.
    type: bool
    default: false
  move:
    description: Take guests out of the pool that they are in now. Otherwise a guest of another pool is a failure.
    type: bool
    default: false
  timeout:
    description: Seconds to wait; Proxmox VE changes pools at once.
    type: int
    default: 300
  expect_plan:
    description:
      - Digest of a plan, as returned in RV(plan.digest) by a run in check mode.
      - If the plan would be another one by now, the task fails with C(failure.code=drifted) and changes nothing.
    type: str
"""

EXAMPLES = r"""
- name: Put exactly these guests into a pool
  playvisor.proxmox.pve_pool:
    pool: production
    comment: What earns the money
    vmids: [101, 102]
    purge: true
"""

RETURN = r"""
pools:
  description: The pool and what happened to it.
  returned: when the pool could be looked up
  type: list
  elements: dict
  contains:
    pool:
      description: Name of the pool.
      type: str
      returned: always
      sample: production
    before:
      description: Whether it existed, its comment and its members.
      type: dict
      returned: always
      sample: {exists: false, comment: '', vmids: [], storages: []}
    after:
      description: The same after, read back; in check mode as it is expected. Empty when unknown.
      type: dict
      returned: always
      sample: {exists: true, comment: '', vmids: [101, 102], storages: []}
    changed:
      description: Whether it was changed, or would be.
      type: bool
      returned: always
    upids:
      description: Always empty; Proxmox VE starts no tasks for pools.
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
  description: What brings the pool to the wished state.
  returned: when the pool could be looked up
  type: dict
  contains:
    digest:
      description: Names this plan; give it as O(expect_plan) to apply this plan or nothing.
      type: str
      returned: always
    steps:
      description: The API requests in order.
      type: list
      elements: dict
      returned: always
upids:
  description: Always empty; Proxmox VE starts no tasks for pools.
  returned: when the pool could be looked up
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

from ..module_utils._module.module import PveModule
from ..module_utils._resources.pool import Pools, argument_spec
from ..module_utils._run.runner import run_plans


def main() -> None:
    module = PveModule(argument_spec=argument_spec())
    run_plans(module, Pools(module.params["pool"]))


if __name__ == "__main__":
    main()
