#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_task_info
short_description: List tasks of Proxmox VE, or wait for one
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Lists the latest tasks of the cluster or of one node, or shows one task with its log.
  - The cluster's list has the latest tasks of each node only. With O(vmid), O(since), O(until) or O(user) each node is
    asked for its own, which reaches further back.
  - With O(started_by) it finds the tasks that requests have started whose answers were lost.
  - With O(wait=true) it waits until that task has ended. A task that failed is a result here, not a failure.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes.info
  - playvisor.proxmox.period
options:
  upid:
    description: UPID of the task to show.
    type: str
  wait:
    description: Wait for its end.
    type: bool
    default: false
  timeout:
    description: Seconds to wait at most.
    type: int
    default: 300
  log_lines:
    description: Lines from the end of its log.
    type: int
    default: 50
  node:
    description: List tasks of this node only.
    type: str
  vmid:
    description: List tasks of this guest.
    type: int
  running:
    description: Only tasks that run.
    type: bool
    default: false
  errors:
    description: Only tasks that failed.
    type: bool
    default: false
  started_by:
    description:
      - Find the tasks that these requests have started, which this user has sent.
      - The tasks are looked for in the list of the node, by their type, guest, user and time.
    type: list
    elements: dict
    suboptions:
      method:
        description: Method of the request.
        type: str
        required: true
      path:
        description: Path of the request, such as C(/nodes/pve1/qemu/101/status/reset).
        type: str
        required: true
      vmid:
        description: Guest that the request is about, where O(started_by[].path) does not say it.
        type: int
      sent_at:
        description: When it was sent, in seconds since the epoch by the clock of this machine.
        type: float
        required: true
  known_upids:
    description: Tasks that are known to be those of other requests. Needs O(started_by).
    type: list
    elements: str
  limit:
    description: At most this many, the latest.
    type: int
    default: 50
"""

EXAMPLES = r"""
- name: List what runs now
  playvisor.proxmox.pve_task_info:
    running: true

- name: Find out what became of a reset whose answer was lost
  playvisor.proxmox.pve_task_info:
    started_by:
      - method: POST
        path: /nodes/pve1/qemu/101/status/reset
        sent_at: "{{ ansible_date_time.epoch }}"

- name: Wait for a migration that another task has started
  playvisor.proxmox.pve_task_info:
    upid: "{{ migration.upids[0] }}"
    wait: true
    timeout: 3600
"""

RETURN = r"""
tasks:
  description: The tasks, latest first; with O(started_by) those of these requests.
  returned: success
  type: list
  elements: dict
  contains:
    upid:
      description: Id of the task.
      type: str
      returned: always
      sample: "UPID:pve1:000003FE:00089254:6B00E968:qmstart:101:ops@pve!ansible:"
    node:
      description: Node that it runs on.
      type: str
      returned: always
      sample: pve1
    type:
      description: What it does, such as V(qmstart) or V(vzdump).
      type: str
      returned: always
      sample: qmstart
    id:
      description: What it is about, mostly a vmid; empty when it is about the node.
      type: str
      returned: always
      sample: "101"
    user:
      description: Who started it, with the token if it was one.
      type: str
      returned: always
      sample: ops@pve!ansible
    status:
      description: V(running) or V(stopped).
      type: str
      returned: always
      sample: stopped
    exitstatus:
      description: V(OK), V(WARNINGS) with their number, or why it failed. Null while it runs.
      type: str
      returned: always
      sample: OK
    starttime:
      description: When it started, in seconds since the epoch.
      type: int
      returned: always
    endtime:
      description: When it ended, in seconds since the epoch. Null while it runs, and for a single task.
      type: int
      returned: always
    log:
      description: Last lines of its log.
      type: list
      elements: str
      returned: when O(upid) is given
