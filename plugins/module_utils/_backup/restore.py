# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restore a backup: to a new guest, or over an existing guest that is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._api.client import Client, segment
from .._api.errors import AMBIGUOUS, NOT_FOUND, PROTECTED, UNSUPPORTED, PveError
from .._guest.guest import Guest
from .._guest.identity import require_free_name
from .._guest.inventory import Inventory, require_online
from .._guest.lookup import observe_guests, refresh_guest, with_config
from .._guest.power import STOPPED
from .._guest.selection import find_one
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

    @property
    def path(self) -> str:
        return f"/nodes/{segment(self.node)}/{self.type}/{self.vmid}"


class Restore(Resource[ObservedRestore]):
    noun = "guests"

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[ObservedRestore]:
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
        return [ObservedRestore(params["volid"], read_guest_type(entry), vmid, node, over, name)]

    def target(self, observed: ObservedRestore) -> dict[str, Any]:
        name = observed.over.guest.name if observed.over else observed.name or ""
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
        if params["start"]:
            steps.append(Step("POST", f"{observed.path}/status/start", "it is to be started"))
        return Plan(
            target=self.target(observed),
            steps=tuple(steps),
            before={"exists": over is not None, "status": over.status if over else None, "backup": None},
            after={"exists": True, "status": "running" if params["start"] else STOPPED, "backup": observed.volid},
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
        return {"exists": True, "status": status, "backup": observed.volid if restored else None}

    def is_reached(self, plan: Plan, state: dict[str, Any]) -> bool:
        # A guest that is restored as it was keeps its digest.
        return (state["exists"], state["status"]) == (plan.after["exists"], plan.after["status"])


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
            "Choose a free vmid. To overwrite that guest with the backup, give its name as well.",
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
