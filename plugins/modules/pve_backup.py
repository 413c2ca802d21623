#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_backup
short_description: Back up and restore QEMU and LXC guests of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Makes sure that a recent backup of one guest or of many exists, deletes backups by name or by retention, describes
    and protects them, and restores them.
  - Each guest is backed up by a task of its own, so that one that fails is named, with the reason from its log, and the
    others are done.
  - In check mode it returns the plan, that is, the exact API requests it would send.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.guests
  - playvisor.proxmox.guests.selection
  - playvisor.proxmox.applying
  - playvisor.proxmox.attributes
options:
  state:
    description:
      - V(present) makes a backup unless there is one that is not older than O(max_age). With O(volid) it makes none,
        but gives that backup the O(notes) and the protection (O(protected)) asked for.
      - V(pruned) deletes the guests' backups that O(retention) does not keep. Protected ones always stay.
      - V(absent) deletes the backup O(volid).
      - V(restored) restores the backup O(volid) as guest O(vmid). It is an act and not a state, done each time.
      - With V(restored), a guest that has the id O(vmid) already is overwritten only when O(name) is given, too, and is
        its name; else the task fails with C(failure.code=ambiguous). It must be stopped and not protected, and loses
        its disks, its configuration and its snapshots. With O(name) alone, the guest of this name is overwritten.
      - Where O(vmid) is free, O(name) is the name that the restored guest gets. No other guest may have it.
    type: str
    choices: [present, pruned, absent, restored]
    default: present
  storage:
    description: Storage for backups. Not needed with O(volid), which names it.
    type: str
  max_age:
    description:
      - Age up to which a backup is recent enough, such as V(24h). The units are V(m), V(h), V(d) and V(w).
      - A backup is made every time when this is not given.
    type: str
  mode:
    description:
      - How a running guest is backed up. V(snapshot) goes on while it runs, V(suspend) pauses it, and V(stop) shuts it
        down and starts it again.
    type: str
    choices: [snapshot, suspend, stop]
    default: snapshot
  compress:
    description: Compression; V(0) for none.
    type: str
    choices: ['0', gzip, lzo, zstd]
    default: zstd
  notes:
    description:
      - Notes, in which Proxmox VE fills in C({{guestname}}), C({{node}}) and C({{vmid}}).
      - With O(volid) they are taken as they are.
    type: str
  protected:
    description: Protect the backup from being deleted. A new one is not protected when this is not given.
    type: bool
  bwlimit:
    description: Limit for reading disks, or for writing them with O(state=restored), in KiB/s.
    type: int
  retention:
    description: Which backups of a guest to keep. With O(state=present) the others are deleted after a new one is made.
    type: dict
    suboptions:
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
  keep_older:
    description:
      - Delete no older backup when a new one is made, not even one that the retention of the storage does not keep.
      - Where the storage has as many backups of the guest as it may, the backup fails then. Not with O(retention).
    type: bool
    default: false
  volid:
    description: The backup to change, delete or restore, such as V(local:backup/vzdump-qemu-101-….vma.zst).
    type: str
  target:
    description:
      - Node to restore a new guest on. When not given, it is the first node that sees the backup. A guest that is
        overwritten stays where it is.
    type: str
  target_storage:
    description: Storage for the disks of the restored guest; those that the backup names when not given.
    type: str
  new_name:
    description:
      - Name of the restored guest, which no other guest may have; when not given, O(name) for a new guest, else the one
        that the backup holds.
    type: str
  unique:
    description:
      - Give the restored guest MAC addresses, and a QEMU guest an UUID, of its own. A copy that is to run beside the
        original needs them.
    type: bool
    default: false
  disconnect:
    description:
      - Unplug the cables of the restored guest's network devices, so that it can run beside the original.
    type: bool
    default: false
  tags:
    description:
      - Tags of the restored guest, instead of those in the backup. An empty list is no tags.
    type: list
    elements: str
  pool:
    description: Pool to add the restored guest to.
    type: str
  start:
    description: Start the restored guest.
    type: bool
    default: false
  timeout:
    description: Seconds to wait for each backup or restore, which goes on when it takes longer.
    default: 21600
  throttle:
    description: At most this many backups are made at the same time; Proxmox VE lets a node make one at a time.
    default: 4
seealso:
  - module: playvisor.proxmox.pve_backup_info
  - module: playvisor.proxmox.pve_backup_job
  - module: playvisor.proxmox.pve_snapshot
"""

EXAMPLES = r"""
- name: Have a backup of every production guest that is not older than a day, and keep a week of them
  playvisor.proxmox.pve_backup:
    guests:
      tags: [prod]
    storage: backups
    max_age: 24h
    retention:
      daily: 7

