#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_storage_info
short_description: Show storages of a Proxmox VE cluster and what is on them
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Shows the storages with their space as each node sees them, from one API request.
  - With O(content) it also lists volumes, with one request for each storage of each node, and only one for a shared
    storage. A storage that can't be read is a warning, not a failure, unless none can be read.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes.info
options:
  storage:
    description: Show this storage only.
    type: str
  node:
    description: Show storages as this node sees them only.
    type: str
  content:
    description: List volumes of this kind as RV(volumes).
    type: str
    choices: [all, images, rootdir, iso, vztmpl, backup, snippets, import]
  vmid:
    description: List volumes of this guest only.
    type: int
  sort:
    description: Order of RV(volumes), by their id, the largest first, or the oldest first.
    type: str
    choices: [volid, size, age]
    default: volid
"""

EXAMPLES = r"""
- name: Show the space on all storages
  playvisor.proxmox.pve_storage_info:

- name: Find what takes most space, and what no guest needs
  playvisor.proxmox.pve_storage_info:
    content: all
    sort: size

- name: List the backups of a guest
  playvisor.proxmox.pve_storage_info:
    content: backup
    vmid: 101
"""

RETURN = r"""
storage:
  description: The storages of each node, by name and node.
  returned: success
  type: list
  elements: dict
  contains:
    storage:
      description: Name of the storage.
      type: str
      returned: always
      sample: local
    node:
      description: Node that it is seen from.
      type: str
      returned: always
      sample: pve1
    type:
      description: Type of the storage, such as V(dir), V(lvmthin) or V(zfspool).
      type: str
      returned: always
      sample: dir
    shared:
      description: Whether it is the same storage on all nodes.
      type: bool
      returned: always
    status:
      description: V(available) or V(unknown).
      type: str
      returned: always
    content:
      description: What it may hold.
      type: list
      elements: str
      returned: always
      sample: [backup, iso, vztmpl]
    used:
      description: Space in use in bytes.
      type: int
      returned: always
    total:
      description: Size in bytes.
      type: int
      returned: always
    free:
      description: Space that is left in bytes; null where it is not known.
      type: int
      returned: always
    used_percent:
      description: Space in use in percent of the size; null where it is not known.
      type: float
      returned: always
      sample: 83.5
space:
  description: The same of all these storages together. One that nodes share counts once.
  returned: success
  type: dict
  contains:
    used:
      description: Space in use in bytes.
      type: int
      returned: always
    total:
      description: Size in bytes.
      type: int
      returned: always
    free:
      description: Space that is left in bytes; null where it is not known.
      type: int
      returned: always
    used_percent:
      description: Space in use in percent of the size; null where it is not known.
      type: float
      returned: always
volumes:
  description: The volumes, by id, each with its storage and node.
  returned: when O(content) is given
  type: list
  elements: dict
  contains:
    volid:
      description: Id of the volume.
      type: str
      returned: always
      sample: local:iso/debian-13.iso
    storage:
      description: Storage that it is on.
      type: str
      returned: always
      sample: local
    node:
      description: Node that it is seen from.
      type: str
      returned: always
      sample: pve1
    content:
      description: What it is, such as V(iso) or V(backup).
      type: str
      returned: always
      sample: iso
    format:
      description: Format of the volume.
      type: str
      returned: always
      sample: iso
    size:
      description: Size in bytes.
      type: int
      returned: always
    vmid:
      description: Guest that it belongs to, if any.
      type: int
      returned: always
    orphan:
      description:
        - Whether that guest does not exist, so that a disk is left over, and a backup is all that there is of it.
      type: bool
      returned: always
    ctime:
      description: When it was made, in seconds since the epoch.
      type: int
      returned: always
    notes:
      description: Notes of a backup.
      type: str
      returned: always
    protected:
      description: Whether a backup is protected from being deleted.
      type: bool
      returned: always
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..module_utils._api.client import Client, segment
from ..module_utils._api.concurrency import READS_AT_ONCE, bounded_map
from ..module_utils._api.errors import PveError
from ..module_utils._api.missing import missing_error, require_node
from ..module_utils._api.sight import warn_of_blindness
from ..module_utils._module.module import PveModule, run_info
from ..module_utils._storage.storages import (
    describe_space,
    describe_storage,
    describe_volume,
    find_missing_vmids,
    select_readable,
    sum_space,
)