requests:
  description: The requests of O(started_by), in their order, and the tasks that may be theirs.
  returned: when O(started_by) is given
  type: list
  elements: dict
  contains:
    method:
      description: Method of the request.
      type: str
      returned: always
      sample: POST
    path:
      description: Path of the request.
      type: str
      returned: always
      sample: /nodes/pve1/qemu/101/status/reset
    upids:
      description: Tasks that were started since the request. When there is one, it is the request's.
      type: list
      elements: str
      returned: always
    possible_upids:
      description: Tasks that were started shortly before, as far as clocks can be trusted.
      type: list
      elements: str
      returned: always
    failure:
      description: Why the tasks can't be listed, as RV(failure); null when they can.
      type: dict
      returned: always
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

import time
from typing import Any

from ..module_utils._api.client import Client, segment
from ..module_utils._api.concurrency import READS_AT_ONCE, bounded_map
from ..module_utils._api.errors import NODE_OFFLINE, TIMEOUT, PveError
from ..module_utils._api.sight import warn_of_blindness
from ..module_utils._api.started_tasks import SentRequest, StartedTasks, find_started_tasks
from ..module_utils._api.tasks import Upid, is_by, read_log_tail, wait_until_stopped
from ..module_utils._module.ages import is_within, read_period
from ..module_utils._module.module import PveModule, run_info

# Nodes whose tasks are read at the same time.


def gather(client: Client, params: dict[str, Any]) -> dict[str, Any]:
    if params["upid"]:
        return {"tasks": [_read_task(client, params)]}
    if params["started_by"]:
        return _find_started(client, params)
    since, until = read_period(client, params)
    wanted = {**params, "since": since, "until": until}
    warnings: list[str] = []
    if any(wanted[option] for option in ("node", "vmid", "since", "until", "user")):
        listed = _read_lists(client, wanted, warnings)
    else:
        listed = client.get("/cluster/tasks")
    if not listed:
        warnings += warn_of_blindness(client, "tasks of others", "Sys.Audit", "/nodes")
    return {"tasks": select_tasks([describe_task(entry) for entry in listed], wanted), "warnings": warnings}