- name: Back up before an upgrade, and protect it
  playvisor.proxmox.pve_backup:
    name: web-01
    storage: backups
    notes: before the upgrade of {% raw %}{{guestname}}{% endraw %}
    protected: true

- name: Let a backup be deleted again
  playvisor.proxmox.pve_backup:
    volid: backups:backup/vzdump-qemu-101-2026_11_21-00_23_53.vma.zst
    protected: false

- name: Restore a backup as a new guest, to look at it beside the original
  playvisor.proxmox.pve_backup:
    state: restored
    volid: backups:backup/vzdump-qemu-101-2026_11_21-00_23_53.vma.zst
    vmid: 9101
    new_name: web-01-yesterday
    target_storage: local-zfs
    unique: true
    disconnect: true
    tags: [copy]

- name: Put a guest back to its backup, and start it
  playvisor.proxmox.pve_backup:
    state: restored
    volid: backups:backup/vzdump-qemu-101-2026_11_21-00_23_53.vma.zst
    vmid: 101
    name: web-01
    start: true
"""

RETURN = r"""
guests:
  description: The chosen guests, or the restored one, and what happened to each, by vmid.
  returned: when the guests could be looked up, unless O(volid) is changed or deleted
  type: list
  elements: dict
  contains:
    vmid:
      description: Id of the guest.
      type: int
      returned: always
      sample: 101
    name:
      description: Name of the guest, as it was before; O(new_name), if any, for a new one.
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
    before:
      description:
        - Its backups on the storage, latest first, as C(backups).
        - With O(state=restored) whether it existed, as C(exists), and its power status, as C(status).
      type: dict
      returned: always
      sample: {backups: []}
    after:
      description:
        - The same after, read back; in check mode with V(new) for a backup that would be made.
        - With O(state=restored) also the backup that it was restored from, as C(backup), and if they are asked for, its
          C(tags) and the network devices that are C(disconnected).
      type: dict
      returned: always
      sample: {backups: ['local:backup/vzdump-qemu-101-2026_11_21-00_23_53.vma.zst']}
    changed:
      description: Whether a backup was made, deleted or restored, or would be.
      type: bool
      returned: always
    upids:
      description: The tasks of Proxmox VE that did it.
      type: list
      elements: str
      returned: always
    failure:
      description: Why this guest failed, as RV(failure); null when it did not.
      type: dict
      returned: always
backups:
  description:
    - The backup that was to be changed or deleted, with C(volid), C(before), C(after), C(changed), C(upids) and
      C(failure).
  returned: when O(volid) is given, unless O(state=restored)
  type: list
  elements: dict
  contains:
    volid:
      description: Volume id of the backup.
      type: str
      returned: always
      sample: local:backup/vzdump-qemu-101-2026_11_21-00_23_53.vma.zst
    before:
      description: Whether it existed, its notes and whether it was protected.
      type: dict
      returned: always
      sample: {exists: true, notes: web-01, protected: true}
    after:
      description: The same after, read back; in check mode as it is expected. Empty when unknown.
      type: dict
      returned: always
      sample: {exists: true, notes: web-01, protected: false}
    changed:
      description: Whether it was changed or deleted, or would be.
      type: bool
      returned: always
    upids:
      description: The tasks of Proxmox VE that did it.
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
  description: What brings the backups to the wished state.
  returned: when the guests could be looked up
  type: dict
  contains:
    digest:
      description: Names this plan; give it as O(expect_plan) to apply this plan or nothing.
      type: str
      returned: always
    steps:
      description: The API requests in order, each with the guest it is for and why.
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

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..module_utils._api.client import Client, segment
from ..module_utils._api.concurrency import bounded_map
from ..module_utils._api.errors import INVALID_PARAMETER, PveError
from ..module_utils._backup.backups import (
    KEEP,
    is_backup_of,
    parse_storage,
    read_birth,
    render_notes,
    render_retention,
    select_backups,
)
from ..module_utils._backup.restore import Restore
from ..module_utils._backup.volume import BackupVolume
from ..module_utils._checks.existing import Existing
from ..module_utils._checks.references import Reference
from ..module_utils._guest.guest import Guest
from ..module_utils._guest.inventory import read_each
from ..module_utils._guest.lookup import find_guests_to_change, with_config
from ..module_utils._guest.selection import guests_spec
from ..module_utils._module.ages import parse_age
from ..module_utils._module.module import PveModule
from ..module_utils._module.options import applying_spec
from ..module_utils._module.plan import Plan, Step
from ..module_utils._run.resource import GuestResource, Resource
from ..module_utils._run.runner import run_plans
from ..module_utils._storage.storages import storage_path

