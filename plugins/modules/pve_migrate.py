#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_migrate
short_description: Move QEMU and LXC guests between nodes of a Proxmox VE cluster
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Moves one guest or many to a node, or all guests away from one, or those back that were moved away, and waits until
    they are there.
  - A guest that is there already is left alone. What would make a migration fail is found before any is started.
  - A guest under HA is moved by the HA manager, which is waited for.
  - In check mode it returns the plan, that is, the exact API requests it would send.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.guests
  - playvisor.proxmox.guests.selection
  - playvisor.proxmox.applying
  - playvisor.proxmox.attributes
options:
  target:
    description: Node to move the guests to.
    type: str
  drain:
    description:
      - Move all guests that are no templates away from this node. Each goes to the online node on which the most memory
        is not promised to running guests.
    type: str
  return_to:
    description:
      - Move the guests O(moved) back to this node. They have to be on the nodes still to which they were moved.
    type: str
  moved:
    description:
      - With O(return_to), the guests that were moved away from it. One that is on another node by now, has another
        name, or is gone, is left alone and named in a warning.
    type: list
    elements: dict
    suboptions:
      vmid:
        description: Id of the guest.
        type: int
        required: true
      name:
        description: Name of the guest, by which a guest that was given the id since is told apart.
        type: str
        required: true
      node:
        description: Node that it was moved to.
        type: str
        required: true
  with_local_disks:
    description:
      - Also move running QEMU guests with local disks, which are copied.
      - One with a change of such a disk that waits for a restart is not moved.
    type: bool
    default: false
  restart:
    description:
      - Move running containers by a restart. They can't be moved while they run.
    type: bool
    default: false
  shutdown_timeout:
    description: Seconds that a container has to shut down with O(restart=true).
    type: int
    default: 180
  storage:
    description:
      - Storage on the target node for copied disks, or pairs such as V(local-zfs:local-lvm) separated by commas.
      - Disks go to the storage of the same name when it is not given.
    type: str
  timeout:
    description: Seconds to wait for each guest, whose migration goes on when it takes longer.
    default: 7200
seealso:
  - module: playvisor.proxmox.pve_guest_state
"""

EXAMPLES = r"""
- name: Move one guest while it runs
  playvisor.proxmox.pve_migrate:
    name: web-01
    target: pve2

- name: Empty a node for maintenance, two guests at a time
  playvisor.proxmox.pve_migrate:
    drain: pve1
    with_local_disks: true
    restart: true
    throttle: 2
  register: drained

- name: Bring back what was moved, wherever it is by now
  playvisor.proxmox.pve_migrate:
    guests:
      vmids: "{{ drained.guests | selectattr('changed') | map(attribute='vmid') }}"
    target: pve1
    with_local_disks: true
    restart: true

- name: Bring one guest back, if it is still where it was moved to
  playvisor.proxmox.pve_migrate:
    return_to: pve1
    moved:
      - {vmid: 101, name: web-01, node: pve2}
"""

RETURN = r"""
guests:
  description: The guests and what happened to each, by vmid.
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
      description: Node that the guest was on.
      type: str
      returned: always
      sample: pve1
    type:
      description: V(qemu) or V(lxc).
      type: str
      returned: always
      sample: qemu
    before:
      description: The node before.
      type: dict
      returned: always
      sample: {node: pve1}
    after:
      description: The node after, read back; in check mode the one that is expected. Empty when unknown.
      type: dict
      returned: always
      sample: {node: pve2}
    changed:
      description: Whether this guest was moved, or would be.
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
  description: What brings the guests to the target node.
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

from ..module_utils._api.client import Client
from ..module_utils._api.concurrency import bounded_map
from ..module_utils._api.errors import INVALID_PARAMETER, NODE_OFFLINE, UNSUPPORTED, PveError
from ..module_utils._api.tasks import Upid
from ..module_utils._checks.existing import Existing
from ..module_utils._checks.features import find_fixed_volumes
from ..module_utils._cluster.ha import service_id
from ..module_utils._cluster.ha_moves import REQUEST_TYPE, HaMove, given_up_error, wait_for_move, was_moved_along
from ..module_utils._guest.guest import Guest
from ..module_utils._guest.inventory import Inventory, require_member, require_online
from ..module_utils._guest.lookup import find_guests_to_change, observe_guests, read_lists, with_config
from ..module_utils._guest.selection import guests_spec
from ..module_utils._module.module import PveModule
from ..module_utils._module.options import applying_spec
from ..module_utils._module.plan import Plan, Step
from ..module_utils._run.resource import GuestResource, Outcome
from ..module_utils._run.runner import run_plans


