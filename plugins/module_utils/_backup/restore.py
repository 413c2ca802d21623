# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restore a backup: to a new guest, or over an existing guest that is named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._api.client import Client, segment
from .._api.errors import AMBIGUOUS, NOT_FOUND, PROTECTED, UNSUPPORTED, PveError
from .._guest.guest import Guest
from .._guest.identity import require_free_name
from .._guest.inventory import Inventory, require_online
from .._guest.lookup import observe_guests, refresh_guest, with_config
from .._guest.nics import is_slot, read_nic, render_changed_nic
from .._guest.options import encode, read_option
from .._guest.power import STOPPED
from .._guest.selection import describe_places, find_one
from .._guest.tags import choose_tags, has_case_sensitive_tags
from .._module.plan import Plan, Step
from .._run.resource import Resource
from .._storage.storages import find_volume, storage_path
from .backups import parse_storage, read_guest_type

# Options of the module that go into the request, with their names there.
PASSED_ON = {"target_storage": "storage", "pool": "pool", "bwlimit": "bwlimit"}


@dataclass(frozen=True)
class OverwrittenGuest:
    """The guest that a restore would overwrite, as it is now."""

    guest: Guest
    status: str
    protected: bool
    config_digest: str | None


@dataclass(frozen=True)
class ObservedRestore:
    """A backup, the type of the guest in it, and the guest and node to restore it to, with the name that it gets."""

    volid: str
    type: str | None
    vmid: int
    node: str
    over: OverwrittenGuest | None = None
    name: str | None = None
    # The configuration in the backup, read where its name or its network devices matter.
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def archived_name(self) -> str:
        """The name of the guest in the backup, where that was read."""
        return str(self.config.get("hostname" if self.type == "lxc" else "name") or "")

    @property
    def path(self) -> str:
        return f"/nodes/{segment(self.node)}/{self.type}/{self.vmid}"


