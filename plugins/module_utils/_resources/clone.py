# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource behind pve_clone: clones of a guest, set up and started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._api.client import Client, segment
from .._api.errors import (
    AMBIGUOUS,
    DRIFTED,
    GUEST_LOCKED,
    INVALID_PARAMETER,
    NOT_FOUND,
    UNSUPPORTED,
    PveError,
)
from .._checks.existing import Existing
from .._checks.features import require_clonable
from .._guest.ancestry import has_same_origin, is_linked, was_cloned
from .._guest.clones import WishedClone, find_disk_storage, list_wished_clones, render_changes
from .._guest.cloudinit import describe_doubts
from .._guest.free_ids import find_free_vmids
from .._guest.guest import Guest
from .._guest.inventory import Inventory, require_online
from .._guest.lookup import find_guest, read_guest, refresh_guest, with_config
from .._guest.power import RUNNING, STOPPED, read_power
from .._guest.selection import describe_places
from .._guest.snapshots import read_tree
from .._guest.tags import has_case_sensitive_tags
from .._module.plan import Plan, Step
from .._run.resource import Resource

# Options that go into the request as they are.
PASSED_ON = (
    "snapname",
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
    make linked clones. I(is_proven) is whether something shows that an existing clone was made of the guest. I(wish) is
    what the clone is to be, I(config) what it is set up as: an existing one, or a new one at first. I(status) is the
    power status of an existing clone, read when it is wished.
    """

    source: Guest
    clone: Guest | None
    newid: int
    snapshots: frozenset[str] = frozenset()
    linkable: bool = True
    is_proven: bool = False
    wish: WishedClone = field(default_factory=WishedClone)
    config: Mapping[str, Any] = field(default_factory=dict)
    status: str = STOPPED
    has_case_sensitive_tags: bool = False


@dataclass(frozen=True)
class ClonedGuest:
    """The guest to clone, with what all of its clones have alike."""

    source: Guest
    snapshots: frozenset[str] = frozenset()
    linkable: bool = True
    config: Mapping[str, Any] = field(default_factory=dict)
    has_case_sensitive_tags: bool = False

    def make_observed(self, wish: WishedClone, newid: int) -> ObservedClone:
        """A clone that is not there yet."""
        return ObservedClone(
            self.source,
            None,
            newid,
            self.snapshots,
            self.linkable,
            wish=wish,
            config=self.config,
            has_case_sensitive_tags=self.has_case_sensitive_tags,
        )


class Clone(Resource[ObservedClone]):
    noun = "guests"
    # A clone that was started may take a while until it runs.
    late_keys = frozenset({"exists", "status"})

    def __init__(self, params: dict[str, Any]) -> None:
        self._params = params
        # The ids that were planned for clones so far.
        self._planned_ids: set[int] = set()

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[ObservedClone]:
        wishes = list_wished_clones(params)
        client.notices += describe_doubts(params["cloudinit"] or {})
        inventory, source = find_guest(client, params, read_guest)
        require_online(inventory, source)
        # The configuration says whether it is a template, which decides between a full and a linked clone.
        source = with_config(client, source)
        for wish in wishes:
            inventory = refresh_guest(client, inventory, vmid=wish.newid)
            inventory = refresh_guest(client, inventory, name=wish.name)
        existing = [find_clone(inventory, source, wish.newid, wish.name) for wish in wishes]
        new = [wish for wish, clone in zip(wishes, existing, strict=True) if clone is None]
        cloned = self._observe_source(client, source, {wish.node for wish in new if wish.node}) if new else None
        free = iter(find_free_vmids(client, sum(wish.newid is None for wish in new), self._planned_ids))
        return [
            self._observe_clone(client, inventory, source, clone, wish)
            if clone or cloned is None
            else cloned.make_observed(wish, self._choose_id(wish, free))
            for wish, clone in zip(wishes, existing, strict=True)
        ]

    def _choose_id(self, wish: WishedClone, free: Iterator[int]) -> int:
        newid = wish.newid or next(free)
        self._planned_ids.add(newid)
        return newid

    def _observe_source(self, client: Client, source: Guest, nodes: set[str]) -> ClonedGuest:
        """The guest to clone as its next clone sees it; raises C(unsupported) where it can't be cloned for I(nodes)."""
        params = self._params
        snapname = params["snapname"]
        snapshots: frozenset[str] = frozenset()
        if snapname:
            snapshots = frozenset(read_tree(source, client.get(f"{source.path}/snapshot"), 0.0).snapshots)
        full = not source.template if params["full"] is None else params["full"]
        place = {"nodes": nodes, "storage": params["storage"], "snapname": snapname}
        wished_format = params["format"]
        require_clonable(client, Existing(client), source, full=full, wished_format=wished_format, **place)
        linkable = True
        if may_link(source, params) and snapname in (None, *snapshots):
            query = {"feature": "clone", "snapname": snapname}
            answer = client.get(f"{source.path}/feature", **{key: value for key, value in query.items() if value})
            linkable = bool(int(answer["hasFeature"]))
        config = dict(source.config or {})
        if snapname in snapshots and (params["tags"] is not None or params["cloudinit"]):
            config = client.get(f"{source.path}/config", snapshot=snapname)
        return ClonedGuest(source, snapshots, linkable, config, self._read_tag_style(client, config))

    def _observe_clone(
        self, client: Client, inventory: Inventory, source: Guest, clone: Guest, wish: WishedClone
    ) -> ObservedClone:
        """An existing clone; raises C(ambiguous) where nothing shows that the guest is one."""
        clone = with_config(client, clone)
        is_proven = is_linked(source, clone)
        named = wish.newid == clone.vmid and clone.name == (wish.name or build_default_name(source))
        if not (
            is_proven or named or self._params["adopt"] or has_same_origin(source, clone) or clone.lock in BEING_MADE
        ):
            is_proven = was_cloned(client, inventory, source, clone)
            if not is_proven:
                raise _not_the_clone_error(source, clone)
        config = dict(clone.config or {})
        status = read_power(client, clone) if wish.start or wish.is_set_up else STOPPED
        style = self._read_tag_style(client, config)
        observed = ObservedClone(
            source,
            clone,
            clone.vmid,
            is_proven=is_proven,
            wish=wish,
            config=config,
            status=status,
            has_case_sensitive_tags=style,
        )
        self._notice_differences(client, observed)
        return observed

    def _read_tag_style(self, client: Client, config: Mapping[str, Any]) -> bool:
        """Whether tags are case-sensitive, where that makes a difference."""
        tags = self._params["tags"]
        text = f"{tags} {config.get('tags', '')}"
        return bool(tags) and text != text.lower() and has_case_sensitive_tags(client)

    def _notice_differences(self, client: Client, observed: ObservedClone) -> None:
        """Say in what an existing clone, which is left alone, differs from what is asked for."""
        wished, found = _describe_goal(observed), _describe_current(observed)
        differing = sorted(key for key in wished if found.get(key) != wished[key])
        if differing and observed.clone and not _is_untouched(observed):
            client.notices.append(
                f"Guest {observed.clone.label} was there already, and is left as it is. It differs from what was asked "
                f"for in {', '.join(differing)}."
            )

    def replan_after_refusal(
        self, client: Client, observed: ObservedClone, plan: Plan, error: PveError
    ) -> ObservedClone | None:
        # Somebody else may have taken the free vmid before the request was sent.
        if observed.wish.newid is not None or _TAKEN not in error.message:
            return None
        new = next(found for found in self.observe(client, self._params) if found.wish == observed.wish)
        if new.clone:
            raise PveError(
                DRIFTED,
                f"Somebody else made guest {new.clone.label} on {new.clone.node} meanwhile. Nothing was changed.",
                "Run again to take that one for the clone, if it is the one you mean.",
            )
        return new

    def affected_guest(self, observed: ObservedClone) -> Guest | None:
        return observed.clone or observed.source

    def target(self, observed: ObservedClone) -> dict[str, Any]:
        if observed.clone:
            return observed.clone.identity()
        return {
            "vmid": observed.newid,
            "name": observed.wish.name or "",
            "node": observed.wish.node or observed.source.node,
            "type": observed.source.type,
        }

    def plan(self, observed: ObservedClone, params: dict[str, Any]) -> Plan:
        if observed.clone and observed.clone.lock in BEING_MADE:
            raise _unfinished_clone_error(observed.clone)
        target = self.target(observed)
        made_of = observed.source.label if observed.is_proven or not observed.clone else None
        before = {"exists": observed.clone is not None, "source": made_of}
        if observed.clone:
            before |= _describe_current(observed)
            if not _is_untouched(observed):
                return Plan(target, (), before, before)
        observed.wish.require_possible(observed.source)
        goal = _describe_goal(observed)
        first_steps = () if observed.clone else (build_clone_step(observed, params),)
        return Plan(
            target=target,
            steps=(*first_steps, *_build_later_steps(observed, target, goal, params["storage"])),
            before=before,
            after={"exists": True, "source": made_of, **goal},
        )

    def read_state(self, client: Client, observed: ObservedClone, plan: Plan) -> dict[str, Any]:
        where = plan.target
        path = f"/nodes/{segment(where['node'])}/{where['type']}/{where['vmid']}"
        try:
            config = client.get(f"{path}/config")
            status = client.get(f"{path}/status/current")["status"] if observed.wish.start else STOPPED
        except PveError as error:
            if error.code != NOT_FOUND:
                raise
            return {**plan.after, "exists": False}
        # A guest of another name is not our clone: somebody else took the vmid first.
        ours = where["name"] in ("", config.get("name", config.get("hostname")))
        found = _describe_current(replace(observed, config=config, status=status))
        return {**plan.after, **found, "exists": ours}


def _describe_goal(observed: ObservedClone) -> dict[str, Any]:
    wish = observed.wish
    case_sensitive = observed.has_case_sensitive_tags
    options = wish.describe_goal(observed.source.type, observed.config, case_sensitive=case_sensitive)
    return {**options, **({"status": RUNNING} if wish.start else {})}


def _describe_current(observed: ObservedClone) -> dict[str, Any]:
    options = observed.wish.describe_current(observed.source.type, observed.config)
    return {**options, **({"status": observed.status} if observed.wish.start else {})}


def _is_untouched(observed: ObservedClone) -> bool:
    """Whether an existing clone is still to be set up: it is like the original in all of that, and stopped."""
    kind, wish, inherited = observed.source.type, observed.wish, observed.source.config or {}
    goal = wish.describe_goal(kind, observed.config, case_sensitive=observed.has_case_sensitive_tags)
    found = wish.describe_current(kind, observed.config)
    is_new = found == wish.describe_current(kind, inherited) and observed.status == STOPPED
    return observed.clone is not None and is_new and found != goal


def _build_later_steps(
    observed: ObservedClone, target: Mapping[str, Any], goal: Mapping[str, Any], storage: str | None
) -> list[Step]:
    """What follows when the clone is made: its configuration and its start."""
    guest = Guest(**target, status=STOPPED)
    steps = []
    inherited = _describe_current(observed)
    changes = {key: value for key, value in goal.items() if key != "status" and inherited[key] != value}
    if changes:
        options = render_changes(guest.type, changes, storage or find_disk_storage(observed.config))
        if observed.clone:
            options["digest"] = observed.config.get("digest")
        why = f"it is to differ from {observed.source.label} in {', '.join(sorted(changes))}"
        steps.append(Step("PUT", f"{guest.path}/config", why, options, task=False))
    if observed.wish.start:
        steps.append(Step("POST", f"{guest.path}/status/start", "it is to be started"))
    return steps


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
    if observed.wish.name:
        options["name" if source.type == "qemu" else "hostname"] = observed.wish.name
    if observed.wish.node:
        options["target"] = observed.wish.node
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


# What AnsibleModule checks between the options.
RULES: dict[str, Any] = {
    "required_one_of": [("vmid", "name"), ("newid", "new_name", "new_names")],
    "mutually_exclusive": [("new_name", "new_names"), ("newid", "new_names"), ("target", "targets")],
}


def argument_spec() -> dict[str, Any]:
    text, texts = {"type": "str"}, {"type": "list", "elements": "str"}
    return {
        "vmid": {"type": "int"},
        "name": text,
        "node": text,
        "snapname": text,
        "newid": {"type": "int"},
        "new_name": text,
        "new_names": texts,
        "adopt": {"type": "bool", "default": False},
        "full": {"type": "bool"},
        "target": text,
        "targets": texts,
        "storage": text,
        "format": {"type": "str", "choices": ["raw", "qcow2", "vmdk"]},
        "pool": text,
        "description": text,
        "bwlimit": {"type": "int"},
        "tags": texts,
        "cloudinit": {
            "type": "dict",
            "options": {
                "user": text,
                "ssh_keys": {**texts, "no_log": False},
                "ipconfig": {
                    "type": "list",
                    "elements": "dict",
                    "options": {
                        "interface": {"type": "int", "default": 0},
                        "ip": texts,
                        "gw": text,
                        "ip6": texts,
                        "gw6": text,
                    },
                },
                "nameservers": texts,
                "searchdomain": texts,
            },
        },
        "start": {"type": "bool", "default": False},
        "timeout": {"type": "int", "default": 7200},
        "expect_plan": text,
    }
