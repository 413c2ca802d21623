# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource behind pve_guest: guests are made, configured, made templates and deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._api.client import Client
from .._api.errors import AMBIGUOUS, DRIFTED, INVALID_PARAMETER, NOT_FOUND, PveError
from .._guest.config import Wish, read_wish
from .._guest.disks import is_slot
from .._guest.drives import (
    DriveStep,
    add_digest,
    read_sizes,
    read_snapshots_of_volumes,
    resolve_growths,
)
from .._guest.free_ids import find_free_vmid
from .._guest.guest import Guest
from .._guest.inventory import Inventory, read_each, require_online
from .._guest.late import LateMapping
from .._guest.lookup import find_guests_to_change, identify_guest, with_config
from .._guest.options import read_option
from .._guest.pending import (
    build_current_config,
    describe_refused_hotplug,
    find_changes_that_wait,
    read_pending,
)
from .._guest.placement import check_node, choose_node, list_storages
from .._guest.plan import Observed, plan_creation, plan_removal, plan_template, plan_update
from .._guest.power import HIBERNATED, STOPPED, parse_power_state, read_power
from .._guest.selection import guests_spec
from .._guest.tags import choose_tags, has_case_sensitive_tags
from .._module.plan import Plan, Step
from .._run.resource import Outcome, Resource

# In the order that C(choose_tags) takes them.
_TAG_OPTIONS = ("tags", "add_tags", "remove_tags")
_TAKEN = re.compile(r"(?:VM|CT) \d+ already exists|config file already exists")


