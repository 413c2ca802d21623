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

from ..module_utils._module.module import PveModule
from ..module_utils._resources.backup_job import RULES, Jobs, argument_spec
from ..module_utils._run.runner import run_plans


def main() -> None:
    module = PveModule(argument_spec=argument_spec(), **RULES)
    run_plans(module, Jobs(module.params["id"]))


if __name__ == "__main__":
    main()
