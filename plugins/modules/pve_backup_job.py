#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_backup_job
short_description: Manage scheduled backup jobs of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Makes, changes and deletes the jobs by which a cluster backs up its guests on schedule.
  - Options that are not given stay as they are. Those that say so are unset by an empty value.
  - In check mode it returns the plan, that is, the exact API request it would send.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes
options:
  id:
    description: Id of the job; that of a new one starts with a letter. M(playvisor.proxmox.pve_backup_info) lists them.
    type: str
    required: true
  state:
    description: V(present) makes the job or changes it, V(absent) deletes it. Its backups stay.
    type: str
    choices: [present, absent]
    default: present
  schedule:
    description:
      - When the job runs, as a calendar event of systemd, such as V(02:30), V(sat 02:00) or V(mon..fri 22:00).
      - Needed for a new job.
    type: str
  all:
    description:
      - Back up all guests, but for O(exclude). A new job needs one of O(all), O(vmids) and O(pool). Giving one of them
        takes the place of what the job had.
      - V(false) asks for nothing.
    type: bool
  vmids:
    description: Back up exactly these guests.
    type: list
    elements: int
  pool:
    description: Back up the members of this pool.
    type: str
  exclude:
    description: With O(all=true), leave these guests out. An empty list unsets it.
    type: list
    elements: int
  storage:
    description: Storage for the backups.
    type: str
  node:
    description: Back up only the guests that are on this node. Empty unsets it.
    type: str
  enabled:
    description: Whether the job runs. A new one does when this is not given.
    type: bool
  comment:
    description: Comment of the job. Empty unsets it.
    type: str
  mode:
    description:
      - How a running guest is backed up. V(snapshot) goes on while it runs, V(suspend) pauses it, and V(stop) shuts it
        down and starts it again.
    type: str
    choices: [snapshot, suspend, stop]
  compress:
    description: Compression; V(0) for none.
    type: str
    choices: ['0', gzip, lzo, zstd]
  retention:
    description:
      - Which backups of a guest to keep when a new one is made, rather than what the storage says. This takes the place
        of all that the job had; an empty dictionary unsets it.
    type: dict
    suboptions:
      all:
        description: Keep all of them.
        type: bool
      last:
        description: The latest ones.
        type: int
      hourly:
        description: One for each of the last hours.
        type: int
      daily:
        description: One for each of the last days.
        type: int
      weekly:
        description: One for each of the last weeks.
        type: int
      monthly:
        description: One for each of the last months.
        type: int
      yearly:
        description: One for each of the last years.
        type: int
  notes:
    description:
      - Notes of the backups, in which Proxmox VE fills in C({{cluster}}), C({{guestname}}), C({{node}}) and
        C({{vmid}}). Empty unsets them.
    type: str
  protected:
    description: Protect the backups from being deleted.
    type: bool
  repeat_missed:
    description: Run the job as soon as possible when its time went by while the node was down.
    type: bool
  bwlimit:
    description: Limit for reading disks in KiB/s.
    type: int
  fleecing:
    description:
      - How writes of QEMU guests are kept from waiting for a slow backup storage. An empty dictionary unsets it.
    type: dict
    suboptions:
      enabled:
        description: Whether what a guest is about to overwrite goes to O(fleecing.storage) first.
        type: bool
      storage:
        description: A fast storage, best a local one.
        type: str
  performance:
    description: Settings for speed. An empty dictionary unsets them.
    type: dict
    suboptions:
      max_workers:
        description: At most this many workers read the disks of a QEMU guest.
        type: int
      pbs_entries_max:
        description: At most this many entries of a container are kept in memory, with Proxmox Backup Server.
        type: int
  notification_mode:
    description: Whether mails go to O(mailto), or the notification system of Proxmox VE decides.
    type: str
    choices: [auto, legacy-sendmail, notification-system]
  mailto:
    description: Mail addresses or users to notify. An empty list unsets them. Proxmox VE calls this deprecated.
    type: list
    elements: str
  mailnotification:
    description: When to notify them. Proxmox VE calls this deprecated.
    type: str
    choices: [always, failure]
  timeout:
    description: Seconds to wait; Proxmox VE changes jobs at once.
    type: int
    default: 300
  expect_plan:
    description:
      - Digest of a plan, as returned in RV(plan.digest) by a run in check mode.
      - If the plan would be another one by now, the task fails with C(failure.code=drifted) and changes nothing.
    type: str
