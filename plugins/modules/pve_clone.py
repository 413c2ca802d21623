#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_clone
short_description: Clone a QEMU or LXC guest of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Makes a full or linked clone of a template, of another guest or of its snapshot, and waits until it is complete.
  - A clone that is there already is left alone and returned. It is found by O(newid), or else by O(new_name).
  - A guest that has the id or the name is taken for the clone if it is of the same type and has both O(newid) and
    O(new_name), or if something shows that it was made of the guest to clone. That is a disk that builds upon one of
    its disks, the log of the task that made it, or, for clones of a QEMU template, the C(meta) that all clones of it
    have. Any other guest of that id or name makes the task fail as C(ambiguous), unless O(adopt=true).
  - In check mode it returns the plan, that is, the exact API request it would send.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes
options:
  vmid:
    description: Id of the guest to clone.
    type: int
  name:
    description: Name of the guest to clone.
    type: str
  node:
    description:
      - Node on which the guest to clone must be. It is needed only to choose one of several guests of one name.
    type: str
  snapname:
    description: Clone this snapshot of the guest rather than its present state.
    type: str
  newid:
    description:
      - Id of the clone. The cluster's next free one when not given, and another one when somebody takes that meanwhile,
        unless O(expect_plan) names a plan with it.
    type: int
  new_name:
    description: Name of the clone.
    type: str
  adopt:
    description:
      - Take a guest of the same type that has the O(newid) or the O(new_name) for the clone, whatever it was made of.
      - That is for clones of templates that were built anew since, and for full clones of containers that are so old
        that Proxmox VE has forgotten the task that made them.
    type: bool
    default: false
  full:
    description:
      - Whether the clone has disks of its own (V(true)) or ones that need the original's (V(false)).
      - A template gives a linked clone and any other guest a full one when this is not given.
      - Other guests can be linked to at a snapshot only, and only on storage that can do it, such as LVM-thin.
    type: bool
  target:
    description: Node for the clone. It needs storage that both nodes share.
    type: str
  storage:
    description: Storage for the disks of a full clone; the one that they are on when not given.
    type: str
  format:
    description: Format of the disks of a full clone of a QEMU guest.
    type: str
    choices: [raw, qcow2, vmdk]
  pool:
    description: Pool to add the clone to.
    type: str
  description:
    description: Description of the clone.
    type: str
  bwlimit:
    description: Limit for copying disks in KiB/s.
    type: int
  timeout:
    description: Seconds to wait for the clone, which goes on when it takes longer.
    type: int
    default: 7200
  expect_plan:
    description:
      - Digest of a plan, as returned in RV(plan.digest) by a run in check mode.
      - If the plan would be another one by now, the task fails with C(failure.code=drifted) and changes nothing.
    type: str
seealso:
  - module: playvisor.proxmox.pve_guest_state
  - module: playvisor.proxmox.pve_snapshot
"""

EXAMPLES = r"""
- name: Make a linked clone of a template
  playvisor.proxmox.pve_clone:
    name: debian-13
    new_name: web-03
    pool: production

- name: Make a full clone of a snapshot on another storage
  playvisor.proxmox.pve_clone:
    vmid: 101
    snapname: before-upgrade
    newid: 9101
    new_name: web-01-test
    full: true
    storage: local-zfs
"""

RETURN = r"""
guests:
  description: The clone.
  returned: when the guest to clone could be looked up
  type: list
  elements: dict
  contains:
    vmid:
      description: Id of the clone.
      type: int
      returned: always
      sample: 130
    name:
      description: Name of the clone.
      type: str
      returned: always
      sample: web-03
    node:
      description: Node that the clone is on.
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
        - Whether the clone existed, as C(exists), and what it is made from, as C(source). The latter is null for a
          guest that was there already, where neither its disks nor a task show that it is made from the guest to clone.
      type: dict
      returned: always
      sample: {exists: false, source: 900 (debian-13)}
    after:
      description: The same after, read back; in check mode as it is expected. Empty when unknown.
      type: dict
      returned: always
      sample: {exists: true, source: 900 (debian-13)}
    changed:
      description: Whether the clone was made, or would be.
      type: bool
      returned: always
    upids:
      description: The task of Proxmox VE that made it.
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
  description: What makes the clone.
  returned: when the guest to clone could be looked up
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
  description: All tasks of Proxmox VE that were started.
  returned: when the guest to clone could be looked up
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
from dataclasses import dataclass
from typing import Any

