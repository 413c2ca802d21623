#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_storage
short_description: Manage storage definitions of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Defines storages of a cluster, changes and deletes the definitions. What is on a storage is never touched.
  - Only the options that are given are looked at; all others stay as they are.
  - In check mode it returns the plan, that is, the exact API requests it would send.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes
options:
  storage:
    description: Name of the storage.
    type: str
    required: true
  state:
    description: V(absent) deletes the definition.
    type: str
    choices: [present, absent]
    default: present
  type:
    description: Type of the storage. Required to define one; that of an existing one can't change.
    type: str
    choices:
      [btrfs, cephfs, cifs, dir, esxi, iscsi, iscsidirect, lvm, lvmthin, nfs, pbs, rbd, zfs, zfspool]
  content:
    description:
      - What the storage takes, such as V(images), V(rootdir), V(iso), V(vztmpl), V(backup), V(snippets) and V(import),
        or V(none). An empty list means what Proxmox VE has by default for the O(type).
    type: list
    elements: str
  nodes:
    description: Nodes that have the storage. An empty list means all.
    type: list
    elements: str
  disable:
    description: Whether the storage is out of use.
    type: bool
  shared:
    description: Whether V(dir), V(btrfs) or V(lvm) is the same storage on all its nodes. Other types know themselves.
    type: bool
  path:
    description: Directory of V(dir) or V(btrfs). It can't change.
    type: str
  server:
    description: Address of the server of V(nfs), V(cifs), V(pbs) or V(esxi). It can change for V(esxi) only.
    type: str
  export:
    description: Path that the server of V(nfs) exports. It can't change.
    type: str
  share:
    description: Share of V(cifs). It can't change.
    type: str
  subdir:
    description: Folder of V(cifs) or V(cephfs) to use.
    type: str
  username:
    description: User of V(cifs), V(pbs), V(esxi), V(rbd) or V(cephfs).
    type: str
  domain:
    description: Domain of V(cifs).
    type: str
  datastore:
    description: Datastore of V(pbs). It can't change.
    type: str
  namespace:
    description: Namespace of V(pbs) or V(rbd).
    type: str
  server_fingerprint:
    description: SHA-256 fingerprint of the certificate of V(pbs).
    type: str
  vgname:
    description: Volume group of V(lvm) or V(lvmthin). It can't change.
    type: str
  thinpool:
    description: Thin pool of V(lvmthin). It can't change.
    type: str
  pool:
    description: Pool of V(zfspool), V(zfs) or V(rbd). It can change for V(rbd) only.
    type: str
  portal:
    description: Portal of V(iscsi), V(iscsidirect) or V(zfs). It can't change.
    type: str
  target:
    description: Target of V(iscsi), V(iscsidirect) or V(zfs). It can't change.
    type: str
  monhost:
    description: Monitors of V(rbd) or V(cephfs), for a Ceph cluster elsewhere.
    type: list
    elements: str
  retention:
    description: Which backups the storage keeps of each guest. An empty one unsets it; it then keeps all.
    type: dict
    suboptions:
      all:
        description: All of them.
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
  config:
    description:
      - Any other option by its name in the API, such as V(bwlimit) or V(preallocation).
      - An option that is null is deleted from the definition.
    type: dict
    default: {}
  password:
    description: Password of V(cifs), V(pbs) or V(esxi).
    type: str
  keyring:
    description: Keyring, or for V(cephfs) the secret, of a Ceph cluster elsewhere.
    type: str
  encryption_key:
    description:
      - Key that encrypts the backups of V(pbs); V(autogen) makes one. It is kept on the nodes as
        C(/etc/pve/priv/storage/NAME.enc). Keep a copy, without which the backups can't be read.
    type: str
  master_pubkey:
    description: Public key of V(pbs), in base64, that encrypts a copy of the encryption key.
    type: str
  update_password:
    description:
      - V(on_create) sends O(password), O(keyring), O(encryption_key) and O(master_pubkey) only with a new definition.
      - V(always) sends them each time, and so always changes something, since Proxmox VE does not return them.
    type: str
    choices: [on_create, always]
    default: on_create
  force:
    description: With O(state=absent), delete the definition even if disks of guests are on the storage.
    type: bool
    default: false
  timeout:
    description: Seconds to wait; Proxmox VE changes definitions at once.
    type: int
    default: 300
  expect_plan:
    description:
      - Digest of a plan, as returned in RV(plan.digest) by a run in check mode.
      - If the plan would be another one by now, the task fails with C(failure.code=drifted) and changes nothing.
    type: str
notes:
  - An option that Proxmox VE sets only with a new definition, and that differs, is C(failure.code=unsupported).
  - A definition is not deleted while disks of guests are on the storage (C(failure.code=protected)). A node that can't
    be read is a warning.
seealso:
  - module: playvisor.proxmox.pve_storage_info
  - module: playvisor.proxmox.pve_storage_content
"""

EXAMPLES = r"""
- name: Define an NFS storage
  playvisor.proxmox.pve_storage:
    storage: nas
    type: nfs
    server: 192.0.2.10
    export: /srv/pve
    content: [images, iso, vztmpl]

- name: Define a Proxmox Backup Server
  playvisor.proxmox.pve_storage:
    storage: pbs
    type: pbs
    server: pbs.example.com
    datastore: main
    username: pve@pbs!cluster
    password: "{{ pbs_secret }}"
    server_fingerprint: 64:d3:ff:3a:50:38:53:5a:9b:f7:50:00:4e:3f:0a:45:6e:7b:12:cd:8e:f0:19:22:a4:31:5c:7d:9b:ee:01:f2

- name: Keep a week of backups, at no more than 100 MiB/s
  playvisor.proxmox.pve_storage:
    storage: nas
    retention:
      daily: 7
    config:
      bwlimit: default=102400
"""

RETURN = r"""
storages:
  description: The definition and what happened to it.
  returned: when the definitions could be read
  type: list
  elements: dict
  contains:
    storage:
      description: Name of the storage.
      type: str
      returned: always
      sample: nas
    before:
      description:
        - Whether it existed, its C(type), and the options that the task names, by their names in the API; null for one
          that is not set. Secrets are not in it.
      type: dict
      returned: always
      sample: {exists: false}
    after:
      description: The same after, read back; in check mode as it is expected.
      type: dict
      returned: always
      sample: {exists: true, type: nfs, server: 192.0.2.10, export: /srv/pve, content: [images, iso, vztmpl]}
    changed:
      description: Whether it was changed, or would be.
      type: bool
      returned: always
    upids:
      description: Always empty; Proxmox VE starts no tasks for definitions.
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
  description: What brings the definition to the wished state.
  returned: when the definitions could be read
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
  description: Always empty; Proxmox VE starts no tasks for definitions.
  returned: when the definitions could be read
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
from ..module_utils._resources.storage import Definitions, argument_spec
from ..module_utils._run.runner import run_plans


def main() -> None:
    module = PveModule(argument_spec=argument_spec())
    run_plans(module, Definitions(module.params))


if __name__ == "__main__":
    main()