seealso:
  - module: playvisor.proxmox.pve_backup
  - module: playvisor.proxmox.pve_backup_info
"""

EXAMPLES = r"""
- name: Back up everything every night, and keep a week and three months
  playvisor.proxmox.pve_backup_job:
    id: nightly
    schedule: "02:30"
    all: true
    exclude: [9000]
    storage: backups
    mode: snapshot
    compress: zstd
    retention:
      daily: 7
      monthly: 3
    notes: "{% raw %}{{guestname}} on {{node}}{% endraw %}"

- name: Stop a job from running for now
  playvisor.proxmox.pve_backup_job:
    id: nightly
    enabled: false
"""

RETURN = r"""
jobs:
  description: The job and what happened to it.
  returned: when the jobs could be read
  type: list
  elements: dict
  contains:
    id:
      description: Id of the job.
      type: str
      returned: always
      sample: nightly
    before:
      description: Whether it existed, as C(exists), and the options that were set, by the names that they have here.
      type: dict
      returned: always
      sample: {exists: true, schedule: '02:30', all: true, storage: backups, enabled: true}
    after:
      description: The same after, read back; in check mode as it is expected. Empty when unknown.
      type: dict
      returned: always
      sample: {exists: true, schedule: '02:30', all: true, storage: backups, enabled: false}
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
  description: What brings the job to the wished state.
  returned: when the jobs could be read
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
  description: Always empty; Proxmox VE starts no tasks for this.
  returned: when the jobs could be read
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
from typing import Any

from ..module_utils._api.client import Client, segment
from ..module_utils._api.errors import INVALID_PARAMETER, PveError
from ..module_utils._backup.backups import KEEP
from ..module_utils._backup.jobs import (
    FIELDS,
    normalize_retention,
    parse_job,
    render_options,
    split_items,
)
from ..module_utils._module.module import PveModule
from ..module_utils._module.plan import Plan, Step
from ..module_utils._run.resource import Resource
from ..module_utils._run.runner import run_plans
from ..module_utils._values.calendar import normalize_schedule

PATH = "/cluster/backup"
# The values of options that are not set; the defaults of the others may differ by node (vzdump.conf).
DEFAULTS = {"enabled": True, "repeat_missed": False}
# The API unsets these options when one of the ways to choose guests is set.
REPLACES = {"vmids": ("all", "exclude", "pool"), "all": ("vmids", "pool"), "pool": ("vmids", "all", "exclude")}
# The API takes these only together with the storage.
NEED_STORAGE = ("notes", "protected")


class Jobs(Resource["dict[str, Any] | None"]):
    noun = "jobs"
    settle_seconds = 0.0
    late_keys = frozenset()

    def __init__(self, name: str) -> None:
        self._name = name

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[dict[str, Any] | None]:
        entries = client.get(PATH)
        return [next((parse_job(entry) for entry in entries if entry["id"] == self._name), None)]

    def target(self, observed: dict[str, Any] | None) -> dict[str, Any]:
        return {"id": self._name}

    def plan(self, observed: dict[str, Any] | None, params: dict[str, Any]) -> Plan:
        path = f"{PATH}/{segment(self._name)}"
        steps: tuple[Step, ...] = ()
        after = observed
        if params["state"] == "absent":
            after = None
            if observed is not None:
                steps = (Step("DELETE", path, "it exists, and absent is asked for", task=False),)
        elif observed is None:
            options = build_new_job(parse_desired_options(params))
            after = {"enabled": True, **options}
            request = {"id": self._name, **render_options(options)}
            steps = (Step("POST", PATH, "there is no such job", request, task=False),)
        else:
            request, after = build_update(observed, parse_desired_options(params))
            if request:
                steps = (Step("PUT", path, f"it differs in {', '.join(sorted(request))}", request, task=False),)
        return Plan(self.target(observed), steps, describe_state(observed), describe_state(after))

    def read_state(self, client: Client, observed: dict[str, Any] | None, plan: Plan) -> dict[str, Any]:
        return describe_state(self.observe(client, {})[0])


def describe_state(job: dict[str, Any] | None) -> dict[str, Any]:
    return {"exists": job is not None, **(job or {})}


