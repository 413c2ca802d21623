#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_snapshot
short_description: Manage snapshots of QEMU and LXC guests of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Takes, deletes, describes and rolls back to snapshots of one guest or many, and prunes old ones.
  - A snapshot that is there already is not taken again, and one that is not there is not deleted.
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
      - V(present) takes O(snapname) unless it exists, brings its description up to date when O(description) is given,
        and then prunes as O(retention) says.
      - V(absent) deletes O(snapname). The changes made since go to the snapshot's children; the guest is not touched.
      - V(rolled_back) brings the guest back to O(snapname), which must exist. It always changes something. A running
        guest is stopped by it, unless the snapshot holds its memory.
      - V(pruned) only deletes what O(retention) says.
    type: str
    choices: [present, absent, rolled_back, pruned]
    default: present
  snapname:
    description:
      - Name of the snapshot, 2 to 40 letters, digits, C(_) and C(-), a letter first.
      - Required unless O(state=pruned).
    type: str
  description:
    description: Description of the snapshot. An existing one is left as it is when this is not given.
    type: str
  vmstate:
    description:
      - Save the memory of a running QEMU guest too. Nothing is saved of a guest that does not run; LXC can't do it.
    type: bool
    default: false
  start:
    description: Start the guest after a rollback.
    type: bool
    default: false
  retention:
    description:
      - Which older snapshots to delete. Only snapshots that match O(retention.names) are ever deleted, and of those the
        ones that neither O(retention.keep) nor O(retention.max_age) keeps.
    type: dict
    suboptions:
      names:
        description: Name or glob that a snapshot must match, such as V(auto-*).
        type: str
        required: true
      keep:
        description: Keep this many of the newest. The one that this task takes is among them.
        type: int
      max_age:
        description:
          - Keep those that are not older than this, such as V(30d). The units are V(m), V(h), V(d) and V(w).
          - Their age is counted by the cluster's clock.
        type: str
notes:
  - C(current) in the list of Proxmox VE stands for the guest itself; it is no snapshot.
  - In a O(guests) selection, templates are left out unless O(guests.vmids) names them or O(guests.templates=true).
seealso:
  - module: playvisor.proxmox.pve_guest_state
"""

EXAMPLES = r"""
- name: Take a snapshot with memory before an upgrade
  playvisor.proxmox.pve_snapshot:
    name: web-01
    snapname: before-upgrade
    description: Before the upgrade to Debian 13
    vmstate: true

- name: Take a nightly snapshot of all database guests, and keep the last seven
  playvisor.proxmox.pve_snapshot:
    guests:
      tags: [db]
    snapname: "nightly-{{ now(fmt='%Y%m%d') }}"
    retention:
      names: nightly-*
      keep: 7

- name: Roll back and start
  playvisor.proxmox.pve_snapshot:
    name: web-01
    snapname: before-upgrade
    state: rolled_back
    start: true

- name: Delete what is older than two weeks
  playvisor.proxmox.pve_snapshot:
    guests:
      names: ['*']
    state: pruned
    retention:
      names: auto-*
      max_age: 2w
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
    before:
      description:
        - The tree of snapshots before. C(snapshots) lists each with C(name), C(parent), C(description) and C(vmstate);
          C(current) is the one that the guest's present state goes back to.
      type: dict
      returned: always
      sample: {current: null, snapshots: []}
    after:
      description: The tree after, read back; in check mode the one that is expected. Empty when unknown.
      type: dict
      returned: always
      sample:
        current: before-upgrade
        snapshots: [{name: before-upgrade, parent: null, description: '', vmstate: false}]
    snaptimes:
      description: When each snapshot that there is was taken, in seconds since the epoch, by their names.
      type: dict
      returned: when they could be read
      sample: {before-upgrade: 1795220863}
    changed:
      description: Whether this guest was changed, or would be.
      type: bool
      returned: always
    upids:
      description: The tasks of Proxmox VE that did it.
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
  description: What brings the snapshots to the wished state, with its C(digest) and C(steps).
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

import fnmatch
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..module_utils._api.client import Client, segment
from ..module_utils._api.errors import GUEST_LOCKED, INVALID_PARAMETER, NOT_FOUND, UNSUPPORTED, PveError
from ..module_utils._checks.existing import Existing
from ..module_utils._checks.features import find_snapshot_problem
from ..module_utils._guest.guest import Guest
from ..module_utils._guest.inventory import read_each
from ..module_utils._guest.lookup import find_guests_to_change, with_config
from ..module_utils._guest.selection import guests_spec
from ..module_utils._guest.snapshots import Snapshot, Tree, read_tree
from ..module_utils._module.ages import parse_age
from ..module_utils._module.module import PveModule
from ..module_utils._module.options import applying_spec
from ..module_utils._module.plan import Plan, Step
from ..module_utils._run.resource import GuestResource
from ..module_utils._run.runner import run_plans

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{1,39}")


