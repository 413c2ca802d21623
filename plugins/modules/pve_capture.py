#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_capture
short_description: Copy what a Proxmox VE cluster looks like into a file
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Reads a cluster into one JSON file, from which a simulated cluster can be made to rehearse on, or to attach to a bug
    report.
  - Only C(GET) requests are sent; nothing on the cluster is changed. The file holds the answers, as C(readings).
  - Read are nodes, storages with their content, every guest's configuration, pending changes and snapshots, pools,
    users and their rights, firewall, HA, backup jobs and replication. What the disks hold is never read.
  - Secrets never get into the file. Passwords, keys, tokens and certificates are left out, and so are descriptions,
    notes, comments, mail addresses, QEMU command lines and environments, which may hold some.
  - A part that can't be read, such as the guests of a node that is down, is a warning, not a failure.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes
attributes:
  check_mode:
    support: full
    description: Reads no more than a list of what there is, counts it, and writes nothing.
  diff_mode:
    support: none
    description: The file is data of the cluster, and a diff would show it.
options:
  dest:
    description:
      - File to write, readable by its owner only. It is replaced as a whole, or not at all.
    type: path
    required: true
  names:
    description:
      - V(keep) keeps names and addresses.
      - V(scrub) puts pseudonyms in place of the names of guests, nodes, storages, pools, tags, users, groups, snapshots
        and files, and of MAC and IP addresses. The same name gets the same pseudonym everywhere, and addresses that
        share a network go on sharing one; vmids, sizes and structure stay.
    type: str
    choices: [keep, scrub]
    default: keep
  content:
    description: Also list what is on the storages. Without, only the disks that configurations name are known.
    type: bool
    default: true
  throttle:
    description: At most this many requests are in flight at the same time.
    type: int
    default: 10
seealso:
  - module: playvisor.proxmox.pve_cluster_info
"""

EXAMPLES = r"""
- name: Copy the cluster to rehearse on it
  playvisor.proxmox.pve_capture:
    dest: ./cluster.json

- name: Copy it for a bug report, without names and addresses
  playvisor.proxmox.pve_capture:
    dest: ./report.json
    names: scrub
    content: false
"""

RETURN = r"""
dest:
  description: The file.
  returned: success
  type: str
  sample: /home/ops/cluster.json
counts:
  description: How much there is of what; in check mode only C(nodes), C(guests) and C(storages) are known.
  returned: success
  type: dict
  sample: {nodes: 3, guests: 12, storages: 3, pools: 2, users: 4, snapshots: 7, volumes: 31, readings: 139}
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

import json
import time
from collections.abc import Sequence
from typing import Any

from ..module_utils._api.errors import PveError
from ..module_utils._capture.capture import CaptureResult, capture_cluster, count_objects, count_visible
from ..module_utils._capture.files import check_dest, write_file
from ..module_utils._capture.scrub import scrub
from ..module_utils._module.module import PveModule

# The version of the file's format.
FORM = 1


def build_document(readings: Sequence[dict[str, Any]], names: str, captured_at: int) -> dict[str, Any]:
    """The content of the file; I(captured_at) is in seconds since the epoch."""
    clean = scrub(readings, names=names == "scrub")
    return {"playvisor_capture": FORM, "captured_at": captured_at, "names": names, "readings": clean}


def run(module: PveModule) -> dict[str, Any]:
    params = module.params
    client = module.connect()
    check_dest(params["dest"])
    if module.check_mode:
        # Values such as uptimes always differ, so a capture never equals an existing file.
        return {"changed": True, "dest": params["dest"], "counts": count_visible(client)}
    captured: CaptureResult = capture_cluster(client, content=params["content"], throttle=params["throttle"])
    for warning in captured.describe_problems():
        module.warn(warning)
    content = build_document(captured.readings, params["names"], int(time.time()))
    write_file(params["dest"], [json.dumps(content, indent=1, ensure_ascii=False), "\n"])
    return {"changed": True, "dest": params["dest"], "counts": count_objects(captured.readings)}


def main() -> None:
    module = PveModule(
        argument_spec={
            "dest": {"type": "path", "required": True},
            "names": {"type": "str", "choices": ["keep", "scrub"], "default": "keep"},
            "content": {"type": "bool", "default": True},
            "throttle": {"type": "int", "default": 10},
        },
    )
    try:
        result = run(module)
    except PveError as error:
        module.fail(error)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