def parse_desired_options(params: dict[str, Any]) -> dict[str, Any]:
    """The options that are set, in the form of L(parse_job); None for those to unset."""
    desired = {}
    for option, field in FIELDS.items():
        value = params[option]
        if isinstance(value, dict):
            value = {name: part for name, part in value.items() if part is not None and (name, part) != ("all", False)}
            value = normalize_retention(value) if option == "retention" and value else value
        elif isinstance(value, list):
            value = sorted(set(value)) if option in ("vmids", "exclude") else split_items(value)
        elif isinstance(value, str):
            # As it stands in a line of the file of jobs.
            value = normalize_schedule(value) if option == "schedule" else value.strip()
        if value is None or (option, value) == ("all", False):
            continue
        if value in ("", [], {}) and not field.clearable:
            raise PveError(INVALID_PARAMETER, f"{option} is empty.", "Leave it out to keep what the job has.")
        desired[option] = None if value in ("", [], {}) else value
    if desired.get("exclude") and not desired.get("all"):
        raise PveError(INVALID_PARAMETER, "exclude is given without all.", "Guests are left out of all; add all: true.")
    return desired


def build_new_job(desired: dict[str, Any]) -> dict[str, Any]:
    """The options of a new job; raises C(invalid_parameter) if a required one is missing."""
    options = {option: value for option, value in desired.items() if value is not None}
    if "schedule" not in options:
        raise PveError(INVALID_PARAMETER, "There is no such job, and a new one needs a schedule.", "Such as 02:30.")
    if not set(options) & set(REPLACES):
        raise PveError(
            INVALID_PARAMETER,
            "There is no such job, and a new one needs guests to back up.",
            f"Give one of {', '.join(REPLACES)}.",
        )
    _require_storage(options, options)
    return options


def build_update(job: dict[str, Any], desired: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters that change a job, empty when it is as desired, and the job after the change."""
    cleared = [option for option, value in desired.items() if value is None and option in job]
    changes = {
        option: value
        for option, value in desired.items()
        if value is not None and value != job.get(option, DEFAULTS.get(option))
    }
    replaced = {gone for choice, others in REPLACES.items() if choice in changes for gone in others}
    kept = {option: value for option, value in job.items() if option not in replaced and option not in cleared}
    after = {**kept, **changes}
    _require_storage(changes, after)
    params = {**changes, "storage": after["storage"]} if set(changes) & set(NEED_STORAGE) else changes
    request = render_options(params)
    # The API unsets the options of the old way to choose guests itself.
    gone = [FIELDS[option].name for option in cleared if option not in replaced]
    return {**request, **({"delete": ",".join(gone)} if gone else {})}, after


def _require_storage(options: dict[str, Any], job: dict[str, Any]) -> None:
    need_storage = [option for option in NEED_STORAGE if option in options]
    if need_storage and not job.get("storage"):
        raise PveError(
            INVALID_PARAMETER, f"{' and '.join(need_storage)} can't be set for a job without storage.", "Give storage."
        )


def main() -> None:
    module = PveModule(
        argument_spec={
            "id": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "schedule": {"type": "str"},
            "all": {"type": "bool"},
            "vmids": {"type": "list", "elements": "int"},
            "pool": {"type": "str"},
            "exclude": {"type": "list", "elements": "int"},
            "storage": {"type": "str"},
            "node": {"type": "str"},
            "enabled": {"type": "bool"},
            "comment": {"type": "str"},
            "mode": {"type": "str", "choices": ["snapshot", "suspend", "stop"]},
            "compress": {"type": "str", "choices": ["0", "gzip", "lzo", "zstd"]},
            "retention": {
                "type": "dict",
                "options": {"all": {"type": "bool"}, **{name: {"type": "int"} for name in KEEP}},
            },
            "notes": {"type": "str"},
            "protected": {"type": "bool"},
            "repeat_missed": {"type": "bool"},
            "bwlimit": {"type": "int"},
            "fleecing": {
                "type": "dict",
                "options": {"enabled": {"type": "bool"}, "storage": {"type": "str"}},
            },
            "performance": {
                "type": "dict",
                "options": {"max_workers": {"type": "int"}, "pbs_entries_max": {"type": "int"}},
            },
            "notification_mode": {"type": "str", "choices": ["auto", "legacy-sendmail", "notification-system"]},
            "mailto": {"type": "list", "elements": "str"},
            "mailnotification": {"type": "str", "choices": ["always", "failure"]},
            "timeout": {"type": "int", "default": 300},
            "expect_plan": {"type": "str"},
        },
        mutually_exclusive=[("all", "vmids", "pool")],
    )
    run_plans(module, Jobs(module.params["id"]))


if __name__ == "__main__":
    main()
