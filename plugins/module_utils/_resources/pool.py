# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource behind pve_pool: pools and what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .._access.pools import Pool, find_owners, read_pool
from .._api.client import Client
from .._api.errors import PROTECTED, PveError
from .._checks.existing import Existing
from .._module.plan import Plan, Step
from .._run.resource import Resource


class Pools(Resource[Pool]):
    noun = "pools"

    def __init__(self, name: str) -> None:
        self._name = name

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[Pool]:
        pool = read_pool(client, self._name)
        if params["state"] == "absent" and not pool.exists:
            client.notices += Existing(client).warn_of_hidden("pool", self._name)
        added = {*(params["vmids"] or ())}.difference(pool.vmids)
        return [replace(pool, owners=find_owners(client, added)) if added and not params["move"] else pool]

    def target(self, observed: Pool) -> dict[str, Any]:
        return {"pool": self._name}

    def plan(self, observed: Pool, params: dict[str, Any]) -> Plan:
        steps, after = plan_steps(self._name, observed, params)
        return Plan(self.target(observed), tuple(steps), observed.describe(), after.describe())

    def read_state(self, client: Client, observed: Pool, plan: Plan) -> dict[str, Any]:
        return read_pool(client, self._name).describe()


def plan_steps(name: str, pool: Pool, params: dict[str, Any]) -> tuple[list[Step], Pool]:
    """The requests that the options ask for, and the pool after them."""
    if params["state"] == "absent":
        return _plan_removal(name, pool)
    if pool.owners and not params["move"]:
        places = ", ".join(f"{vmid} in {owner}" for vmid, owner in sorted(pool.owners.items()))
        raise PveError(PROTECTED, f"These guests are in other pools: {places}.", "Set move to take them out of there.")
    steps = []
    comment = pool.comment if params["comment"] is None else params["comment"].strip()
    if not pool.exists:
        options = {"poolid": name, "comment": comment} if comment else {"poolid": name}
        steps.append(Step("POST", "/pools", "there is no such pool", options, task=False))
    elif comment != pool.comment:
        steps.append(Step("PUT", "/pools", "its comment differs", {"poolid": name, "comment": comment}, task=False))
    vmids = _choose_members(pool.vmids, params["vmids"], params)
    storages = _choose_members(pool.storages, params["storages"], params)
    added = _render_members(set(vmids) - set(pool.vmids), set(storages) - set(pool.storages))
    removed = _render_members(set(pool.vmids) - set(vmids), set(pool.storages) - set(storages))
    if added:
        options = {"poolid": name, **added, **({"allow-move": 1} if params["move"] else {})}
        steps.append(Step("PUT", "/pools", "these are not in it", options, task=False))
    if removed:
        why = "these are in it and not named"
        steps.append(Step("PUT", "/pools", why, {"poolid": name, **removed, "delete": 1}, task=False))
    return steps, replace(pool, exists=True, comment=comment, vmids=vmids, storages=storages)


def _plan_removal(name: str, pool: Pool) -> tuple[list[Step], Pool]:
    if not pool.exists:
        return [], pool
    if pool.inner:
        raise PveError(
            PROTECTED, f"In the pool {name} there are others: {', '.join(pool.inner)}.", "Delete them first."
        )
    steps = []
    members = _render_members(set(pool.vmids), set(pool.storages))
    if members:
        # Proxmox VE deletes empty pools only.
        why = "a pool must be empty to be deleted"
        steps.append(Step("PUT", "/pools", why, {"poolid": name, **members, "delete": 1}, task=False))
    steps.append(Step("DELETE", "/pools", "it exists, and absent is asked for", {"poolid": name}, task=False))
    return steps, Pool()


def _choose_members(present: tuple[Any, ...], named: list[Any] | None, params: dict[str, Any]) -> tuple[Any, ...]:
    if named is None:
        return present
    return tuple(sorted(set(named) if params["purge"] else {*present, *named}))


def _render_members(vmids: set[int], storages: set[str]) -> dict[str, str]:
    members = {"vms": ",".join(map(str, sorted(vmids))), "storage": ",".join(sorted(storages))}
    return {key: value for key, value in members.items() if value}


def argument_spec() -> dict[str, Any]:
    return {
        "pool": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "comment": {"type": "str"},
        "vmids": {"type": "list", "elements": "int"},
        "storages": {"type": "list", "elements": "str"},
        "purge": {"type": "bool", "default": False},
        "move": {"type": "bool", "default": False},
        "timeout": {"type": "int", "default": 300},
        "expect_plan": {"type": "str"},
    }
