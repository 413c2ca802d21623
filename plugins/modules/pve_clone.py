#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_clone
short_description: Clone a QEMU or LXC guest of Proxmox VE, once or several times
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Makes a full or linked clone of a template, of another guest or of its snapshot, and waits until it is complete.
  - With O(new_names) it makes several clones by one plan. One that fails is named in RV(guests); the others are made.
  - A clone that is there already is left alone and returned. It is found by O(newid), or else by its name. In what it
    differs from O(tags), O(cloudinit) and O(start) is said in a warning.
  - A clone that is stopped, and still like the original in O(tags) and O(cloudinit), is set up as a new one would be,
    so that a second run completes what a first one couldn't.
  - A guest that has the id or the name is taken for the clone if it is of the same type and has both O(newid) and
    O(new_name), or if something shows that it was made of the guest to clone. That is a disk that builds upon one of
    its disks, the log of the task that made it, or, for clones of a QEMU template, the C(meta) that all clones of it
    have. Any other guest of that id or name makes the task fail as C(ambiguous), unless O(adopt=true).
  - In check mode it returns the plan, that is, the exact API request it would send.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes
options:
  vmid:
    description: Id of the guest to clone.
    type: int
  name:
    description: Name of the guest to clone.
    type: str
  node:
    description:
      - Node on which the guest to clone must be. It is needed only to choose one of several guests of one name.
    type: str
  snapname:
    description: Clone this snapshot of the guest rather than its present state.
    type: str
  newid:
    description:
      - Id of the clone. The cluster's next free one when not given, and another one when somebody takes that meanwhile,
        unless O(expect_plan) names a plan with it.
    type: int
  new_name:
    description: Name of the clone.
    type: str
  new_names:
    description: Names of several clones. Not together with O(new_name).
    type: list
    elements: str
  adopt:
    description:
      - Take a guest of the same type that has the O(newid) or the O(new_name) for the clone, whatever it was made of.
      - That is for clones of templates that were built anew since, and for full clones of containers that are so old
        that Proxmox VE has forgotten the task that made them.
    type: bool
    default: false
  full:
    description:
      - Whether the clone has disks of its own. Otherwise they need the original's.
      - A template gives a linked clone and any other guest a full one when this is not given.
      - Other guests can be linked to at a snapshot only, and only on storage that can do it, such as LVM-thin.
    type: bool
  target:
    description: Node for the clone. It needs storage that both nodes share.
    type: str
  targets:
    description: Nodes for several clones, in turn. Not together with O(target).
    type: list
    elements: str
  storage:
    description: Storage for the disks of a full clone; the one that they are on when not given.
    type: str
  format:
    description: Format of the disks of a full clone of a QEMU guest.
    type: str
    choices: [raw, qcow2, vmdk]
  pool:
    description: Pool for the clone.
    type: str
  description:
    description: Description of the clone.
    type: str
  tags:
    description:
      - Its tags, instead of the original's. An empty list is no tags.
      - They are kept in lower case, unless the C(tag-style) of the datacenter is case-sensitive.
    type: list
    elements: str
  cloudinit:
    description:
      - What cloud-init sets up. What is not given stays as it is in the guest to clone.
      - A clone of a guest without a cloud-init drive gets one, on O(storage) or where its first disk is.
    type: dict
    suboptions:
      user:
        description: User to set up. The image has a default one.
        type: str
      ssh_keys:
        description: Public SSH keys. They may log in as that user.
        type: list
        elements: str
      ipconfig:
        description: Addresses of network interfaces. Interfaces that are not in the list stay as they are.
        type: list
        elements: dict
        suboptions:
          interface:
            description: Number of it. 0 goes with C(net0).
            type: int
            default: 0
          ip:
            description:
              - Addresses with prefix, one for each clone, or V(dhcp). They are taken in the order of the names, such as
                V(192.0.2.11/24) for the first.
            type: list
            elements: str
          gw:
            description: Gateway.
            type: str
          ip6:
            description: The same for IPv6, or V(auto).
            type: list
            elements: str
          gw6:
            description: IPv6 gateway.
            type: str
      nameservers:
        description: DNS servers.
        type: list
        elements: str
      searchdomain:
        description: DNS search domains.
        type: list
        elements: str
  start:
    description: Start the clone.
    type: bool
    default: false
  bwlimit:
    description: Limit for copying disks in KiB/s.
    type: int
  timeout:
    description: Seconds to wait for each clone, which goes on when it takes longer.
    type: int
    default: 7200
  expect_plan:
    description:
      - Digest of a plan, as returned in RV(plan.digest) by a run in check mode.
      - If the plan would be another one by now, the task fails with C(failure.code=drifted) and changes nothing.
    type: str
seealso:
  - module: playvisor.proxmox.pve_cloudinit
  - module: playvisor.proxmox.pve_guest_state
  - module: playvisor.proxmox.pve_snapshot
"""

EXAMPLES = r"""
- name: Make a linked clone of a template
  playvisor.proxmox.pve_clone:
    name: debian-13
    new_name: web-03
    pool: production

- name: Make a full clone of a snapshot on another storage
  playvisor.proxmox.pve_clone:
    vmid: 101
    snapname: before-upgrade
    newid: 9101
    new_name: web-01-test
    full: true
    storage: local-zfs

- name: Make three web servers with addresses of their own, on two nodes, and start them
  playvisor.proxmox.pve_clone:
    name: debian-13
    new_names: [web-01, web-02, web-03]
    targets: [pve1, pve2]
    tags: [web, prod]
    cloudinit:
      user: debian
      ssh_keys:
        - "{{ lookup('ansible.builtin.file', '~/.ssh/id_ed25519.pub') }}"
      ipconfig:
        - ip: [192.0.2.11/24, 192.0.2.12/24, 192.0.2.13/24]
          gw: 192.0.2.1
    start: true
"""

RETURN = r"""
guests:
  description: The clones, in the order of their names, and what happened to each.
  returned: when the guest to clone could be looked up
  type: list
  elements: dict
  contains:
    vmid:
      description: Id of the clone.
      type: int
      returned: always
      sample: 130
    name:
      description: Name of the clone.
      type: str
      returned: always
      sample: web-03
    node:
      description: Node that the clone is on.
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
        - Whether the clone existed, as C(exists), and what it is made from, as C(source). The latter is null for a
          guest that was there already, where neither its disks nor a task show that it is made from the guest to clone.
        - Of a clone that was there already also C(tags), the options of O(cloudinit) by the names of the API, and
          C(status), as far as they are given.
      type: dict
      returned: always
      sample: {exists: false, source: 900 (debian-13)}
    after:
      description:
        - The same after, read back; in check mode as it is expected. Empty when unknown. Of a clone that failed,
          C(exists) says whether it stands.
      type: dict
      returned: always
      sample: {exists: true, source: 900 (debian-13)}
    changed:
      description: Whether the clone was made, or would be.
      type: bool
      returned: always
    upids:
      description: The tasks of Proxmox VE that made and started it.
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
  description: What makes the clones.
  returned: when the guest to clone could be looked up
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
  description: All tasks of Proxmox VE that were started.
  returned: when the guest to clone could be looked up
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
from ..module_utils._resources.clone import RULES, Clone, argument_spec
from ..module_utils._run.runner import run_plans


def main() -> None:
    module = PveModule(argument_spec=argument_spec(), **RULES)
    run_plans(module, Clone(module.params))


if __name__ == "__main__":
    main()