class Snapshots(GuestResource[Tree]):
    def __init__(self) -> None:
        # When the snapshots of each guest were taken, as they were read last, by its vmid.
        self._times: dict[int, dict[str, int]] = {}

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[Tree]:
        check_options(params)
        deleting = params["state"] != "present" or params["retention"] is not None
        inventory, guests = find_guests_to_change(client, params, everywhere=deleting)
        now, existing = client.read_time(), Existing(client)

        def read(guest: Guest) -> Tree:
            tree = read_tree(guest, client.get(f"{guest.path}/snapshot"), now)
            is_new = params["state"] == "present" and params["snapname"] not in tree.snapshots
            return _check_new(client, existing, tree) if is_new and not guest.template else tree

        def record_problem(guest: Guest, problem: PveError) -> Tree:
            return Tree(guest, {}, problem=problem)

        return read_each(inventory, guests, params["throttle"], read, record_problem)

    def plan(self, observed: Tree, params: dict[str, Any]) -> Plan:
        if observed.problem:
            raise observed.problem
        if observed.guest.template:
            raise PveError(
                UNSUPPORTED,
                f"Guest {observed.guest.label} is a template, and templates have no snapshots.",
                "Clone it and take snapshots of the clone.",
            )
        steps, after = plan_steps(observed, params)
        plan = Plan(self.target(observed), steps, observed.describe(), after.describe(), observed.config_digest)
        if params["state"] == "rolled_back":
            # What it brings back, and what it undoes, is the guest as a whole.
            return plan
        return replace(plan, basis=describe_basis(observed, after, params))

    def read_state(self, client: Client, observed: Tree, plan: Plan) -> dict[str, Any]:
        tree = read_tree(observed.guest, client.get(f"{observed.guest.path}/snapshot"), 0.0)
        self._times[observed.guest.vmid] = tree.list_times()
        return tree.describe()

    def extra_facts(self, observed: Tree, plan: Plan, client: Client | None = None) -> dict[str, Any]:
        return {"snaptimes": self._times.get(observed.guest.vmid, observed.list_times())}


def _check_new(client: Client, existing: Existing, tree: Tree) -> Tree:
    """The tree with its guest's configuration, which a plan needs anyway, or with the problem of a new snapshot."""
    guest = with_config(client, tree.guest)
    problem = find_snapshot_problem(client, existing, guest)
    if (guest.config or {}).get("lock") == "suspended":
        problem = PveError(
            GUEST_LOCKED, f"Guest {guest.label} is hibernated and gets no snapshot.", "Start it first, to resume it."
        )
    if problem is not None:
        return replace(tree, problem=problem)
    # One that was renamed just now is read once more, and refused.
    return replace(tree, guest=guest) if guest.identity() == tree.guest.identity() else tree


def describe_basis(tree: Tree, after: Tree, params: dict[str, Any]) -> dict[str, Any]:
    """The snapshots that are taken, described or deleted, as they are before; whatever others there are."""
    names = {name for name in {*tree.snapshots, *after.snapshots} if _describe(tree, name) != _describe(after, name)}
    running = {"running": tree.running} if params["vmstate"] else {}
    return {"snapshots": {name: _describe(tree, name) for name in names}, **running}


def _describe(tree: Tree, name: str) -> dict[str, Any] | None:
    """A snapshot without its parent, which changes with other snapshots; None where it is not there."""
    snapshot = tree.snapshots.get(name)
    if snapshot is None:
        return None
    return {"description": snapshot.description, "vmstate": snapshot.vmstate, "snaptime": snapshot.snaptime}


def check_options(params: dict[str, Any]) -> None:
    """Raise C(invalid_parameter) for options that the API would refuse only after other guests were changed."""
    name, retention = params["snapname"], params["retention"]
    if name is not None and (not _NAME.fullmatch(name) or name == "current" or name.lower() == "pending"):
        raise PveError(
            INVALID_PARAMETER,
            f"{name!r} can't be the name of a snapshot.",
            "Use 2 to 40 letters, digits, _ and -, a letter first; current and pending are reserved.",
            fields={"snapname": "it can't be the name of a snapshot"},
        )
    if not retention:
        return
    if retention["keep"] is None and retention["max_age"] is None:
        raise PveError(
            INVALID_PARAMETER,
            "retention says neither keep nor max_age.",
            "Say what to keep, a number or an age.",
        )
    if (retention["keep"] or 0) < 0:
        raise PveError(INVALID_PARAMETER, f"retention.keep is {retention['keep']}.", "It must be at least 0.")
    if retention["max_age"] is not None:
        parse_age(retention["max_age"])