@dataclass(frozen=True)
class ObservedMigration:
    """A guest, its target node, and the conditions from C(GET .../migrate); or the problem with it."""

    guest: Guest
    target: str
    conditions: dict[str, Any]
    problem: PveError | None = None
    # Local volumes that can't be copied, since snapshots have them.
    fixed: tuple[str, ...] = ()


class Migration(GuestResource[ObservedMigration]):
    counts_unneeded = True

    def __init__(self) -> None:
        # The guests that others of the call take along, by the paths of their requests.
        self._led: dict[str, Guest] = {}

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[ObservedMigration]:
        targets: dict[Guest, str | None]
        if params["drain"]:
            inventory = observe_guests(client)
            require_node(inventory, params["drain"])
            leaving = [guest for guest in inventory.guests if guest.node == params["drain"]]
            inventory = read_lists(client, inventory, leaving)
            targets = choose_targets(inventory, params["drain"])
        elif params["return_to"]:
            inventory = observe_guests(client)
            require_node(inventory, params["return_to"])
            moved = params["moved"]
            if moved is None:
                raise PveError(INVALID_PARAMETER, "return_to needs moved.", "Name the guests that were moved away.")
            inventory = read_lists(client, inventory, filter(None, (inventory.get(entry["vmid"]) for entry in moved)))
            returning, left = choose_returning(inventory, moved, params["return_to"])
            client.notices.extend(left)
            targets = dict.fromkeys(returning, params["return_to"])
        else:
            inventory, guests = find_guests_to_change(client, params)
            require_node(inventory, params["target"])
            targets = dict.fromkeys(guests, params["target"])

        def observe_guest(pair: tuple[Guest, str | None]) -> ObservedMigration:
            guest, target = pair
            try:
                if target is None:
                    raise _no_room_error(guest)
                require_online(inventory, guest)
                if guest.node == target:
                    return ObservedMigration(guest, target, {})
                conditions = client.get(f"{guest.path}/migrate", target=target)
                disks, running = conditions.get("local_disks") or (), bool(int(conditions.get("running") or 0))
                known = guest if guest.type == "qemu" else with_config(client, guest)
                fixed = find_fixed_volumes(Existing(client), known, disks, running=running)
                return ObservedMigration(guest, target, conditions, fixed=tuple(fixed))
            except PveError as problem:
                return ObservedMigration(guest, target or "", {}, problem)

        migrations = bounded_map(params["throttle"], observe_guest, list(targets.items()))
        if params["drain"]:
            migrations = keep_together(migrations)
        self._led = find_led(migrations)
        return [_require_companions(inventory, migration, migrations) for migration in migrations]

    def prepare_step(self, client: Client, step: Step) -> Step | None:
        """None once the HA manager has moved the guest along with another one of the call."""
        if step.path not in self._led:
            return step
        return None if was_moved_along(client, self._led[step.path], step.params["target"]) else step

    def plan(self, observed: ObservedMigration, params: dict[str, Any]) -> Plan:
        if observed.problem:
            raise observed.problem
        guest, target = observed.guest, observed.target
        steps: tuple[Step, ...] = ()
        if guest.node != target:
            _refuse_impossible(observed, params)
            if observed.fixed:
                why = f"it has snapshots of {', '.join(observed.fixed)}, which is on local storage"
                raise _not_movable_error(guest, why, "Delete its snapshots first.")
            steps = (_build_step(observed, params),)
        return Plan(self.target(observed), steps, {"node": guest.node}, {"node": target})

    def read_state(self, client: Client, observed: ObservedMigration, plan: Plan) -> dict[str, Any]:
        entries = client.get("/cluster/resources", type="vm")
        entry = next((entry for entry in entries if entry["vmid"] == observed.guest.vmid), {})
        # One that is still locked for it may stand on the target already, paused.
        return {"node": observed.guest.node if entry.get("lock") == "migrate" else entry.get("node")}

    def finish_step(self, client: Client, step: Step, outcome: Outcome, deadline: float) -> None:
        request = Upid.parse(outcome.upids[-1]) if outcome.upids else None
        if request is None or request.type != REQUEST_TYPE:
            return
        running = "online" in step.params or "restart" in step.params
        try:
            wait_for_move(client, HaMove(outcome.guest, step.params["target"], running, request), outcome, deadline)
        except PveError:
            # Only the request was done; the state that is read now says whether the guest was moved.
            outcome.steps_done -= 1
            raise


def require_node(inventory: Inventory, node: str) -> None:
    """Raise C(not_found) or C(node_offline) for a node that is not there or offline."""
    require_member(inventory, node)
    if not inventory.is_online(node):
        raise PveError(NODE_OFFLINE, f"Node {node} is offline.", "Bring it back first; nothing was changed.")