from ..module_utils._api.client import Client, segment
from ..module_utils._api.errors import (
    AMBIGUOUS,
    DRIFTED,
    GUEST_LOCKED,
    INVALID_PARAMETER,
    NOT_FOUND,
    UNSUPPORTED,
    PveError,
)
from ..module_utils._guest.ancestry import has_same_origin, is_linked, was_cloned
from ..module_utils._guest.free_ids import find_free_vmid
from ..module_utils._guest.guest import Guest
from ..module_utils._guest.inventory import Inventory, require_online
from ..module_utils._guest.lookup import find_guest, read_guest, refresh_guest, with_config
from ..module_utils._guest.selection import describe_places
from ..module_utils._guest.snapshots import read_tree
from ..module_utils._module.module import PveModule
from ..module_utils._module.plan import Plan, Step
from ..module_utils._run.existing import Existing
from ..module_utils._run.features import require_clonable
from ..module_utils._run.resource import Resource
from ..module_utils._run.runner import run_plans

# Options that go into the request as they are.
PASSED_ON = (
    "snapname",
    "target",
    "storage",
    "format",
    "pool",
    "description",
    "bwlimit",
)

# The locks of a guest that is still being created.
BEING_MADE = ("clone", "create")
_TAKEN = "already exists"


@dataclass(frozen=True)
class ObservedClone:
    """The guest to clone, its clone if that exists already, and the vmid of a new one.

    I(snapshots) are those of the guest, read when one of them is to be cloned; I(linkable) is whether the storage can
    make linked clones. I(is_proven) is whether something shows that an existing clone was made of the guest.
    """

    source: Guest
    clone: Guest | None
    newid: int
    snapshots: frozenset[str] = frozenset()
    linkable: bool = True
    is_proven: bool = False