def plan_steps(tree: Tree, params: dict[str, Any]) -> tuple[tuple[Step, ...], Tree]:
    """The requests that the options ask for, and the tree of snapshots after them."""
    state, name, steps = params["state"], params["snapname"], []
    # Proxmox VE drops the line break that a YAML block ends with.
    description = None if params["description"] is None else params["description"].rstrip()
    if state == "present" and name not in tree.snapshots:
        steps.append(_take(tree, params, description))
        # A new snapshot is the newest one, even if the clocks of this machine and of the node differ.
        earliest = max((snapshot.snaptime + 1 for snapshot in tree.snapshots.values()), default=0)
        memory = params["vmstate"] and tree.running
        tree = tree.with_snapshot(Snapshot(name, tree.current, description or "", memory, max(earliest, int(tree.now))))
    elif state == "present" and description not in (None, tree.snapshots[name].description):
        steps.append(_change_description(tree, name, description))
        described = replace(tree.snapshots[name], description=description)
        tree = replace(tree, snapshots={**tree.snapshots, name: described})
    elif state == "absent" and name in tree.snapshots:
        steps.append(_delete(tree, name, "it is there, and absent is asked for"))
        tree = tree.without_snapshot(name)
    elif state == "rolled_back":
        steps.append(_roll_back(tree, params))
        tree = replace(tree, current=name)
    for old in find_expired(tree, params["retention"]) if params["retention"] else ():
        if state == "present" and old == name:
            continue
        steps.append(_delete(tree, old, f"it matches {params['retention']['names']} and is not to be kept"))
        tree = tree.without_snapshot(old)
    return tuple(steps), tree


def find_expired(tree: Tree, retention: dict[str, Any]) -> list[str]:
    """The names of the snapshots that retention does not keep, oldest first."""
    matching = [
        snapshot for snapshot in tree.snapshots.values() if fnmatch.fnmatchcase(snapshot.name, retention["names"])
    ]
    # Of snapshots of the same second, a parent is older than its child.
    matching.sort(key=lambda snapshot: (snapshot.snaptime, tree.depth(snapshot.name), snapshot.name), reverse=True)
    old = matching[retention["keep"] or 0 :]
    if retention["max_age"] is not None:
        oldest = tree.now - parse_age(retention["max_age"])
        old = [snapshot for snapshot in old if snapshot.snaptime < oldest]
    return [snapshot.name for snapshot in reversed(old)]


def _take(tree: Tree, params: dict[str, Any], description: str | None) -> Step:
    options = {"snapname": params["snapname"]}
    if description:
        options["description"] = description
    if params["vmstate"]:
        if tree.guest.type == "lxc":
            raise PveError(
                UNSUPPORTED,
                f"Guest {tree.guest.label} is a container, whose memory Proxmox VE can't save.",
                "Leave vmstate out.",
            )
        options["vmstate"] = 1
    return Step("POST", f"{tree.guest.path}/snapshot", f"there is no snapshot {params['snapname']}", options)


def _change_description(tree: Tree, name: str, description: str) -> Step:
    path = f"{tree.guest.path}/snapshot/{segment(name)}/config"
    return Step("PUT", path, "its description differs", {"description": description}, task=False)


def _delete(tree: Tree, name: str, why: str) -> Step:
    return Step("DELETE", f"{tree.guest.path}/snapshot/{segment(name)}", f"{name}: {why}")


def _roll_back(tree: Tree, params: dict[str, Any]) -> Step:
    name = params["snapname"]
    if name not in tree.snapshots:
        known = ", ".join(sorted(tree.snapshots)) or "none"
        raise PveError(NOT_FOUND, f"Guest {tree.guest.label} has no snapshot {name}.", f"It has these: {known}.")
    options = {"start": 1} if params["start"] else {}
    return Step("POST", f"{tree.guest.path}/snapshot/{segment(name)}/rollback", "a rollback is asked for", options)


def main() -> None:
    module = PveModule(
        argument_spec={
            **guests_spec(),
            **applying_spec(),
            "state": {"type": "str", "choices": ["present", "absent", "rolled_back", "pruned"], "default": "present"},
            "snapname": {"type": "str"},
            "description": {"type": "str"},
            "vmstate": {"type": "bool", "default": False},
            "start": {"type": "bool", "default": False},
            "retention": {
                "type": "dict",
                "options": {
                    "names": {"type": "str", "required": True},
                    "keep": {"type": "int"},
                    "max_age": {"type": "str"},
                },
            },
        },
        mutually_exclusive=[("vmid", "guests"), ("name", "guests")],
        required_one_of=[("vmid", "name", "guests")],
        required_if=[
            ("state", "present", ["snapname"]),
            ("state", "absent", ["snapname"]),
            ("state", "rolled_back", ["snapname"]),
            ("state", "pruned", ["retention"]),
        ],
    )
    run_plans(module, Snapshots())


if __name__ == "__main__":
    main()
