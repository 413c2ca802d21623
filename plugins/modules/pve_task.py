#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_task
short_description: Stop tasks of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Stops tasks that run, such as a backup or a migration, and says how each of them ended. A task that has ended
    already is left alone.
  - Proxmox VE interrupts the task's worker, which cleans up after itself as far as it can. What the task had done until
    then stays.
  - In check mode it returns the plan, that is, the exact API requests it would send.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes
options:
  upids:
    description: UPIDs of the tasks.
    type: list
    elements: str
    required: true
  state:
    description: The state that the tasks are to be in.
    type: str
    choices: [stopped]
    default: stopped
  timeout:
    description: Seconds to wait for each task to end.
    type: int
    default: 60
  throttle:
    description: Number of tasks to stop at a time.
    type: int
    default: 10
  expect_plan:
    description:
      - Digest of a plan, as returned in RV(plan.digest) by a run in check mode.
      - If the plan would be another one by now, the task fails with C(failure.code=drifted) and changes nothing.
    type: str
"""

EXAMPLES = r"""
- name: Stop a migration that another task has started
  playvisor.proxmox.pve_task:
    upids: "{{ migration.upids }}"
"""

RETURN = r"""
tasks:
  description: The tasks and what happened to each, in the order of O(upids).
  returned: when O(upids) are UPIDs
  type: list
  elements: dict
  contains:
    upid:
      description: Id of the task.
      type: str
      returned: always
      sample: "UPID:pve1:000003FE:00089254:6B00E968:qmigrate:101:ops@pve!ansible:"
    node:
      description: Node that it runs on.
      type: str
      returned: always
      sample: pve1
    type:
      description: What it does, such as V(qmigrate) or V(vzdump).
      type: str
      returned: always
      sample: qmigrate
    id:
      description: What it is about, mostly a vmid; empty when it is about the node.
      type: str
      returned: always
      sample: "101"
    before:
      description: Whether it ran. Empty when unknown.
      type: dict
      returned: always
      sample: {state: running}
    after:
      description: The same after, read back; in check mode as it is expected. Empty when unknown.
      type: dict
      returned: always
      sample: {state: stopped}
    exitstatus:
      description: How it ended. Null while it runs, and when it is not known.
      type: str
      returned: always
      sample: received interrupt
    changed:
      description: Whether it was stopped, or would be.
      type: bool
      returned: always
    upids:
      description: Always empty; Proxmox VE starts no task to stop one.
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
  description: What stops the tasks that run.
  returned: when O(upids) are UPIDs
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
  description: Always empty; Proxmox VE starts no task to stop one.
  returned: when O(upids) are UPIDs
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
from dataclasses import dataclass
from typing import Any

from ..module_utils._api.client import Client
from ..module_utils._api.concurrency import bounded_map
from ..module_utils._api.errors import PveError
from ..module_utils._api.tasks import Upid
from ..module_utils._module.module import PveModule
from ..module_utils._module.plan import Plan, Step
from ..module_utils._run.resource import Resource
from ..module_utils._run.runner import run_plans


@dataclass(frozen=True)
class Task:
    """A task as it is; I(unknown) is why it could not be read."""

    upid: Upid
    running: bool = False
    exitstatus: str | None = None
    unknown: PveError | None = None

    @property
    def state(self) -> dict[str, Any]:
        return {"state": "running" if self.running else "stopped"}


class Tasks(Resource[Task]):
    noun = "tasks"
    # A task that ends by itself meanwhile is stopped, too.
    shared_goal = True

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[Task]:
        upids = [Upid.parse(text) for text in dict.fromkeys(params["upids"])]
        return bounded_map(params["throttle"], lambda upid: observe_task(client, upid), upids)

    def target(self, observed: Task) -> dict[str, Any]:
        upid = observed.upid
        return {"upid": upid.text, "node": upid.node, "type": upid.type, "id": upid.id}

    def plan(self, observed: Task, params: dict[str, Any]) -> Plan:
        if observed.unknown is not None:
            raise observed.unknown
        steps = (Step("DELETE", observed.upid.path, "it runs", task=False),) if observed.running else ()
        return Plan(self.target(observed), steps, observed.state, {"state": "stopped"})

    def read_state(self, client: Client, observed: Task, plan: Plan) -> dict[str, Any]:
        return read_task(client, observed.upid).state

    def extra_facts(self, observed: Task, plan: Plan, client: Client | None = None) -> dict[str, Any]:
        return {"exitstatus": (read_task(client, observed.upid) if client else observed).exitstatus}


def observe_task(client: Client, upid: Upid) -> Task:
    """The task, or why it can't be read: the others are stopped all the same."""
    try:
        return read_task(client, upid)
    except PveError as error:
        return Task(upid, unknown=error)


def read_task(client: Client, upid: Upid) -> Task:
    """The task as it is now."""
    status = client.get(f"{upid.path}/status")
    running = status["status"] == "running"
    return Task(upid, running, None if running else str(status.get("exitstatus") or "") or None)


def main() -> None:
    module = PveModule(
        argument_spec={
            "upids": {"type": "list", "elements": "str", "required": True},
            "state": {"type": "str", "choices": ["stopped"], "default": "stopped"},
            "timeout": {"type": "int", "default": 60},
            "throttle": {"type": "int", "default": 10},
            "expect_plan": {"type": "str"},
        },
    )
    run_plans(module, Tasks())


if __name__ == "__main__":
    main()
