#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_fleet
short_description: Bring many guests and what they stand on to their wished states, by one plan
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Takes a document that declares guests, pools, storages, backup jobs, HA rules, firewalls and access, and plans
    everything at once from one observation of the cluster. What is declared has the options of the module that there
    is for it, and what is not declared stays as it is.
  - What stands on something that the plan is yet to make, such as the cloud-init options of a clone, is planned from
    what will be by then. So check mode shows all requests, in their order, under one digest.
  - It is applied in waves, storages, pools and templates first, then guests, their configuration, firewall, HA, and
    power. A failure stops what stands on it and nothing else, and the next run goes on where this one stopped.
  - Guests are known by their SMBIOS UUID, vmid and name together. A guest that was migrated is not changed.
  - With O(last_applied) it tells what the document newly asks for from what somebody else has changed since.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes
options:
  fleet:
    description:
      - Plain document of the fleet, by the names of its sections, such as C(guests), with what each of them declares.
      - C(fleet) is its name. C(cluster) is the name of the cluster that it is for, or its identity; nothing is changed
        on any other one.
      - C(guests) are entries by the guests' names, with C(type), C(vmid), C(uuid) (of the SMBIOS), C(node) (where it is
        made; none is moved), C(state) (V(started), V(stopped), V(present), V(template), V(absent)), and the options of
        M(playvisor.proxmox.pve_guest) that configure a guest. C(clone), C(cloudinit), C(firewall) and C(ha) have those
        of M(playvisor.proxmox.pve_clone), M(playvisor.proxmox.pve_cloudinit), M(playvisor.proxmox.pve_firewall) and
        M(playvisor.proxmox.pve_ha).
      - A guest is started after those in its C(depends_on). C(health) is the gate that it passes before they are, with
        C(agent), C(command) (a list of arguments) and C(timeout) in seconds.
      - C(pools), C(storages), C(backup_jobs) and C(ha_rules) are entries by name, with the options of
        M(playvisor.proxmox.pve_pool), M(playvisor.proxmox.pve_storage), M(playvisor.proxmox.pve_backup_job) and
        M(playvisor.proxmox.pve_ha). C(firewall) has C(cluster), C(nodes) and C(groups), with those of
        M(playvisor.proxmox.pve_firewall), and C(access) has those of M(playvisor.proxmox.pve_access) without grants.
      - C(settings) has C(serial) and C(max_unavailable) (a number of guests or a share such as V(25%)), C(restart)
        (whether guests are restarted for changes that wait for it), C(on_conflict) (by pattern of a path, V(fail),
        V(keep) or V(take)) and C(ignore) (patterns of what is not managed). Guests have the latter two, too.
      - Options that address a thing, or say how to wait, are those of this module.
    type: dict
    required: true
  last_applied:
    description:
      - What was applied last, in the same form. Then a field that somebody else has changed since is a conflict, which
        fails unless C(on_conflict) says otherwise. Its guests may have the C(vmid) and C(uuid) that they had then.
    type: dict
  only:
    description: Paths of the objects that are planned, with globs, such as V(guests.web-*). All when it is not given.
    type: list
    elements: str
  report:
    description: Only say what differs. Nothing is changed, and what can't be planned is no failure of the task.
    type: bool
    default: false
  throttle:
    description: At most this many requests that change something are under way at the same time.
    type: int
    default: 10
  timeout:
    description: Seconds to wait for each task of Proxmox VE, and for a lock that another operation holds.
    type: int
    default: 7200
  expect_plan:
    description:
      - Digest of a plan, as returned in RV(plan.digest) by a run in check mode.
      - If the plan would be another one by now, the task fails with C(failure.code=drifted) and changes nothing.
    type: str
"""

EXAMPLES = r"""
- name: Two web servers and what they stand on
  playvisor.proxmox.pve_fleet:
    fleet:
      fleet: webshop
      pools:
        prod: {comment: What earns the money}
      firewall:
        groups:
          web:
            rules: [{key: https, type: in, action: ACCEPT, proto: tcp, dport: '443'}]
      guests:
        web-01: &web
          state: started
          clone: {name: debian-13}
          pool: prod
          cores: 2
          memory: 4096
          disks: [{slot: scsi0, size: 32}]
          cloudinit:
            user: admin
            ipconfig: [{interface: 0, ip: dhcp}]
          firewall:
            options: {enable: true}
            rules: [{key: web, type: group, action: web}]
        web-02: *web
"""

RETURN = r"""
objects:
  description: What is declared, and what happened to each.
  returned: when the fleet could be planned
  type: list
  elements: dict
  contains:
    path:
      description: Its place in the document.
      type: str
      returned: always
      sample: guests.web-01
    kind:
      description: What it is, V(guest), V(pool), V(storage), V(backup_job), V(ha_rule), V(firewall) or V(access).
      type: str
      returned: always
    name:
      description: Its name.
      type: str
      returned: always
    vmid:
      description: Id of a guest; C(node) and C(type) are there as well, and C(uuid) of a machine that is there.
      type: int
      returned: for guests that could be planned
    wave:
      description: The number of the first wave in which it is changed; null when it is not.
      type: int
      returned: always
    changed:
      description: Whether it was changed, or would be.
      type: bool
      returned: always
    changes:
      description:
        - Each field that changes, with C(path), C(before), C(after), C(origin) (V(wish), or V(drift) for what somebody
          else has changed) and C(consequence).
        - The consequence is V(live), V(pending) (it waits for a restart), V(needs_stop), V(replaces) or V(loses_data).
          What needs a stop fails while the guest runs, and stands here all the same.
      type: list
      elements: dict
      returned: always
    conflicts:
      description: Each field that somebody else has changed, with C(path), C(desired), C(observed), C(last), C(policy).
      type: list
      elements: dict
      returned: always
    before:
      description: The state of each part of it that changes.
      type: dict
      returned: always
    after:
      description: The same after, read back; in check mode as it is expected.
      type: dict
      returned: always
    upids:
      description: The tasks of Proxmox VE that were started for it.
      type: list
      elements: str
      returned: always
    skipped:
      description: Why it was left as it is, such as that something failed that it needs.
      type: str
      returned: when it was
    failure:
      description: Why it failed, as RV(failure); null when it did not.
      type: dict
      returned: always
conflicts:
  description: The conflicts of all objects.
  returned: when the fleet could be planned
  type: list
  elements: dict
plan:
  description: What brings everything to the wished state.
  returned: when the fleet could be planned
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
  description: The tasks of Proxmox VE that were started.
  returned: when the fleet could be planned
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

from ..module_utils._fleet.fleet import argument_spec, run_fleet
from ..module_utils._module.module import PveModule


def main() -> None:
    run_fleet(PveModule(argument_spec=argument_spec(), unkept=("fleet", "last_applied")))


if __name__ == "__main__":
    main()