def choose_targets(inventory: Inventory, drained: str) -> dict[Guest, str | None]:
    """A target node for each guest of a node to drain, None where no node has room.

    Running guests come first, the largest before others. Each gets the node with the most memory that is not assigned
    to running guests; only running guests need room.
    """
    free = {
        node: maxmem - sum(guest.maxmem or 0 for guest in inventory.guests if _is_running_on(guest, node))
        for node, maxmem in inventory.memory.items()
        if node != drained and inventory.is_online(node)
    }
    leaving = [guest for guest in inventory.guests if guest.node == drained and not guest.template]
    leaving.sort(key=lambda guest: (guest.status != "running", -(guest.maxmem or 0), guest.vmid))
    targets: dict[Guest, str | None] = {}
    for guest in leaving:
        needed = (guest.maxmem or 0) if guest.status == "running" else 0
        with_room = [node for node in free if free[node] >= needed]
        targets[guest] = max(with_room, key=lambda node: (free[node], node)) if with_room else None
        if with_room:
            free[targets[guest]] -= needed
    return dict(sorted(targets.items(), key=lambda pair: pair[0].vmid))


def choose_returning(inventory: Inventory, moved: Sequence[dict[str, Any]], home: str) -> tuple[list[Guest], list[str]]:
    """The guests among those that were moved away from a node which are where they were moved to, or back already.

    And of each of the others why it is left alone.
    """
    returning, left = [], []
    for entry in sorted(moved, key=lambda entry: entry["vmid"]):
        vmid, name, node = entry["vmid"], entry["name"], entry["node"]
        guest = inventory.get(vmid)
        if guest is None:
            left.append(f"Guest {vmid} ({name}), which was moved to {node}, is not there any more.")
        elif guest.name != name:
            left.append(f"Left alone: guest {vmid} is named {guest.name} by now; the one that was moved was {name}.")
        elif guest.node not in (node, home):
            left.append(f"Left alone: guest {guest.label} is on {guest.node} by now; it was moved to {node}.")
        else:
            returning.append(guest)
    return returning, left


def _list_companions(migration: ObservedMigration) -> list[str]:
    """The HA ids of the guests that rules keep together with this one: the manager moves them along."""
    return list(migration.conditions.get("dependent-ha-resources") or ())


def keep_together(migrations: Sequence[ObservedMigration]) -> list[ObservedMigration]:
    """The migrations, each to the target of the first of those that are kept together with it and can be moved."""
    targets = {service_id(one.guest): one.target for one in migrations if one.problem is None}

    def choose_target(migration: ObservedMigration) -> str:
        together = {service_id(migration.guest), *_list_companions(migration)}
        return next((target for sid, target in targets.items() if sid in together), migration.target)

    return [replace(one, target=choose_target(one)) for one in migrations]


def find_led(migrations: Sequence[ObservedMigration]) -> dict[str, Guest]:
    """The guests that an earlier one of these takes along, by the paths of their requests."""
    led, seen = {}, set()
    for migration in migrations:
        if seen & set(_list_companions(migration)):
            led[f"{migration.guest.path}/migrate"] = migration.guest
        if migration.problem is None:
            seen.add(service_id(migration.guest))
    return led


def _require_companions(
    inventory: Inventory, migration: ObservedMigration, migrations: Sequence[ObservedMigration]
) -> ObservedMigration:
    """The migration; with a problem if the HA manager would move guests along that nobody has named."""
    named = {service_id(one.guest) for one in migrations}
    others = [guest for guest in inventory.guests if service_id(guest) in _list_companions(migration)]
    unnamed = [guest.label for guest in others if service_id(guest) not in named and guest.node != migration.target]
    if not unnamed or migration.problem is not None:
        return migration
    why = f"rules of HA keep it together with {', '.join(unnamed)}, and would move that along"
    return replace(migration, problem=_not_movable_error(migration.guest, why, "Name them all, or change the rules."))


def _is_running_on(guest: Guest, node: str) -> bool:
    return guest.node == node and guest.status == "running"


def _no_room_error(guest: Guest) -> PveError:
    return PveError(
        UNSUPPORTED,
        f"No other node has {(guest.maxmem or 0) // 1024**2} MiB of memory left for guest {guest.label}.",
        "Stop guests elsewhere, or move it by hand to a target of your choice.",
    )


