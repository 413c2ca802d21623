#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_backup_info
short_description: Show backups, backup jobs and gaps of a Proxmox VE cluster
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Shows the latest backup of each guest, the guests that have none that is recent enough, and the scheduled jobs.
  - It sends one request for each storage of each node that takes backups, only one for a shared storage, and a few for
    the rest, however many guests there are.
  - A storage or node that can't be read is a warning, not a failure. Its backups don't count then, so that RV(gaps) may
    name guests that have one there.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.guests
  - playvisor.proxmox.guests.selection
  - playvisor.proxmox.attributes.info
options:
  vmid:
    description: Show the guest with this id only. Together with O(name), it must have that name.
  name:
    description: Show the guest with this name only. Two guests of one name are an error that lists both.
  guests:
    description: Show these guests only; all when neither this nor O(vmid) nor O(name) is given.
  storage:
    description: Look into this storage only.
    type: str
  max_age:
    description:
      - Age up to which a backup is recent enough, a number with unit V(m), V(h), V(d) or V(w), such as V(24h).
      - Any backup is recent enough when this is not given.
    type: str
  backups:
    description: List all backups of each guest as RV(guests[].backups), not only the latest.
    type: bool
    default: false
seealso:
  - module: playvisor.proxmox.pve_backup
  - module: playvisor.proxmox.pve_backup_job
"""

EXAMPLES = r"""
- name: Find the guests without a backup of the last day
  playvisor.proxmox.pve_backup_info:
    max_age: 24h
  register: backup

- name: Fail when there are any
  ansible.builtin.assert:
    that: backup.gaps | length == 0

- name: List all backups of one guest
  playvisor.proxmox.pve_backup_info:
    name: web-01
    backups: true
"""

RETURN = r"""
guests:
  description: The guests by vmid.
  returned: success
  type: list
  elements: dict
  contains:
    vmid:
      description: Id of the guest.
      type: int
      returned: always
      sample: 101
    name:
      description: Name of the guest.
      type: str
      returned: always
      sample: web-01
    node:
      description: Node that the guest is on.
      type: str
      returned: always
      sample: pve1
    type:
      description: V(qemu) or V(lxc).
      type: str
      returned: always
      sample: qemu
    count:
      description: Number of its backups.
      type: int
      returned: always
      sample: 7
    size:
      description: Size of all its backups in bytes, as far as their storages tell.
      type: int
      returned: always
    latest:
      description: Its latest backup, as in RV(guests[].backups); null when it has none.
      type: dict
      returned: always
    recent:
      description: Whether it has a backup that is not older than O(max_age).
      type: bool
      returned: always
    scheduled:
      description: Whether a backup job includes it; null when that can't be read.
      type: bool
      returned: always
    backups:
      description: Its backups, latest first.
      returned: when O(backups=true)
      type: list
      elements: dict
      contains:
        volid:
          description: Volume id of the backup.
          type: str
          returned: always
          sample: local:backup/vzdump-qemu-101-2026_11_21-00_23_53.vma.zst
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
        ctime:
          description: When it was made, in seconds since the epoch.
          type: int
          returned: always
        age:
          description: Seconds since then.
          type: int
          returned: always
        size:
          description: Size in bytes; null when the storage does not tell.
          type: int
          returned: always
        format:
          description: Format of the archive.
          type: str
          returned: always
          sample: vma.zst
        notes:
          description: First line of its notes.
          type: str
          returned: always
        protected:
          description: Whether it is protected from being deleted.
          type: bool
          returned: always
        verification:
          description: What Proxmox Backup Server said when it verified it last, such as V(ok); null when it never did.
          type: str
          returned: always
        encrypted:
          description: Whether it is encrypted on a Proxmox Backup Server.
          type: bool
          returned: always
gaps:
  description: The guests without a backup, or without one that is not older than O(max_age).
  returned: success
  type: list
  elements: dict
  contains:
    vmid:
      description: Id of the guest.
      type: int
      returned: always
      sample: 102
    name:
      description: Name of the guest.
      type: str
      returned: always
      sample: db-01
    node:
      description: Node that the guest is on.
      type: str
      returned: always
      sample: pve1
    type:
      description: V(qemu) or V(lxc).
      type: str
      returned: always
      sample: lxc
    age:
      description: Age of its latest backup in seconds; null when it has none.
      type: int
      returned: always
jobs:
  description:
    - The scheduled jobs by id, each with the options of M(playvisor.proxmox.pve_backup_job) that are set; null when
      they can't be read.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the job.
      type: str
      returned: always
      sample: nightly
    enabled:
      description: Whether the job runs.
      type: bool
      returned: always
    next_run:
      description: When it runs next, in seconds since the epoch; null when that is not known.
      type: int
      returned: always
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..module_utils._api.client import Client
from ..module_utils._api.concurrency import READS_AT_ONCE, bounded_map
from ..module_utils._api.errors import PveError
from ..module_utils._api.missing import missing_error
from ..module_utils._api.sight import warn_of_blindness
from ..module_utils._backup.backups import select_backups
from ..module_utils._backup.jobs import describe_job
from ..module_utils._guest.guest import Guest
from ..module_utils._guest.lookup import find_guests
from ..module_utils._guest.selection import guests_spec
from ..module_utils._module.ages import parse_age
from ..module_utils._module.module import PveModule, run_info
from ..module_utils._storage.storages import describe_storage, select_readable, storage_path


