#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_observe
short_description: Write down how a Proxmox VE cluster is now, again and again
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Writes what a cluster has into a file of JSON lines, from which a history can be kept. The first time it reads
    everything; with O(since), a few lists, the tasks since then, and the details of the guests that those tasks name.
    What is to be read beside these, O(guests) and O(parts) say.
  - Only C(GET) requests are sent; nothing on the cluster is changed.
  - The file has a C(header) line, then C(object) lines, C(complete) lines, C(missing) lines, C(task) lines, C(metrics)
    lines and C(rrd) lines. An C(object) has its C(kind), its C(key), and sections under C(doc); a section that is not
    there was not read this time. A C(complete) line says that all objects of a kind, on the node that is its C(scope)
    or everywhere, are in the file, as C(object) or as C(missing); any other is gone. What could not be read, such as
    the guests of a node that is down, is a C(missing) line, and never gone. A C(missing) line without C(key) says that
    any object of that kind may have been missed. A C(task) that has not ended has no C(status).
  - Numbers that change all the time, such as the use of memory, are in C(metrics) lines, never under C(doc). What they
    were before, as far as Proxmox VE has measured it, is in C(rrd) lines, for O(measured).
  - Secrets never get into the file. Passwords, private keys and tokens are left out, or masked inside longer texts.
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
  since:
    description:
      - RV(until) of the observation before, in seconds since the epoch. Without, this is the first one.
    type: int
  running:
    description:
      - RV(running) of the observation before, UPIDs of tasks. They are written down again, with how they ended.
    type: list
    elements: str
    default: []
  guests:
    description:
      - Vmids of guests to read in full, beside those that tasks name. Without, that is every guest the first time, and
        none with O(since).
    type: list
    elements: int
  parts:
    description:
      - What to read beside guests. Without, everything; of nodes and storages, the list of all shows the most important
        each time.
    type: list
    elements: str
    choices:
      - node
      - storage
      - volumes
      - pool
      - firewall
      - ha_resource
      - ha_rule
      - backup_job
      - replication
      - network
      - sdn
      - user
      - group
      - role
      - acl
      - token
      - domain
      - mapping
      - options
  measured:
    description:
      - Objects of which to read what Proxmox VE itself has measured, C(rrddata), beside their numbers of this moment.
        It is asked for last, with one request for each timeframe.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: What it is; C(volumes) is what is on a storage.
        type: str
        required: true
        choices: [node, guest, volumes]
      key:
        description: Its name, as in C(metrics) lines, such as C(101) for a guest and C(local@pve1) for a storage.
        type: str
        required: true
      timeframes:
        description:
          - How far back to go. A month is told in half hours and a year in quarters of days; versions before 9 tell
            less.
        type: list
        elements: str
        choices: [hour, day, week, month, year]
        default: [month, year]
  budget:
    description:
      - Most requests to send, but for the lists and the tasks, which are always read. What is beyond is RV(left).
      - A guest and a part are read as a whole or not at all. Some parts take a few requests of each node or storage.
    type: int
  throttle:
    description: At most this many requests are in flight at the same time.
    type: int
    default: 10
seealso:
  - module: playvisor.proxmox.pve_cluster_info
  - module: playvisor.proxmox.pve_capture
"""

EXAMPLES = r"""
- name: Write down everything
  playvisor.proxmox.pve_observe:
    dest: ./observed.jsonl
  register: first

- name: Write down what has changed since, read two guests again, and the firewall
  playvisor.proxmox.pve_observe:
    dest: ./observed.jsonl
    since: "{{ first.until }}"
    running: "{{ first.running }}"
    guests: [101, 102]
    parts: [firewall]
    budget: 200

- name: Write down what has changed since, and what was measured of a guest in the last year
  playvisor.proxmox.pve_observe:
    dest: ./observed.jsonl
    since: "{{ first.until }}"
    running: "{{ first.running }}"
    parts: []
    measured:
      - {kind: guest, key: "101", timeframes: [year]}
"""

RETURN = r"""
dest:
  description: The file.
  returned: success
  type: str
  sample: /home/ops/observed.jsonl
counts:
  description: How many objects of which kind are in the file, and tasks; in check mode only nodes, guests and storages.
  returned: success
  type: dict
  sample: {node: 3, guest: 12, storage: 3, pool: 2, task: 7}
requests:
  description: How many requests were sent.
  returned: success
  type: int
  sample: 139
left:
  description: What the budget did not allow, C(guests) as vmids, C(parts), and C(measured) as kind and key.
  returned: success
  type: dict
  sample: {guests: [104, 105], parts: [volumes], measured: [guest/101]}
until:
  description: What to give as O(since) the next time. It lies a little before this time, so that nothing is missed.
  returned: when a file was written
  type: int
  sample: 1795219049
running:
  description: The UPIDs of the tasks that had not ended, to give as O(running) the next time.
  returned: when a file was written
  type: list
  elements: str
missing:
  description: How many C(missing) lines the file has.
  returned: success
  type: int
  sample: 0
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

from typing import Any

from ..module_utils._api.errors import PveError
from ..module_utils._capture.capture import count_visible
from ..module_utils._capture.files import check_dest, write_file
from ..module_utils._guest.usage import TIMEFRAMES
from ..module_utils._module.module import PveModule
from ..module_utils._observe.measured import KINDS
from ..module_utils._observe.observation import Wish, observe_cluster
from ..module_utils._observe.parts import PARTS


def run(module: PveModule) -> dict[str, Any]:
    params = module.params
    client = module.connect()
    check_dest(params["dest"])
    result: dict[str, Any] = {"changed": True, "dest": params["dest"]}
    if module.check_mode:
        # Values such as uptimes always differ, so an observation never equals an existing file.
        counts = {noun.removesuffix("s"): number for noun, number in count_visible(client).items()}
        left: dict[str, Any] = {"guests": [], "parts": [], "measured": []}
        return {**result, "counts": counts, "requests": 1, "left": left, "missing": 0}
    wish = Wish(
        since=params["since"],
        running=params["running"],
        guests=params["guests"],
        parts=tuple(PARTS) if params["parts"] is None else params["parts"],
        measured=params["measured"],
        budget=params["budget"],
        throttle=params["throttle"],
    )
    seen = observe_cluster(client, wish)
    for warning in seen.warnings:
        module.warn(warning)
    write_file(params["dest"], seen.lines.render(seen.header))
    return {
        **result,
        "counts": seen.lines.count(),
        "requests": seen.requests,
        "left": {"guests": seen.left_guests, "parts": seen.left_parts, "measured": seen.left_measured},
        "until": seen.until,
        "running": seen.running,
        "missing": len(seen.lines.missing),
    }


def main() -> None:
    module = PveModule(
        argument_spec={
            "dest": {"type": "path", "required": True},
            "since": {"type": "int"},
            "running": {"type": "list", "elements": "str", "default": []},
            "guests": {"type": "list", "elements": "int"},
            "parts": {"type": "list", "elements": "str", "choices": list(PARTS)},
            "measured": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "kind": {"type": "str", "required": True, "choices": list(KINDS)},
                    "key": {"type": "str", "required": True, "no_log": False},
                    "timeframes": {
                        "type": "list",
                        "elements": "str",
                        "choices": list(TIMEFRAMES),
                        "default": ["month", "year"],
                    },
                },
            },
            "budget": {"type": "int"},
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
