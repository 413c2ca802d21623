# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What shows that a guest is a clone of another one.

Disks of a linked clone name the disks that they build upon. The log of each clone's task names both guests, as long as
Proxmox VE keeps it. And all clones of a QEMU guest, also those of its clones, have the C(meta) that it got when it was
created, which nobody can change.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .._api.client import segment
from .._api.concurrency import READS_AT_ONCE, bounded_map
from .._api.errors import PveError
from .._api.tasks import Upid

if TYPE_CHECKING:
    from .._api.client import Client
    from .guest import Guest
    from .inventory import Inventory

# Logs of so many clones of one guest are read on each node, newest first.
_MOST_CLONES = 50
# The line stands at the top, below warnings.
_FIRST_LINES = 20
_TASK_TYPES = {"qemu": ("qmclone", "qmdestroy"), "lxc": ("vzclone", "vzdestroy")}
_GOOD_ENDINGS = ("OK", "WARNINGS")


def is_linked(source: Guest, clone: Guest) -> bool:
    """Whether a disk of the clone builds upon one of the source; both with their configurations."""
    # local-zfs:base-900-disk-0/vm-101-disk-0, local:900/base-900-disk-0.qcow2/101/vm-101-disk-0.qcow2
    base = re.compile(rf"[:/]base(?:vol)?-{source.vmid}-disk-[^/,]+/")
    return any(base.search(str(value)) for value in (clone.config or {}).values())


def has_same_origin(template: Guest, guest: Guest) -> bool:
    """Whether a guest and a template were created as one and the same guest; both with their configurations."""
    origin = (template.config or {}).get("meta")
    return template.template and origin is not None and (guest.config or {}).get("meta") == origin


def was_cloned(client: Client, inventory: Inventory, source: Guest, clone: Guest) -> bool:
    """Whether the log of a task shows that the clone was made of the source, and no task that it was deleted since.

    What can't be read shows nothing.
    """
    cloning, deleting = _TASK_TYPES[source.type]
    nodes = [node for node in dict.fromkeys([source.node, clone.node, *inventory.nodes]) if inventory.is_online(node)]
    line = re.compile(rf"creating a clone of (?:VM|container) {source.vmid} with ID {clone.vmid}")

    def list_clones(node: str) -> list[dict[str, Any]]:
        return _list_tasks(client, node, source.vmid, cloning, limit=_MOST_CLONES)

    def names_both(task: dict[str, Any]) -> bool:
        try:
            log = client.get(f"{Upid.parse(task['upid']).path}/log", limit=_FIRST_LINES)
        except PveError:
            return False
        return any(line.search(str(entry["t"])) for entry in log)

    tasks = [task for listed in bounded_map(READS_AT_ONCE, list_clones, nodes) for task in listed]
    tasks = [task for task in tasks if str(task.get("status", "")).startswith(_GOOD_ENDINGS)]
    shown = [task for task, names in zip(tasks, bounded_map(READS_AT_ONCE, names_both, tasks), strict=True) if names]
    if not shown:
        return False
    made_at = max(int(task["starttime"]) for task in shown)
    places = dict.fromkeys([clone.node, *(Upid.parse(task["upid"]).node for task in shown)])
    return not any(_list_tasks(client, node, clone.vmid, deleting, since=made_at) for node in places)


def _list_tasks(client: Client, node: str, vmid: int, kind: str, **more: int) -> list[dict[str, Any]]:
    try:
        return list(client.get(f"/nodes/{segment(node)}/tasks", vmid=vmid, typefilter=kind, source="all", **more))
    except PveError:
        return []