class Guests(Resource[Observed]):
    noun = "guests"
    # A container becomes a template only after the request has ended.
    settle_seconds = 30.0
    late_keys = frozenset({"exists", "template", "pool"})

    def __init__(self, params: dict[str, Any]) -> None:
        self._params = params

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[Observed]:
        if params.get("guests") is not None:
            return self._observe_many(client, params)
        wanted = params["state"] != "absent"
        inventory, guest = identify_guest(client, params, wanted=wanted, everywhere=_is_disruptive(params))
        if guest is not None:
            observed = self._observe_guest(client, inventory, guest)
            if params["only"] == "new":
                self._notice_differences(client, observed)
            return [observed]
        if params["only"] == "existing":
            label = params["vmid"] or params["name"]
            raise PveError(
                NOT_FOUND, f"There is no guest {label}.", "Look at the list of guests, as with pve_guest_info."
            )
        kind, node, vmid = params["type"] or "qemu", params["node"] or "", params["vmid"]
        if wanted:
            node = node or choose_node(client.resources or (), list_storages(params))
            check_node(client.list_resources("node"), node)
            vmid = vmid or find_free_vmid(client)
        new = Guest(vmid, params["name"] or "", node, kind, STOPPED)
        sizes = read_sizes(client, new, {}, {}, params["disks"] or ()) if wanted else {}
        absent = Observed(new, sizes=sizes)
        return [replace(absent, has_case_sensitive_tags=self._read_tag_style(client, kind, {}))]

    def _observe_many(self, client: Client, params: dict[str, Any]) -> Sequence[Observed]:
        if params["state"] != "present":
            raise PveError(
                INVALID_PARAMETER,
                f"{params['state']} is not for many guests at once.",
                "Name each guest by its vmid or name.",
            )
        inventory, chosen = find_guests_to_change(client, params, everywhere=_is_disruptive(params))

        def read(guest: Guest) -> Observed:
            observed = self._observe_guest(client, inventory, guest)
            # Guests are read side by side, and planned one after the other.
            for late in (observed.pending, observed.current or {}, observed.sizes):
                len(late)
            return observed

        def record_problem(guest: Guest, problem: PveError) -> Observed:
            return Observed(guest, True, problem=problem)

        return read_each(inventory, chosen, params["throttle"], read, record_problem)

    def _notice_differences(self, client: Client, observed: Observed) -> None:
        """Say in what an existing guest, which is left alone, differs from what is asked for: it may be a stranger."""
        wish = self._build_wish(observed)
        wished, found = wish.describe_goal(), wish.describe_current(observed.config)
        differing = sorted(key for key in wished if found.get(key) != wished[key])
        if differing:
            client.notices.append(
                f"Guest {observed.guest.label} was there already, and is left as it is. It differs from what was asked "
                f"for in {', '.join(differing)}."
            )

    def _read_tag_style(self, client: Client, kind: str, config: dict[str, Any]) -> bool:
        """Whether tags are case-sensitive, where these options name some and that makes a difference."""
        named = [tag for option in _TAG_OPTIONS for tag in self._params.get(option) or ()]
        tags = [*named, *read_option(kind, config, "tags")]
        return bool(named) and any(tag != tag.lower() for tag in tags) and has_case_sensitive_tags(client)

    def _observe_guest(self, client: Client, inventory: Inventory, guest: Guest) -> Observed:
        require_online(inventory, guest)
        guest = with_config(client, guest)
        running = read_power(client, guest) not in (STOPPED, HIBERNATED)
        config = dict(guest.config or {})
        disks = self._params["disks"] or []
        # A stopped container keeps pending changes until its next start.
        has_pending = running or disks or guest.type == "lxc"
        pending = LateMapping(lambda: read_pending(client, guest.path) if has_pending else {})
        current = LateMapping(lambda: build_current_config(config, pending))
        disks = resolve_growths(client, guest, config, current, disks)
        sizes = LateMapping(lambda: read_sizes(client, guest, config, current, disks))
        style = self._read_tag_style(client, guest.type, config)
        snapshots = read_snapshots_of_volumes(client, guest, config, disks)
        waiting: Mapping[str, dict[str, Any]] = pending if running else {}
        observed = Observed(
            guest, True, config, running, waiting, current, sizes, style, disks=disks, snapshots=snapshots
        )
        if self._params["state"] != "template" or observed.is_template:
            return observed
        names = [entry["name"] for entry in client.get(f"{guest.path}/snapshot") if entry["name"] != "current"]
        return replace(observed, all_snapshots=tuple(sorted(names)))

    def target(self, observed: Observed) -> dict[str, Any]:
        return observed.guest.identity()

    def affected_guest(self, observed: Observed) -> Guest | None:
        return observed.guest if observed.exists else None

    def plan(self, observed: Observed, params: dict[str, Any]) -> Plan:
        if observed.problem:
            raise observed.problem
        target, digest = self.target(observed), observed.config.get("digest")
        if params["state"] == "absent":
            steps = plan_removal(observed, params)
            return Plan(target, tuple(steps), {"exists": observed.exists}, {"exists": False}, digest)
        wish = self._build_wish(observed)
        if observed.exists and params["only"] == "new":
            state = self._describe_state(observed, wish)
            return Plan(target, (), state, state, digest)
        steps = plan_update(observed, wish, params) if observed.exists else plan_creation(observed, wish, params)
        if params["state"] == "template":
            steps += plan_template(observed)
        before, after = self._describe_state(observed, wish), self._describe_goal(observed, wish)
        return Plan(target, tuple(steps), before, after, digest, basis=describe_basis(observed, wish, steps, before))

    def describe(self, observed: Observed, params: dict[str, Any]) -> Plan | None:
        if observed.problem or params["state"] == "absent":
            return None
        wish = self._build_wish(observed)
        before, after = self._describe_state(observed, wish), self._describe_goal(observed, wish)
        return Plan(self.target(observed), (), before, after)

    def read_state(self, client: Client, observed: Observed, plan: Plan) -> dict[str, Any]:
        guest, pool = observed.guest, None
        try:
            config = client.get(f"{guest.path}/config")
        except PveError as error:
            if error.code != NOT_FOUND:
                raise
            return {"exists": False}
        if self._params["pool"] is not None:
            entries = client.get("/cluster/resources", type="vm")
            pool = next((entry.get("pool") for entry in entries if entry["vmid"] == guest.vmid), None)
        if self._params["state"] == "absent":
            return {"exists": True}
        return self._describe_state(Observed(replace(guest, pool=pool), True, config), self._build_wish(observed))

    def extra_facts(self, observed: Observed, plan: Plan, client: Client | None = None) -> dict[str, Any]:
        waiting = dict(observed.pending) if client is None or not observed.running else {}
        if client and observed.running:
            waiting = read_pending(client, observed.guest.path)
        elif client is None:
            reverted = {key for step in plan.steps for key in str(step.params.get("revert") or "").split(",")}
            waiting = {key: change for key, change in waiting.items() if key not in reverted}
        still_waiting = (
            [] if client else find_changes_that_wait(observed.guest.type, observed.config, observed.running, plan.steps)
        )
        return {"pending": waiting, "restart_required": bool(waiting or still_waiting)}

    def prepare_step(self, client: Client, step: Step) -> Step | None:
        guest, _status, action = step.path.rpartition("/status/")
        if action in ("reboot", "shutdown") and guest:
            return step if read_pending(client, guest) else None
        if action == "start" and guest:
            return step if parse_power_state(client.get(f"{guest}/status/current")) == STOPPED else None
        return add_digest(client, step) if isinstance(step, DriveStep) else step

    def send(self, client: Client, observed: Observed, step: Step, outcome: Outcome) -> Any:
        try:
            return super().send(client, observed, step, outcome)
        except PveError as error:
            waiting = describe_refused_hotplug(error)
            # Steps that follow may need a drive to be as planned.
            is_last = outcome.steps_done + 1 == len(outcome.plan.steps)
            if waiting is None or (not is_last and any(is_slot(observed.guest.type, key) for key in error.fields)):
                raise
            outcome.warnings.append(waiting)
            return None

    def replan_after_refusal(self, client: Client, observed: Observed, plan: Plan, error: PveError) -> Observed | None:
        if observed.exists or not _TAKEN.search(error.message):
            return None
        if self._params["vmid"] is not None:
            raise PveError(
                AMBIGUOUS,
                f"The id {observed.guest.vmid} is taken by another guest, which came just now or can't be seen.",
                "Choose another vmid, or leave it out.",
            )
        (new,) = self.observe(client, self._params)
        if new.exists:
            raise PveError(
                DRIFTED,
                f"Somebody else made guest {new.guest.label} on {new.guest.node} meanwhile. Nothing was changed.",
                "Run again to bring that one to the wished state, if it is the one you mean.",
            )
        return new

    def _build_wish(self, observed: Observed) -> Wish:
        name = self._params["new_name"] or (None if observed.exists else self._params["name"])
        disks = self._params["disks"] if observed.disks is None else observed.disks
        wished = {**self._params, "disks": disks, "tags": self._choose_tags(observed)}
        wish = read_wish(observed.guest.type, name, wished)
        # What is not to be set, a new guest has as Proxmox VE chooses it, such as its boot order.
        return wish if observed.exists else wish.without_unset()

    def _choose_tags(self, observed: Observed) -> list[str] | None:
        """The desired tags, None to leave them as they are."""
        present = read_option(observed.guest.type, observed.config, "tags")
        wished = (self._params.get(option) for option in _TAG_OPTIONS)
        return choose_tags(present, *wished, case_sensitive=observed.has_case_sensitive_tags)

    def _describe_goal(self, observed: Observed, wish: Wish) -> dict[str, Any]:
        is_template = observed.is_template or self._params["state"] == "template"
        state = {"exists": True, "template": is_template, **wish.describe_goal()}
        return state if self._params["pool"] is None else {**state, "pool": self._params["pool"] or None}

    def _describe_state(self, observed: Observed, wish: Wish) -> dict[str, Any]:
        if not observed.exists:
            return {"exists": False}
        state = {"exists": True, "template": observed.is_template, **wish.describe_current(observed.config)}
        return state if self._params["pool"] is None else {**state, "pool": observed.guest.pool}


