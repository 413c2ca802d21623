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

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..module_utils._access.pools import Pool, find_owners, read_pool
from ..module_utils._api.client import Client
from ..module_utils._api.errors import PROTECTED, PveError
from ..module_utils._checks.existing import Existing
from ..module_utils._module.module import PveModule
from ..module_utils._module.plan import Plan, Step
from ..module_utils._run.resource import Resource
from ..module_utils._run.runner import run_plans


class Pools(Resource[Pool]):
    noun = "pools"

    def __init__(self, name: str) -> None:
        self._name = name

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[Pool]:
        pool = read_pool(client, self._name)
        if params["state"] == "absent" and not pool.exists:
            client.notices += Existing(client).warn_of_hidden("pool", self._name)
        added = {*(params["vmids"] or ())}.difference(pool.vmids)
        return [replace(pool, owners=find_owners(client, added)) if added and not params["move"] else pool]

    def target(self, observed: Pool) -> dict[str, Any]:
        return {"pool": self._name}

    def plan(self, observed: Pool, params: dict[str, Any]) -> Plan:
        steps, after = plan_steps(self._name, observed, params)
        return Plan(self.target(observed), tuple(steps), observed.describe(), after.describe())

    def read_state(self, client: Client, observed: Pool, plan: Plan) -> dict[str, Any]:
        return read_pool(client, self._name).describe()


def plan_steps(name: str, pool: Pool, params: dict[str, Any]) -> tuple[list[Step], Pool]:
    """The requests that the options ask for, and the pool after them."""
    if params["state"] == "absent":
        return _plan_removal(name, pool)
    if pool.owners and not params["move"]:
        places = ", ".join(f"{vmid} in {owner}" for vmid, owner in sorted(pool.owners.items()))
        raise PveError(PROTECTED, f"These guests are in other pools: {places}.", "Set move to take them out of there.")
    steps = []
    comment = pool.comment if params["comment"] is None else params["comment"].strip()
    if not pool.exists:
        options = {"poolid": name, "comment": comment} if comment else {"poolid": name}
        steps.append(Step("POST", "/pools", "there is no such pool", options, task=False))
    elif comment != pool.comment:
        steps.append(Step("PUT", "/pools", "its comment differs", {"poolid": name, "comment": comment}, task=False))
    vmids = _choose_members(pool.vmids, params["vmids"], params)
    storages = _choose_members(pool.storages, params["storages"], params)
    added = _render_members(set(vmids) - set(pool.vmids), set(storages) - set(pool.storages))
    removed = _render_members(set(pool.vmids) - set(vmids), set(pool.storages) - set(storages))
    if added:
        options = {"poolid": name, **added, **({"allow-move": 1} if params["move"] else {})}
        steps.append(Step("PUT", "/pools", "these are not in it", options, task=False))
    if removed:
        why = "these are in it and not named"
        steps.append(Step("PUT", "/pools", why, {"poolid": name, **removed, "delete": 1}, task=False))
    return steps, replace(pool, exists=True, comment=comment, vmids=vmids, storages=storages)


def _plan_removal(name: str, pool: Pool) -> tuple[list[Step], Pool]:
    if not pool.exists:
        return [], pool
    if pool.inner:
        raise PveError(
            PROTECTED, f"In the pool {name} there are others: {', '.join(pool.inner)}.", "Delete them first."
        )
    steps = []
    members = _render_members(set(pool.vmids), set(pool.storages))
    if members:
        # Proxmox VE deletes empty pools only.
        why = "a pool must be empty to be deleted"
        steps.append(Step("PUT", "/pools", why, {"poolid": name, **members, "delete": 1}, task=False))
    steps.append(Step("DELETE", "/pools", "it exists, and absent is asked for", {"poolid": name}, task=False))
    return steps, Pool()


def _choose_members(present: tuple[Any, ...], named: list[Any] | None, params: dict[str, Any]) -> tuple[Any, ...]:
    if named is None:
        return present
    return tuple(sorted(set(named) if params["purge"] else {*present, *named}))


def _render_members(vmids: set[int], storages: set[str]) -> dict[str, str]:
    members = {"vms": ",".join(map(str, sorted(vmids))), "storage": ",".join(sorted(storages))}
    return {key: value for key, value in members.items() if value}


def main() -> None:
    module = PveModule(
        argument_spec={
            "pool": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "comment": {"type": "str"},
            "vmids": {"type": "list", "elements": "int"},
            "storages": {"type": "list", "elements": "str"},
            "purge": {"type": "bool", "default": False},
            "move": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 300},
            "expect_plan": {"type": "str"},
        },
    )
    run_plans(module, Pools(module.params["pool"]))


if __name__ == "__main__":
    main()
