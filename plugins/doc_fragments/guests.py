# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  vmid:
    description:
      - Id of one guest, 100 to 999999999.
      - Together with O(name), the guest with this id must have that name.
    type: int
  name:
    description:
      - Name of one guest. Two guests of one name are an error that lists both; use O(vmid) or O(node) then.
      - It is the name that the guest has now, also when it got it a moment ago.
    type: str
  node:
    description:
      - Node on which the guests must be; the task fails when they are elsewhere. It is needed only to choose one of
        several guests of one name.
    type: str
"""

    # Guests by criteria.
    SELECTION = r"""
options:
  guests:
    description:
      - Guests that meet every criterion given; names may be patterns such as V(web-*).
    type: dict
    suboptions:
      vmids:
        description: Any of these ids. Each must exist.
        type: list
        elements: int
      names:
        description:
          - Any of these names or globs, such as V(web-*). A name without wildcards means one guest, which must exist.
        type: list
        elements: str
      tags:
        description: All of these tags. Case makes a difference only if the C(tag-style) of the datacenter says so.
        type: list
        elements: str
      pool:
        description: Member of this pool.
        type: str
      node:
        description: On this node.
        type: str
      type:
        description: QEMU virtual machines or LXC containers.
        type: str
        choices: [qemu, lxc]
      status:
        description: In this power status. Paused guests count as running.
        type: str
        choices: [running, stopped, unknown]
      templates:
        description: Only templates (V(true)) or no templates (V(false)).
        type: bool
"""