def describe_basis(
    observed: Observed, wish: Wish, steps: Sequence[Step], before: dict[str, Any]
) -> dict[str, Any] | None:
    """What a change of options and network devices is made from: what they are before. None for all other changes."""
    config = f"{observed.guest.path}/config"
    if not observed.exists or wish.disks or any(step.path != config for step in steps):
        return None
    sent = [name for step in steps for name in (*step.params, *str(step.params.get("delete") or "").split(","))]
    return {"before": before, "config": {name: observed.config.get(name) for name in sent if name != "digest"}}


def _is_disruptive(params: dict[str, Any]) -> bool:
    """Whether the guest is deleted, interrupted or made a template, or loses a device or volume."""
    devices = [*(params["disks"] or ()), *(params["nics"] or ())]
    losing = any(device["state"] != "present" or device.get("delete_source") for device in devices)
    return params["state"] != "present" or params["restart_if_required"] or losing


# What AnsibleModule checks between the options.
RULES: dict[str, Any] = {
    "required_one_of": [("vmid", "name", "guests")],
    "mutually_exclusive": [
        ("tags", "add_tags"),
        ("tags", "remove_tags"),
        ("vmid", "guests"),
        ("name", "guests"),
        ("new_name", "guests"),
    ],
}


def argument_spec() -> dict[str, Any]:
    text, flag, number, raw = {"type": "str"}, {"type": "bool"}, {"type": "int"}, {"type": "raw"}
    texts = {"type": "list", "elements": "str"}
    off = {"type": "bool", "default": False}
    return {
        **guests_spec(),
        "state": {"type": "str", "choices": ["present", "template", "absent"], "default": "present"},
        "only": {"type": "str", "choices": ["existing", "new"]},
        "new_name": text,
        "pool": text,
        "description": text,
        "ostemplate": text,
        "expect_plan": text,
        "cpu": raw,
        "machine": raw,
        "boot": raw,
        "ostype": text,
        "agent": raw,
        "hotplug": raw,
        "features": raw,
        "startup": raw,
        "cores": number,
        "sockets": number,
        "memory": number,
        "balloon": number,
        "swap": number,
        "numa": flag,
        "kvm": flag,
        "unprivileged": flag,
        "onboot": flag,
        "protection": flag,
        "tags": texts,
        "add_tags": texts,
        "remove_tags": texts,
        "nameserver": texts,
        "searchdomain": texts,
        "type": {"type": "str", "choices": ["qemu", "lxc"]},
        "bios": {"type": "str", "choices": ["seabios", "ovmf"]},
        "scsihw": {
            "type": "str",
            "choices": ["lsi", "lsi53c810", "virtio-scsi-pci", "virtio-scsi-single", "megasas", "pvscsi"],
        },
        "disks": {
            "type": "list",
            "elements": "dict",
            "options": {
                "slot": {"type": "str", "required": True},
                "state": {"type": "str", "choices": ["present", "detached", "absent"], "default": "present"},
                "size": number,
                "grow_by": text,
                "format": {"type": "str", "choices": ["raw", "qcow2", "vmdk"]},
                "storage": text,
                "cdrom": text,
                "volume": text,
                "import_from": text,
                "mp": text,
                "cache": text,
                "discard": flag,
                "ssd": flag,
                "iothread": flag,
                "backup": flag,
                "move": off,
                "delete_source": off,
                "options": {"type": "dict"},
            },
        },
        "nics": {
            "type": "list",
            "elements": "dict",
            "options": {
                "slot": {"type": "str", "required": True},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
                "bridge": text,
                "model": text,
                "mac": text,
                "name": text,
                "ip": text,
                "gw": text,
                "ip6": text,
                "gw6": text,
                "tag": number,
                "mtu": number,
                "queues": number,
                "firewall": flag,
                "link_down": flag,
                "rate": {"type": "float"},
                "options": {"type": "dict"},
            },
        },
        "config": {"type": "dict"},
        "password": {"type": "str", "no_log": True},
        "ssh_public_keys": {**texts, "no_log": False},
        "restart_if_required": off,
        "force": off,
        "purge": off,
        "destroy_unreferenced_disks": off,
        "shutdown_timeout": {"type": "int", "default": 180},
        "throttle": {"type": "int", "default": 10},
        "timeout": {"type": "int", "default": 1800},
    }