ORDERS: dict[str, Callable[[dict[str, Any]], tuple[Any, ...]]] = {
    "volid": lambda volume: (volume["volid"], volume["node"]),
    "size": lambda volume: (-(volume["size"] or 0), volume["volid"], volume["node"]),
    "age": lambda volume: (volume["ctime"] or 0, volume["volid"], volume["node"]),
}


def gather(client: Client, params: dict[str, Any]) -> dict[str, Any]:
    listed = [describe_storage(entry) for entry in client.get("/cluster/resources", type="storage")]
    chosen = [
        entry
        for entry in sorted(listed, key=lambda entry: (entry["storage"], entry["node"]))
        if params["storage"] in (None, entry["storage"]) and params["node"] in (None, entry["node"])
    ]
    if params["node"] and not chosen:
        require_node(client, params["node"])
    if params["storage"] and not chosen:
        raise missing_error(
            "storage",
            params["storage"],
            (entry["storage"] for entry in listed if params["node"] in (None, entry["node"])),
            where=f" on node {params['node']}" if params["node"] else "",
            note="A token sees only storages on which it has Datastore.Audit.",
        )
    described = {
        "storage": [{**entry, **describe_space(entry["used"], entry["total"])} for entry in chosen],
        "space": sum_space(chosen),
    }
    blindness = [] if listed else warn_of_blindness(client, "storages", "Datastore.Audit", "/storage")
    if params["content"] is None:
        return {**described, "warnings": blindness}
    volumes, warnings = _read_volumes(client, select_readable(chosen, params["content"]), params)
    return {**described, "volumes": volumes, "warnings": [*blindness, *warnings]}


def _read_volumes(
    client: Client, storages: list[dict[str, Any]], params: dict[str, Any]
) -> tuple[list[dict[str, Any]], list[str]]:
    filters = {"content": None if params["content"] == "all" else params["content"], "vmid": params["vmid"]}
    problems: list[PveError] = []

    def read_storage(place: dict[str, Any]) -> list[dict[str, Any]]:
        path = f"/nodes/{segment(place['node'])}/storage/{segment(place['storage'])}/content"
        try:
            return [describe_volume(entry, place) for entry in client.get(path, **filters)]
        except PveError as error:
            what = f"Storage {place['storage']} of node {place['node']} could not be read"
            problems.append(replace(error, message=f"{what}: {error.message}"))
            return []

    volumes = [volume for part in bounded_map(READS_AT_ONCE, read_storage, storages) for volume in part]
    if problems and len(problems) == len(storages):
        # Nothing was read, which is not the same as that there is nothing.
        raise problems[0]
    orphans = find_missing_vmids(client, {volume["vmid"] for volume in volumes if volume["vmid"]})
    marked = [{**volume, "orphan": volume["vmid"] in orphans} for volume in volumes]
    return sorted(marked, key=ORDERS[params["sort"]]), [problem.message for problem in problems]


def main() -> None:
    module = PveModule(
        argument_spec={
            "storage": {"type": "str"},
            "node": {"type": "str"},
            "content": {
                "type": "str",
                "choices": ["all", "images", "rootdir", "iso", "vztmpl", "backup", "snippets", "import"],
            },
            "vmid": {"type": "int"},
            "sort": {"type": "str", "choices": [*ORDERS], "default": "volid"},
        },
        required_by={"vmid": "content"},
    )
    run_info(module, gather)


if __name__ == "__main__":
    main()