class Restore(Resource[ObservedRestore]):
    noun = "guests"
    late_keys = frozenset({"exists", "status"})
    _has_case_sensitive_tags = False

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[ObservedRestore]:
        tags = params.get("tags") or []
        self._has_case_sensitive_tags = any(tag != tag.lower() for tag in tags) and has_case_sensitive_tags(client)
        inventory = refresh_guest(
            client, observe_guests(client), params["vmid"], params["name"], params["node"], everywhere=True
        )
        guest = find_overwritten(inventory, params)
        name = params["new_name"] or (params["name"] if guest is None else None)
        if name:
            require_free_name(refresh_guest(client, inventory, name=name), name, guest)
        node, entry = find_backup(client, params["volid"], guest.node if guest else params["target"])
        over = None if guest is None else _read_overwritten(client, guest)
        vmid = guest.vmid if guest else params["vmid"]
        config: Mapping[str, Any] = {}
        if params.get("disconnect") or not (guest or name):
            config = _read_archived_config(client, node, params["volid"], is_needed=bool(params.get("disconnect")))
        observed = ObservedRestore(params["volid"], read_guest_type(entry), vmid, node, over, name, config)
        if observed.archived_name and not (guest or name):
            inventory = refresh_guest(client, inventory, name=observed.archived_name)
            _note_namesakes(client, inventory, observed)
        return [observed]

    def target(self, observed: ObservedRestore) -> dict[str, Any]:
        name = observed.over.guest.name if observed.over else observed.name or observed.archived_name
        return {"vmid": observed.vmid, "name": name, "node": observed.node, "type": observed.type}

    def affected_guest(self, observed: ObservedRestore) -> Guest | None:
        return observed.over.guest if observed.over else None

    def plan(self, observed: ObservedRestore, params: dict[str, Any]) -> Plan:
        if observed.type is None:
            raise PveError(
                UNSUPPORTED,
                f"The name of {observed.volid} does not say whether it holds a QEMU or an LXC guest.",
                "Give the archive the name that Proxmox VE gives to backups.",
            )
        over = observed.over
        if over:
            _refuse_impossible(observed, over, params)
        steps = [_build_restore_step(observed, params)]
        changes, goal = self._plan_setup(observed, params)
        if changes:
            why = f"it is to differ from the backup in {', '.join(sorted(goal))}"
            steps.append(Step("PUT", f"{observed.path}/config", why, changes, task=False))
        if params["start"]:
            steps.append(Step("POST", f"{observed.path}/status/start", "it is to be started"))
        return Plan(
            target=self.target(observed),
            steps=tuple(steps),
            before={"exists": over is not None, "status": over.status if over else None, "backup": None},
            after={
                "exists": True,
                "status": "running" if params["start"] else STOPPED,
                "backup": observed.volid,
                **goal,
            },
            config_digest=over.config_digest if over else None,
        )

    def read_state(self, client: Client, observed: ObservedRestore, plan: Plan) -> dict[str, Any]:
        try:
            config = client.get(f"{observed.path}/config")
            status = client.get(f"{observed.path}/status/current")["status"]
        except PveError as error:
            if error.code != NOT_FOUND:
                raise
            return {"exists": False, "status": None, "backup": None}
        # A failed restore leaves a locked guest, or one with the same digest as before if it never started.
        restored = "lock" not in config and config.get("digest") != plan.config_digest
        found = {
            "tags": sorted(read_option(str(observed.type), config, "tags")),
            "disconnected": [
                slot for slot in sorted(config) if is_slot(slot) and _is_disconnected(str(observed.type), config, slot)
            ],
        }
        return {
            "exists": True,
            "status": status,
            "backup": observed.volid if restored else None,
            **{key: value for key, value in found.items() if key in plan.after},
        }

    def is_reached(self, plan: Plan, state: dict[str, Any]) -> bool:
        # A guest that is restored as it was keeps its digest.
        return all(state.get(key) == value for key, value in plan.after.items() if key != "backup")

    def _plan_setup(self, observed: ObservedRestore, params: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is changed once the guest is restored: the parameters of the request, and what results show of it."""
        changes: dict[str, Any] = {}
        goal: dict[str, Any] = {}
        kind = str(observed.type)
        if params.get("disconnect"):
            slots = sorted(slot for slot in observed.config if is_slot(slot))
            changes = {slot: render_disconnected_nic(kind, observed.config, slot, params["unique"]) for slot in slots}
            goal["disconnected"] = slots
        if params.get("tags") is not None:
            tags = choose_tags((), params["tags"], None, None, case_sensitive=self._has_case_sensitive_tags)
            changes |= {"tags": encode(kind, "tags", tags)} if tags else {"delete": "tags"}
            goal["tags"] = tags
        return changes, goal


def find_overwritten(inventory: Inventory, params: dict[str, Any]) -> Guest | None:
    """The guest to overwrite, which must be named; None where the vmid is free."""
    vmid, name = params["vmid"], params["name"]
    existing = inventory.get(vmid)
    if vmid is not None and existing is None:
        return None
    if existing and name is None:
        raise PveError(
            AMBIGUOUS,
            f"The id {vmid} is taken by guest {existing.label} on {existing.node}.",
            "Choose a free vmid. In playbooks, its name as well says that the backup is to overwrite it.",
        )
    guest = find_one(inventory, vmid, name, params["node"])
    require_online(inventory, guest)
    if params["target"] not in (None, guest.node):
        raise PveError(
            UNSUPPORTED,
            f"Guest {guest.label} is on node {guest.node}, and can't be overwritten on {params['target']}.",
            "Leave target out, or migrate the guest first.",
        )
    return guest


def find_backup(client: Client, volid: str, node: str | None) -> tuple[str, dict[str, Any]]:
    """A node that sees a backup (I(node) if that is set), and its entry there; raises C(not_found)."""
    storage = parse_storage(volid)
    if node is None:
        node, entry = find_volume(client, storage, volid, "backup")
        where = f"Storage {storage}"
    else:
        listed = client.get(f"{storage_path(node, storage)}/content", content="backup")
        entry = next((entry for entry in listed if entry["volid"] == volid), None)
        where = f"Storage {storage} of node {node}"
    if entry is None:
        hint = "List the backups to see which there are, and on which nodes; only shared storage is seen from all."
        raise PveError(NOT_FOUND, f"{where} has no backup {volid}.", hint)
    return node, entry


def render_disconnected_nic(kind: str, config: Mapping[str, Any], slot: str, is_unique: bool) -> str:
    """A network device with its cable unplugged; a unique one gets another address from Proxmox VE."""
    nic = read_nic(kind, config, slot) or {}
    kept = {name: value for name, value in nic.items() if not is_unique or name not in ("macaddr", "hwaddr")}
    return render_changed_nic(kind, {**kept, "link_down": "0"}, {"slot": slot, "link_down": True}) or ""


def _is_disconnected(kind: str, config: Mapping[str, Any], slot: str) -> bool:
    return (read_nic(kind, config, slot) or {}).get("link_down") == "1"


def _note_namesakes(client: Client, inventory: Inventory, observed: ObservedRestore) -> None:
    """Add a notice to the client where the guest gets a name that another one has."""
    namesakes = inventory.with_name(observed.archived_name)
    if namesakes:
        client.notices.append(
            f"Guest {observed.vmid} gets the name in the backup, {observed.archived_name}, which another has: "
            f"{describe_places(namesakes)}. Give new_name, so that each can be named."
        )


def _read_archived_config(client: Client, node: str, volid: str, *, is_needed: bool) -> dict[str, str]:
    """The configuration in a backup, without that of snapshots; empty where it can't be read and is not needed."""
    try:
        text = str(client.get(f"/nodes/{segment(node)}/vzdump/extractconfig", volume=volid))
    except PveError:
        if is_needed:
            raise
        return {}
    current = re.split(r"^\[", text, maxsplit=1, flags=re.M)[0]
    lines = (line.partition(":") for line in current.splitlines() if not line.startswith("#"))
    return {name.strip(): value.strip() for name, colon, value in lines if colon}


def _read_overwritten(client: Client, guest: Guest) -> OverwrittenGuest:
    guest = with_config(client, guest)
    config = guest.config or {}
    current = client.get(f"{guest.path}/status/current")
    return OverwrittenGuest(
        guest=guest,
        status=str(current["status"]),
        protected=bool(int(config.get("protection") or 0)),
        config_digest=config.get("digest"),
    )


def _refuse_impossible(observed: ObservedRestore, over: OverwrittenGuest, params: dict[str, Any]) -> None:
    label = over.guest.label
    if over.guest.type != observed.type:
        raise PveError(
            UNSUPPORTED,
            f"Guest {label} is of type {over.guest.type}, but {observed.volid} holds one of type {observed.type}.",
            "Restore it to a free vmid.",
        )
    if over.protected:
        raise PveError(
            PROTECTED,
            f"Guest {label} is protected, and restoring would overwrite it.",
            "Remove its protection first if that is really meant, or restore to a free vmid.",
        )
    if over.status != STOPPED:
        raise PveError(
            UNSUPPORTED,
            f"Guest {label} is {over.status}, and only a stopped guest can be overwritten.",
            "Stop it first with pve_guest_state, or restore to a free vmid.",
        )


def _build_restore_step(observed: ObservedRestore, params: dict[str, Any]) -> Step:
    machine, over = observed.type == "qemu", observed.over
    options: dict[str, Any] = {"vmid": observed.vmid, "archive" if machine else "ostemplate": observed.volid}
    if not machine:
        options["restore"] = 1
    if over:
        options["force"] = 1
    if params["unique"]:
        options["unique"] = 1
    if observed.name:
        options["name" if machine else "hostname"] = observed.name
    options.update({name: params[option] for option, name in PASSED_ON.items() if params[option] is not None})
    why = f"guest {over.guest.name} is to be overwritten" if over else "there is no guest with this id"
    return Step("POST", f"/nodes/{segment(observed.node)}/{observed.type}", f"{why}: a restore is asked for", options)