class Clone(Resource[ObservedClone]):
    noun = "guests"

    def __init__(self, params: dict[str, Any]) -> None:
        self._params = params

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[ObservedClone]:
        inventory, source = find_guest(client, params, read_guest)
        require_online(inventory, source)
        inventory = refresh_guest(client, inventory, vmid=params["newid"])
        inventory = refresh_guest(client, inventory, name=params["new_name"])
        clone = find_clone(inventory, source, params["newid"], params["new_name"])
        # The configuration says whether it is a template, which decides between a full and a linked clone.
        source = with_config(client, source)
        if clone:
            return [self._observe_clone(client, inventory, source, with_config(client, clone))]
        newid = params["newid"] or find_free_vmid(client)
        snapshots: frozenset[str] = frozenset()
        if params["snapname"]:
            snapshots = frozenset(read_tree(source, client.get(f"{source.path}/snapshot"), 0.0).snapshots)
        full = not source.template if params["full"] is None else params["full"]
        storage = {name: params[name] for name in ("target", "storage", "snapname")}
        require_clonable(client, Existing(client), source, full=full, **storage)
        linkable = True
        if may_link(source, params) and params["snapname"] in (None, *snapshots):
            query = {"feature": "clone", "snapname": params["snapname"]}
            answer = client.get(f"{source.path}/feature", **{key: value for key, value in query.items() if value})
            linkable = bool(int(answer["hasFeature"]))
        return [ObservedClone(source, None, newid, snapshots, linkable)]

    def _observe_clone(self, client: Client, inventory: Inventory, source: Guest, clone: Guest) -> ObservedClone:
        """An existing clone; raises C(ambiguous) where nothing shows that the guest is one."""
        if is_linked(source, clone):
            return ObservedClone(source, clone, clone.vmid, is_proven=True)
        params = self._params
        named = params["newid"] == clone.vmid and clone.name == (params["new_name"] or build_default_name(source))
        if named or params["adopt"] or has_same_origin(source, clone) or clone.lock in BEING_MADE:
            return ObservedClone(source, clone, clone.vmid)
        if was_cloned(client, inventory, source, clone):
            return ObservedClone(source, clone, clone.vmid, is_proven=True)
        raise _not_the_clone_error(source, clone)

    def replan_after_refusal(
        self, client: Client, observed: ObservedClone, plan: Plan, error: PveError
    ) -> ObservedClone | None:
        # Somebody else may have taken the free vmid before the request was sent.
        if self._params["newid"] is not None or _TAKEN not in error.message:
            return None
        (new,) = self.observe(client, self._params)
        if new.clone:
            raise PveError(
                DRIFTED,
                f"Somebody else made guest {new.clone.label} on {new.clone.node} meanwhile. Nothing was changed.",
                "Run again to take that one for the clone, if it is the one you mean.",
            )
        return new

    def affected_guest(self, observed: ObservedClone) -> Guest | None:
        return observed.source

    def target(self, observed: ObservedClone) -> dict[str, Any]:
        if observed.clone:
            return observed.clone.identity()
        return {
            "vmid": observed.newid,
            "name": self._params["new_name"] or "",
            "node": self._params["target"] or observed.source.node,
            "type": observed.source.type,
        }

    def plan(self, observed: ObservedClone, params: dict[str, Any]) -> Plan:
        if observed.clone and observed.clone.lock in BEING_MADE:
            raise _unfinished_clone_error(observed.clone)
        made_of = observed.source.label if observed.is_proven or not observed.clone else None
        return Plan(
            target=self.target(observed),
            steps=() if observed.clone else (build_clone_step(observed, params),),
            before={"exists": observed.clone is not None, "source": made_of},
            after={"exists": True, "source": made_of},
        )

    def read_state(self, client: Client, observed: ObservedClone, plan: Plan) -> dict[str, Any]:
        where = plan.target
        try:
            config = client.get(f"/nodes/{segment(where['node'])}/{where['type']}/{where['vmid']}/config")
        except PveError as error:
            if error.code != NOT_FOUND:
                raise
            return {**plan.after, "exists": False}
        # A guest of another name is not our clone: somebody else took the vmid first.
        ours = where["name"] in ("", config.get("name", config.get("hostname")))
        return {**plan.after, "exists": ours}


def find_clone(inventory: Inventory, source: Guest, newid: int | None, new_name: str | None) -> Guest | None:
    """The guest that may be the existing clone; raises C(ambiguous) where its vmid or its name is another guest's."""
    by_id = inventory.get(newid)
    by_name = inventory.with_name(new_name) if new_name else []
    if by_id:
        if not _may_be_clone(by_id, source) or (new_name and by_id.name != new_name):
            raise PveError(
                AMBIGUOUS,
                f"The id {newid} is taken by guest {by_id.label} ({by_id.type} on {by_id.node}).",
                "Choose another newid, or leave it out.",
            )
        return by_id
    if by_name and (newid is not None or len(by_name) > 1 or not _may_be_clone(by_name[0], source)):
        raise PveError(
            AMBIGUOUS,
            f"The name {new_name} is taken already: {describe_places(by_name)}.",
            "Choose another new_name, or give its newid.",
        )
    return by_name[0] if by_name else None


def _may_be_clone(guest: Guest, source: Guest) -> bool:
    return guest.type == source.type and guest.vmid != source.vmid