def gather(client: Client, params: dict[str, Any]) -> dict[str, Any]:
    max_age = parse_age(params["max_age"]) if params["max_age"] else None
    inventory, chosen = find_guests(client, params)
    storages, warnings = _select_storages(client, params["storage"])
    if not inventory.guests:
        warnings += warn_of_blindness(client, "guests", "VM.Audit", "/vms")
    if not storages:
        warnings += warn_of_blindness(client, "storages", "Datastore.Audit", "/storage")

    def read_storage(place: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            listed = client.get(f"{storage_path(place['node'], place['storage'])}/content", content="backup")
        except PveError as error:
            warnings.append(f"Storage {place['storage']} of node {place['node']} could not be read: {error.message}")
            return []
        return [{**entry, "storage": place["storage"], "node": place["node"]} for entry in listed]

    entries = [entry for part in bounded_map(READS_AT_ONCE, read_storage, storages) for entry in part]
    jobs = _read_or_warn(client, "/cluster/backup", "The backup jobs", warnings)
    unscheduled = _read_or_warn(client, "/cluster/backup-info/not-backed-up", "The guests without a job", warnings)
    guests = summarize(chosen, entries, unscheduled, max_age, client.read_time())
    gaps = [
        {**select_identity(guest), "age": (guest["latest"] or {}).get("age")} for guest in guests if not guest["recent"]
    ]
    if not params["backups"]:
        guests = [{key: value for key, value in guest.items() if key != "backups"} for guest in guests]
    described = None if jobs is None else [describe_job(job) for job in sorted(jobs, key=lambda job: job["id"])]
    return {"guests": guests, "gaps": gaps, "jobs": described, "warnings": warnings}


def summarize(
    guests: Sequence[Guest],
    entries: Sequence[dict[str, Any]],
    unscheduled: Sequence[Mapping[str, Any]] | None,
    max_age: int | None,
    now: float,
) -> list[dict[str, Any]]:
    """Each guest with its backups. I(now) is in seconds since the epoch."""
    by_vmid: dict[int, list[dict[str, Any]]] = {}
    for entry in entries:
        by_vmid.setdefault(int(entry.get("vmid") or 0), []).append(entry)
    without_job = None if unscheduled is None else {int(entry["vmid"]) for entry in unscheduled}

    def summarize_guest(guest: Guest) -> dict[str, Any]:
        backups = [describe_backup(entry, now) for entry in select_backups(by_vmid.get(guest.vmid, []), guest)]
        latest = backups[0] if backups else None
        return {
            **guest.identity(),
            "count": len(backups),
            "size": sum(backup["size"] or 0 for backup in backups),
            "latest": latest,
            "recent": latest is not None and (max_age is None or latest["age"] <= max_age),
            "scheduled": None if without_job is None else guest.vmid not in without_job,
            "backups": backups,
        }

    return [summarize_guest(guest) for guest in guests]


def describe_backup(entry: Mapping[str, Any], now: float) -> dict[str, Any]:
    """A backup from an entry of a storage's content, to which its C(storage) and C(node) were added."""
    ctime = int(entry.get("ctime") or 0)
    size = entry.get("size", entry.get("approximate-size"))
    return {
        "volid": entry["volid"],
        "storage": entry["storage"],
        "node": entry["node"],
        "ctime": ctime,
        # The clocks of two machines differ.
        "age": max(0, int(now - ctime)),
        "size": None if size is None else int(size),
        "format": entry.get("format"),
        "notes": str(entry.get("notes") or ""),
        "protected": bool(int(entry.get("protected") or 0)),
        "verification": (entry.get("verification") or {}).get("state"),
        "encrypted": bool(entry.get("encrypted")),
    }


def select_identity(guest: Mapping[str, Any]) -> dict[str, Any]:
    return {key: guest[key] for key in ("vmid", "name", "node", "type")}


def _select_storages(client: Client, name: str | None) -> tuple[list[dict[str, Any]], list[str]]:
    """The storages to read, and a warning for each one that is not available."""
    listed = [describe_storage(entry) for entry in client.get("/cluster/resources", type="storage")]
    backing = [entry for entry in listed if "backup" in entry["content"] and name in (None, entry["storage"])]
    if name and not backing:
        raise missing_error(
            "storage",
            name,
            (entry["storage"] for entry in listed if "backup" in entry["content"]),
            where=" that takes backups",
            note="A token sees only storages on which it has Datastore.Audit.",
        )
    readable = select_readable(sorted(backing, key=lambda entry: (entry["storage"], entry["node"])), "backup")
    shared = {entry["storage"] for entry in readable if entry["shared"]}
    missed = [entry for entry in backing if entry["status"] != "available" and entry["storage"] not in shared]
    return readable, [f"Storage {entry['storage']} of node {entry['node']} is not available." for entry in missed]


def _read_or_warn(client: Client, path: str, what: str, warnings: list[str]) -> list[dict[str, Any]] | None:
    try:
        return client.get(path)
    except PveError as error:
        warnings.append(f"{what} could not be read: {error.message}")
        return None


def main() -> None:
    module = PveModule(
        argument_spec={
            **guests_spec(),
            "storage": {"type": "str"},
            "max_age": {"type": "str"},
            "backups": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("vmid", "guests"), ("name", "guests")],
    )
    run_info(module, gather)


if __name__ == "__main__":
    main()