def _read_lists(client: Client, wanted: dict[str, Any], warnings: list[str]) -> list[dict[str, Any]]:
    """The tasks in the list of one node, or in those of all nodes; one that can't be asked is a warning then."""
    filters = {
        **{option: wanted[option] for option in ("vmid", "since", "until", "limit")},
        "userfilter": wanted["user"],
        "source": "active" if wanted["running"] else "all",
        "errors": 1 if wanted["errors"] else None,
    }
    if wanted["node"]:
        return list(client.get(f"/nodes/{segment(wanted['node'])}/tasks", **filters))

    def read_node(entry: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            if entry.get("status") == "offline":
                raise PveError(NODE_OFFLINE, "it is offline.")
            return list(client.get(f"/nodes/{segment(entry['node'])}/tasks", **filters))
        except PveError as error:
            warnings.append(f"The tasks of node {entry['node']} could not be read: {error.message}")
            return []

    nodes = sorted(client.get("/nodes"), key=lambda entry: str(entry["node"]))
    return [task for part in bounded_map(READS_AT_ONCE, read_node, nodes) for task in part]


def _read_task(client: Client, params: dict[str, Any]) -> dict[str, Any]:
    task = Upid.parse(params["upid"])
    if params["wait"]:
        status = wait_until_stopped(client, task, time.monotonic() + params["timeout"])
        if status is None:
            raise PveError(
                TIMEOUT,
                f"Task {task.type} of {task.id or task.node} is still running after {params['timeout']} s: {task.text}",
                "Wait again with a larger timeout.",
            )
    else:
        status = client.get(f"{task.path}/status")
    return {**describe_task(status), "log": read_log_tail(client, task, params["log_lines"])}


def _find_started(client: Client, params: dict[str, Any]) -> dict[str, Any]:
    # By how much the server's clock is ahead of this one.
    ahead = client.read_time() - time.time()
    requests, tasks = [], {}
    for sent in params["started_by"]:
        request = SentRequest(sent["method"], sent["path"], {"vmid": sent["vmid"]}, sent["sent_at"] + ahead)
        found, failure = StartedTasks(), None
        try:
            found = find_started_tasks(client, request, params["known_upids"] or ())
            for upid in (*found.certain, *found.possible):
                tasks[upid] = describe_task(client.get(f"{Upid.parse(upid).path}/status"))
        except PveError as error:
            failure = error.failure()
        requests.append(
            {
                "method": sent["method"],
                "path": sent["path"],
                "upids": list(found.certain),
                "possible_upids": list(found.possible),
                "failure": failure,
            }
        )
    ordered = sorted(tasks.values(), key=lambda task: (task["starttime"], task["upid"]), reverse=True)
    return {"requests": requests, "tasks": ordered}


def describe_task(entry: dict[str, Any]) -> dict[str, Any]:
    """A task, from an entry of a list (where C(status) is the exit status) or from its own status."""
    status = entry.get("status")
    exitstatus = entry.get("exitstatus")
    if status not in ("running", "stopped"):
        # Lists have the exit status here, RUNNING on a node's active list, and nothing for a running task.
        running = status in (None, "RUNNING")
        status, exitstatus = ("running", None) if running else ("stopped", status)
    return {
        "upid": entry["upid"],
        "node": entry["node"],
        "type": entry["type"],
        "id": str(entry.get("id") or ""),
        "user": Upid.parse(entry["upid"]).user,
        "status": status,
        "exitstatus": exitstatus,
        "starttime": int(entry["starttime"]),
        "endtime": int(entry["endtime"]) if entry.get("endtime") else None,
    }


def select_tasks(tasks: list[dict[str, Any]], params: dict[str, Any]) -> list[dict[str, Any]]:
    """The tasks that are asked for, latest first; the cluster's list has no filters of its own."""
    chosen = [
        task
        for task in tasks
        if (not params["running"] or task["status"] == "running")
        and (not params["errors"] or has_failed(task))
        and (params["vmid"] is None or task["id"] == str(params["vmid"]))
        and is_within(task["starttime"], params["since"], params["until"])
        and (params["user"] is None or is_by(params["user"], task["user"]))
    ]
    chosen.sort(key=lambda task: (task["starttime"], task["upid"]), reverse=True)
    return chosen[: params["limit"]]


def has_failed(task: dict[str, Any]) -> bool:
    """Whether a task has ended, and neither well nor with warnings."""
    exitstatus = task["exitstatus"] or ""
    return task["status"] == "stopped" and exitstatus != "OK" and not exitstatus.startswith("WARNINGS")


def main() -> None:
    module = PveModule(
        argument_spec={
            "upid": {"type": "str"},
            "wait": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 300},
            "log_lines": {"type": "int", "default": 50},
            "node": {"type": "str"},
            "vmid": {"type": "int"},
            "since": {"type": "str"},
            "until": {"type": "str"},
            "user": {"type": "str"},
            "running": {"type": "bool", "default": False},
            "errors": {"type": "bool", "default": False},
            "limit": {"type": "int", "default": 50},
            "started_by": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "method": {"type": "str", "required": True},
                    "path": {"type": "str", "required": True},
                    "vmid": {"type": "int"},
                    "sent_at": {"type": "float", "required": True},
                },
            },
            "known_upids": {"type": "list", "elements": "str"},
        },
        mutually_exclusive=[
            ("upid", "node"),
            ("upid", "vmid"),
            ("upid", "since"),
            ("upid", "until"),
            ("upid", "user"),
            ("upid", "started_by"),
            ("node", "started_by"),
            ("running", "errors"),
        ],
        required_by={"known_upids": "started_by"},
        required_if=[("wait", True, ["upid"])],
    )
    run_info(module, gather)


if __name__ == "__main__":
    main()
