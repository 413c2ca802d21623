# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource behind pve_firewall: rules, options and lists of the firewall, at each of its levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._api.client import Client
from .._api.errors import PveError
from .._firewall.firewall import (
    Firewall,
    cluster_place,
    describe_firewall,
    find_node_place,
    group_place,
    guest_place,
    plan_firewall,
    read_firewall,
)
from .._firewall.in_force import describe_what_is_not_in_force, wants_filtering
from .._firewall.lists import prepare_write
from .._firewall.params import check_params, complete_params, firewall_spec
from .._guest.guest import Guest
from .._guest.inventory import read_each
from .._guest.lookup import find_guests_to_change, with_config
from .._guest.selection import guests_spec
from .._module.options import applying_spec
from .._module.plan import Plan, Step
from .._run.resource import Resource


class Firewalls(Resource[Firewall]):
    settle_seconds = 0.0

    def __init__(self, params: dict[str, Any]) -> None:
        self.noun = "guests" if params["level"] == "guest" else "firewalls"
        self._params = complete_params(params)

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[Firewall]:
        check_params(self._params)
        macros = read_macros(client, params["rules"] or [])
        if params["level"] == "guest":
            return self._observe_guests(client, macros)
        if params["level"] == "node":
            place = find_node_place(client, params["node"])
        else:
            place = group_place(params["group"]) if params["level"] == "group" else cluster_place()
        return [read_firewall(client, place, self._params, macros)]

    def _observe_guests(self, client: Client, macros: dict[str, str]) -> Sequence[Firewall]:
        inventory, guests = find_guests_to_change(client, self._params)
        is_to_filter = wants_filtering(self._params)

        def read(guest: Guest) -> Firewall:
            # Its network devices say whether its rules are in force.
            guest = with_config(client, guest) if is_to_filter else guest
            return read_firewall(client, guest_place(guest), self._params, macros)

        def record_problem(guest: Guest, problem: PveError) -> Firewall:
            return Firewall(guest_place(guest), problem=problem)

        firewalls = read_each(inventory, guests, self._params["throttle"], read, record_problem)
        if is_to_filter:
            found = [one.place.guest for one in firewalls if one.place.guest and not one.problem]
            client.notices += describe_what_is_not_in_force(is_cluster_firewall_off(client), found)
        return firewalls

    def target(self, observed: Firewall) -> dict[str, Any]:
        return observed.place.target

    def affected_guest(self, observed: Firewall) -> Guest | None:
        return observed.place.guest

    def plan(self, observed: Firewall, params: dict[str, Any]) -> Plan:
        if observed.problem:
            raise observed.problem
        steps, after = plan_firewall(observed, self._params)
        before = describe_firewall(observed.place, observed.listings)
        return Plan(self.target(observed), steps, before, after, observed.config_digest())

    def prepare_step(self, client: Client, step: Step) -> Step:
        return prepare_write(client, step)

    def read_state(self, client: Client, observed: Firewall, plan: Plan) -> dict[str, Any]:
        current = read_firewall(client, observed.place, self._params, observed.macros)
        return describe_firewall(current.place, current.listings)


def is_cluster_firewall_off(client: Client) -> bool:
    """Whether no firewall of a guest is in force; false where that can't be read."""
    try:
        return not int(client.get("/cluster/firewall/options").get("enable") or 0)
    except PveError:
        return False


def read_macros(client: Client, rules: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The names of all macros by their lower-case form; empty if no rule names a macro."""
    if not any(rule["macro"] for rule in rules):
        return {}
    return {entry["macro"].lower(): entry["macro"] for entry in client.get("/cluster/firewall/macros")}


# What AnsibleModule checks between the options.
RULES: dict[str, Any] = {
    "mutually_exclusive": [("vmid", "guests"), ("name", "guests")],
    "required_if": [
        ("level", "guest", ["vmid", "name", "guests"], True),
        ("level", "node", ["node"]),
        ("level", "group", ["group"]),
    ],
}


def argument_spec() -> dict[str, Any]:
    return {**guests_spec(), **applying_spec(), **firewall_spec()}