def _refuse_impossible(observed: ObservedMigration, params: dict[str, Any]) -> None:
    guest, conditions = observed.guest, observed.conditions
    if guest.hastate == "error":
        raise given_up_error(guest)
    running = bool(int(conditions.get("running") or 0))
    # QEMU and LXC spell these differently.
    nodes = conditions.get("not_allowed_nodes") or conditions.get("not-allowed-nodes") or {}
    refused = nodes.get(observed.target) or {}
    if refused.get("blocking-ha-resources"):
        rules = ", ".join(f"{entry['cause']} of {entry['sid']}" for entry in refused["blocking-ha-resources"])
        why = f"rules of HA keep it off node {observed.target} ({rules})"
        raise _not_movable_error(guest, why, "Choose another target, or change the rules.")
    if guest.type == "lxc":
        if running and not params["restart"]:
            raise _not_movable_error(
                guest, "it is a running container", "Set restart to shut it down, move it and start it."
            )
        return
    disks = [disk for disk in conditions.get("local_disks") or () if not int(disk.get("shared") or 0)]
    images = [disk["volid"] for disk in disks if int(disk.get("cdrom") or 0) and not int(disk.get("is_cloudinit") or 0)]
    if images:
        raise _not_movable_error(guest, f"{', '.join(images)} is on local storage", "Take the image out of its drive.")
    if conditions.get("local_resources"):
        used = ", ".join(map(str, conditions["local_resources"]))
        raise _not_movable_error(
            guest, f"it uses devices of its node: {used}", "Remove them, or use resource mappings."
        )
    if refused.get("unavailable-resources"):
        missing = ", ".join(refused["unavailable-resources"])
        raise _not_movable_error(
            guest, f"node {observed.target} has no mapped device {missing}", "Map one on that node."
        )
    if refused.get("unavailable_storages") and not params["storage"]:
        missing = ", ".join(refused["unavailable_storages"])
        raise _not_movable_error(
            guest, f"node {observed.target} has no storage {missing}", "Name one that it has as storage."
        )
    copied = {
        disk["volid"]: int(disk.get("referenced_in_pending") or 0) for disk in disks if not int(disk.get("cdrom") or 0)
    }
    if running and copied and not params["with_local_disks"]:
        raise _not_movable_error(
            guest, f"it runs, and {', '.join(copied)} is on local storage", "Set with_local_disks to copy its disks."
        )
    waiting = [volid for volid, pending in copied.items() if pending]
    if running and waiting:
        # The copy gets a new name, so the pending change would name a volume that is gone.
        raise _not_movable_error(
            guest,
            f"it runs, and a change that waits for its restart names {', '.join(waiting)}, which is on local storage",
            "Restart it, so that the change takes effect, or take the change back; or stop it first.",
        )


def _not_movable_error(guest: Guest, why: str, hint: str) -> PveError:
    return PveError(UNSUPPORTED, f"Guest {guest.label} can't be moved: {why}.", hint)


def _build_step(observed: ObservedMigration, params: dict[str, Any]) -> Step:
    guest = observed.guest
    running = bool(int(observed.conditions.get("running") or 0))
    options: dict[str, Any] = {"target": observed.target}
    grace = 0
    if guest.type == "qemu":
        options.update(_render_flags(online=running, **{"with-local-disks": running and params["with_local_disks"]}))
    elif running:
        grace = params["shutdown_timeout"]
        options.update({"restart": 1, "timeout": grace})
    if params["storage"]:
        options["targetstorage" if guest.type == "qemu" else "target-storage"] = params["storage"]
    why = f"it is on {guest.node}"
    return Step("POST", f"{guest.path}/migrate", why, options, grace=grace)


def _render_flags(**flags: bool) -> dict[str, int]:
    return {name: 1 for name, value in flags.items() if value}


def main() -> None:
    module = PveModule(
        argument_spec={
            **guests_spec(),
            **applying_spec(),
            "target": {"type": "str"},
            "drain": {"type": "str"},
            "return_to": {"type": "str"},
            "moved": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "vmid": {"type": "int", "required": True},
                    "name": {"type": "str", "required": True},
                    "node": {"type": "str", "required": True},
                },
            },
            "with_local_disks": {"type": "bool", "default": False},
            "restart": {"type": "bool", "default": False},
            "shutdown_timeout": {"type": "int", "default": 180},
            "storage": {"type": "str"},
            "timeout": {"type": "int", "default": 7200},
        },
        mutually_exclusive=[
            ("vmid", "guests"),
            ("name", "guests"),
            ("drain", "target"),
            ("drain", "vmid"),
            ("drain", "name"),
            ("drain", "guests"),
            ("return_to", "target"),
            ("return_to", "drain"),
            ("return_to", "vmid"),
            ("return_to", "name"),
            ("return_to", "guests"),
        ],
        required_one_of=[("vmid", "name", "guests", "drain", "return_to"), ("target", "drain", "return_to")],
        required_by={"moved": "return_to"},
    )
    run_plans(module, Migration())


if __name__ == "__main__":
    main()