NEW = "new"


@dataclass(frozen=True)
class GuestBackups:
    """A guest with its backups on the storage, read at I(now), or with the problem that prevented reading them.

    I(expired) are the volume ids of those that retention does not keep, as the API says; I(birth) is when the guest was
    made, where that counts.
    """

    guest: Guest
    backups: tuple[dict[str, Any], ...] = ()
    expired: tuple[str, ...] = ()
    now: float = 0.0
    birth: int = 0
    problem: PveError | None = None


class Backups(GuestResource[GuestBackups]):
    settle_seconds = 0.0

    def __init__(self, storage: str) -> None:
        self._storage = storage

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[GuestBackups]:
        inventory, chosen = find_guests_to_change(client, params, everywhere=not _is_harmless(params))
        now, existing = client.read_time(), Existing(client)

        def read_node(node: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]] | PveError:
            path = storage_path(node, self._storage)
            try:
                existing.require(Reference("storage", self._storage, node, "backup"))
                listed = client.get(f"{path}/content", content="backup")
                if params["state"] != "pruned":
                    return listed, []
                marked = client.get(f"{path}/prunebackups", **{"prune-backups": render_retention(params["retention"])})
                return listed, [entry for entry in marked if entry["mark"] == "remove"]
            except PveError as problem:
                return problem

        nodes = sorted({guest.node for guest in chosen if inventory.is_online(guest.node)})
        contents = dict(zip(nodes, bounded_map(params["throttle"], read_node, nodes), strict=True))

        def observe_guest(guest: Guest) -> GuestBackups:
            content = contents[guest.node]
            if isinstance(content, PveError):
                return GuestBackups(guest, problem=content)
            listed, expired = content
            expired_volids = tuple(entry["volid"] for entry in expired if is_backup_of(entry, guest))
            observed = GuestBackups(guest, select_backups(listed, guest), expired_volids, now)
            if not has_recent_backup(observed, params["max_age"]):
                return observed
            guest = with_config(client, guest)
            return replace(observed, guest=guest, birth=read_birth(guest.config or {}))

        def record_problem(guest: Guest, problem: PveError) -> GuestBackups:
            return GuestBackups(guest, problem=problem)

        return read_each(inventory, chosen, params["throttle"], observe_guest, record_problem)

    def plan(self, observed: GuestBackups, params: dict[str, Any]) -> Plan:
        if observed.problem:
            raise observed.problem
        before = [backup["volid"] for backup in observed.backups]
        after, steps = before, []
        if params["state"] == "pruned":
            after = [volid for volid in before if volid not in observed.expired]
            steps = [_build_prune_step(observed, params)] if observed.expired else []
        elif not has_recent_backup(observed, params["max_age"]):
            after = [NEW, *before]
            steps = [_build_backup_step(observed, params)]
        return Plan(self.target(observed), tuple(steps), {"backups": before}, {"backups": after})

    def read_state(self, client: Client, observed: GuestBackups, plan: Plan) -> dict[str, Any]:
        path = f"{storage_path(observed.guest.node, self._storage)}/content"
        listed = client.get(path, content="backup", vmid=observed.guest.vmid)
        return {"backups": [backup["volid"] for backup in select_backups(listed, observed.guest)]}

    def is_reached(self, plan: Plan, state: dict[str, Any]) -> bool:
        if NEW not in plan.after["backups"]:
            return state == plan.after
        # Retention set on the storage may have deleted others.
        return bool(set(state["backups"]) - set(plan.before["backups"]))


def _is_harmless(params: dict[str, Any]) -> bool:
    """Whether a backup is made without stopping the guest, and no backup is deleted."""
    return params["state"] == "present" and params["mode"] == "snapshot" and not params["retention"]