def build_default_name(source: Guest) -> str:
    """The name that Proxmox VE gives to a clone when it is not told one."""
    return f"Copy-of-VM-{source.name}" if source.type == "qemu" else source.name


def may_link(source: Guest, params: dict[str, Any]) -> bool:
    """Whether a linked clone is asked for, and the source is a template or a snapshot, which can have one."""
    full = not source.template if params["full"] is None else params["full"]
    return not full and (source.template or params["snapname"] is not None)


def build_clone_step(observed: ObservedClone, params: dict[str, Any]) -> Step:
    source = observed.source
    full = not source.template if params["full"] is None else params["full"]
    _refuse_impossible(observed, params, full)
    options: dict[str, Any] = {"newid": observed.newid, "full": int(full)}
    if params["new_name"]:
        options["name" if source.type == "qemu" else "hostname"] = params["new_name"]
    options.update({option: params[option] for option in PASSED_ON if params[option] is not None})
    return Step("POST", f"{source.path}/clone", f"there is no such clone of {source.label}", options)


def _refuse_impossible(observed: ObservedClone, params: dict[str, Any], full: bool) -> None:
    source = observed.source
    if params["snapname"] and params["snapname"] not in observed.snapshots:
        known = ", ".join(sorted(observed.snapshots)) or "none"
        raise PveError(
            NOT_FOUND, f"Guest {source.label} has no snapshot {params['snapname']}.", f"It has these: {known}."
        )
    if source.type == "lxc" and params["format"] is not None:
        raise PveError(
            UNSUPPORTED,
            f"Guest {source.label} is a container, whose disks have no format to choose.",
            "Leave format out.",
        )
    if full:
        return
    if not may_link(source, params):
        raise PveError(
            UNSUPPORTED,
            f"Guest {source.label} is no template, and only templates and snapshots can be cloned as linked clones.",
            "Make it a template, or use full: true.",
        )
    set_options = [option for option in ("storage", "format") if params[option] is not None]
    if set_options:
        raise PveError(
            INVALID_PARAMETER,
            f"{' and '.join(set_options)} can't be chosen for a linked clone, whose disks stay with the original's.",
            "Leave it out, or use full: true.",
        )
    if not observed.linkable:
        raise PveError(
            UNSUPPORTED,
            f"The storage of guest {source.label} can't link clones to it.",
            "Use full: true, or move its disks to storage that can.",
        )


def _not_the_clone_error(source: Guest, guest: Guest) -> PveError:
    return PveError(
        AMBIGUOUS,
        f"There is a guest {guest.label} on {guest.node} already, and nothing shows that it was made of "
        f"{source.label}. Nothing was cloned.",
        "Choose another new_name or newid. If it is the clone that you mean, give both; in playbooks, adopt does.",
    )


def _unfinished_clone_error(clone: Guest) -> PveError:
    return PveError(
        GUEST_LOCKED,
        f"Guest {clone.label} on {clone.node} is still being made, as its lock ({clone.lock}) says.",
        "Wait for the task that makes it (pve_task_info lists it and can wait), then run again.",
    )


def main() -> None:
    module = PveModule(
        argument_spec={
            "vmid": {"type": "int"},
            "name": {"type": "str"},
            "node": {"type": "str"},
            "snapname": {"type": "str"},
            "newid": {"type": "int"},
            "new_name": {"type": "str"},
            "adopt": {"type": "bool", "default": False},
            "full": {"type": "bool"},
            "target": {"type": "str"},
            "storage": {"type": "str"},
            "format": {"type": "str", "choices": ["raw", "qcow2", "vmdk"]},
            "pool": {"type": "str"},
            "description": {"type": "str"},
            "bwlimit": {"type": "int"},
            "timeout": {"type": "int", "default": 7200},
            "expect_plan": {"type": "str"},
        },
        required_one_of=[("vmid", "name"), ("newid", "new_name")],
    )
    run_plans(module, Clone(module.params))


if __name__ == "__main__":
    main()
