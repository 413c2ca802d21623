#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_cloudinit
short_description: Configure cloud-init of QEMU guests of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Sets the cloud-init options of one guest or many, adds the cloud-init drive where it is missing, and has the drive
    of a running guest rewritten.
  - Options that are not given stay as they are; an empty string or list unsets one.
  - In check mode it returns the plan, that is, the exact API requests it would send.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.guests
  - playvisor.proxmox.guests.selection
  - playvisor.proxmox.applying
  - playvisor.proxmox.attributes
options:
  user:
    description: Name of the user to set up, instead of the image's default one.
    type: str
  password:
    description: Password of that user.
    type: str
  update_password:
    description:
      - V(on_create) sets O(password) only where none is set, since it can't be read back to be compared.
      - V(always) sets it every time, and reports a change every time.
    type: str
    choices: [on_create, always]
    default: on_create
  ssh_keys:
    description: Public SSH keys that may log in, one in each entry, or in each line of one.
    type: list
    elements: str
  ipconfig:
    description: Addresses of network interfaces. Interfaces that are not in the list stay as they are.
    type: list
    elements: dict
    suboptions:
      interface:
        description: Number of the interface; 0 goes with C(net0).
        type: int
        required: true
      ip:
        description: IPv4 address with prefix, such as V(192.0.2.10/24), or V(dhcp).
        type: str
      gw:
        description: IPv4 gateway.
        type: str
      ip6:
        description: IPv6 address with prefix, or V(dhcp) or V(auto).
        type: str
      gw6:
        description: IPv6 gateway.
        type: str
  nameservers:
    description: Addresses of DNS servers.
    type: list
    elements: str
  searchdomain:
    description: DNS search domains.
    type: list
    elements: str
  citype:
    description: Format of the drive. Proxmox VE chooses by the guest's operating system when it is not set.
    type: str
    choices: [nocloud, configdrive2, opennebula]
  upgrade:
    description: Whether packages are upgraded at the first boot.
    type: bool
  custom:
    description: Snippets to use instead of what Proxmox VE generates, as volumes such as V(local:snippets/user.yaml).
    type: dict
    suboptions:
      user:
        description: User data.
        type: str
      network:
        description: Network configuration.
        type: str
      meta:
        description: Meta data.
        type: str
      vendor:
        description: Vendor data.
        type: str
  drive:
    description: Where to add the cloud-init drive when the guest has none.
    type: str
    default: ide2
  drive_storage:
    description: Storage for the cloud-init drive. A guest without a drive gets none when this is not given.
    type: str
notes:
  - LXC containers have no cloud-init in Proxmox VE.
seealso:
  - module: playvisor.proxmox.pve_clone
"""

EXAMPLES = r"""
- name: Give a new clone its address, user and key
  playvisor.proxmox.pve_cloudinit:
    name: web-03
    user: debian
    ssh_keys:
      - "{{ lookup('ansible.builtin.file', '~/.ssh/id_ed25519.pub') }}"
    ipconfig:
      - interface: 0
        ip: 192.0.2.13/24
        gw: 192.0.2.1
    nameservers: [192.0.2.53]
    drive_storage: local-lvm
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
      sample: 103
    name:
      description: Name of the guest.
      type: str
      returned: always
      sample: web-03
    node:
      description: Node that the guest is on.
      type: str
      returned: always
      sample: pve1
    type:
      description: Always V(qemu) unless it failed.
      type: str
      returned: always
      sample: qemu
    before:
      description: The options given, as they were, by the names of the API. A password is only shown as set or not.
      type: dict
      returned: always
      sample: {ciuser: null}
    after:
      description: The same after, read back; in check mode as it is expected. Empty when unknown.
      type: dict
      returned: always
      sample: {ciuser: debian}
    changed:
      description: Whether this guest was changed, or would be.
      type: bool
      returned: always
    upids:
      description: The tasks of Proxmox VE that did it; there are usually none.
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
  description: What brings the options to the wished values.
  returned: when the guests could be looked up
  type: dict
  contains:
    digest:
      description: Names this plan; give it as O(expect_plan) to apply this plan or nothing.
      type: str
      returned: always
    steps:
      description: The API requests in order, each with the guest it is for and why. Passwords are not shown.
      type: list
      elements: dict
      returned: always
upids:
  description: All tasks of Proxmox VE that were started.
  returned: when the guests could be looked up
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
from ..module_utils._resources.cloudinit import RULES, CloudInit, argument_spec
from ..module_utils._run.runner import run_plans


def main() -> None:
    module = PveModule(argument_spec=argument_spec(), **RULES)
    run_plans(module, CloudInit())


if __name__ == "__main__":
    main()