def check_options(params: dict[str, Any]) -> None:
    """Raise C(invalid_parameter) for options that the API would refuse only after other changes were made, or never."""
    if params["max_age"] is not None:
        parse_age(params["max_age"])
    if params["retention"] and not render_retention(params["retention"]):
        raise PveError(INVALID_PARAMETER, "retention keeps nothing.", f"Give a number for one of {', '.join(KEEP)}.")
    if params["retention"] and params["keep_older"]:
        what = "retention and keep_older contradict each other."
        raise PveError(INVALID_PARAMETER, what, "Leave one of them out.")
    volid, storage, state = params["volid"], params["storage"], params["state"]
    if volid is None:
        return
    if parse_storage(volid) and not volid.partition(":")[2].startswith("backup/"):
        hint = "Those of backups are like local:backup/vzdump-qemu-101-2026_01_31-02_30_00.vma.zst."
        raise PveError(INVALID_PARAMETER, f"{volid} is no volume id of a backup.", hint)
    if storage not in (None, parse_storage(volid)):
        raise PveError(
            INVALID_PARAMETER, f"The backup {volid} is not on storage {storage}.", "Leave storage out: volid names it."
        )
    if state != "restored" and (params["vmid"], params["name"]) != (None, None):
        raise PveError(
            INVALID_PARAMETER,
            f"Both a guest and a backup (volid) are named for state {state}.",
            "Name the backup alone to change or delete it, or the guest alone to make one.",
        )
    if state == "pruned":
        raise PveError(INVALID_PARAMETER, "volid names one backup, which can't be pruned.", "Delete it: state absent.")
    if state == "present" and params["notes"] is None and params["protected"] is None:
        raise PveError(INVALID_PARAMETER, f"Nothing is asked for of {volid}.", "Give notes or protected.")


def has_recent_backup(observed: GuestBackups, max_age: str | None) -> bool:
    """Whether the latest backup is recent enough that no new one is needed."""
    if max_age is None or not observed.backups:
        return False
    oldest = max(observed.now - parse_age(max_age), observed.birth)
    return int(observed.backups[0].get("ctime") or 0) >= oldest


def _build_backup_step(observed: GuestBackups, params: dict[str, Any]) -> Step:
    options = {
        "vmid": str(observed.guest.vmid),
        "storage": params["storage"],
        "mode": params["mode"],
        "compress": params["compress"],
        "notes-template": render_notes(params["notes"]) if params["notes"] else None,
        "protected": 1 if params["protected"] else None,
        "bwlimit": params["bwlimit"],
        "prune-backups": render_retention(params["retention"]) if params["retention"] else None,
        "remove": 0 if params["keep_older"] else None,
    }
    why = (
        f"it has no backup that is not older than {params['max_age']}" if params["max_age"] else "a backup is asked for"
    )
    return Step(
        "POST",
        f"/nodes/{segment(observed.guest.node)}/vzdump",
        why,
        {name: value for name, value in options.items() if value is not None},
    )


def _build_prune_step(observed: GuestBackups, params: dict[str, Any]) -> Step:
    guest = observed.guest
    path = f"{storage_path(guest.node, params['storage'])}/prunebackups"
    options = {"prune-backups": render_retention(params["retention"]), "vmid": guest.vmid, "type": guest.type}
    return Step("DELETE", path, f"{len(observed.expired)} of its backups are not to be kept", options)


def choose_resource(params: dict[str, Any]) -> Resource[Any]:
    if params["state"] == "restored":
        return Restore()
    return BackupVolume() if params["volid"] else Backups(params["storage"])


def main() -> None:
    module = PveModule(
        argument_spec={
            **guests_spec(),
            **applying_spec(),
            "state": {"type": "str", "choices": ["present", "pruned", "absent", "restored"], "default": "present"},
            "storage": {"type": "str"},
            "max_age": {"type": "str"},
            "mode": {"type": "str", "choices": ["snapshot", "suspend", "stop"], "default": "snapshot"},
            "compress": {"type": "str", "choices": ["0", "gzip", "lzo", "zstd"], "default": "zstd"},
            "notes": {"type": "str"},
            "protected": {"type": "bool"},
            "bwlimit": {"type": "int"},
            "retention": {"type": "dict", "options": {name: {"type": "int"} for name in KEEP}},
            "keep_older": {"type": "bool", "default": False},
            "volid": {"type": "str"},
            "target": {"type": "str"},
            "target_storage": {"type": "str"},
            "new_name": {"type": "str"},
            "unique": {"type": "bool", "default": False},
            "disconnect": {"type": "bool", "default": False},
            "tags": {"type": "list", "elements": "str"},
            "pool": {"type": "str"},
            "start": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 21600},
            "throttle": {"type": "int", "default": 4},
        },
        mutually_exclusive=[("vmid", "guests"), ("name", "guests"), ("volid", "guests")],
        required_one_of=[("vmid", "name", "guests", "volid"), ("storage", "volid")],
        required_if=[
            ("state", "absent", ["volid"]),
            ("state", "pruned", ["retention"]),
            ("state", "restored", ["volid"]),
            ("state", "restored", ["vmid", "name"], True),
        ],
    )
    try:
        check_options(module.params)
    except PveError as error:
        module.fail(error)
    run_plans(module, choose_resource(module.params))


if __name__ == "__main__":
    main()
