# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resources behind pve_ha: guests under HA, and its rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._api.client import Client
from .._api.errors import INVALID_PARAMETER, PveError
from .._checks.existing import Existing
from .._cluster.ha import (
    RESOURCES,
    describe_resource,
    describe_rule,
    plan_resource,
    plan_rule,
    read_rules,
    service_id,
)
from .._cluster.ha_conflicts import check_rule
from .._guest.guest import Guest
from .._guest.lookup import find_guests_to_change
from .._guest.selection import guests_spec
from .._module.options import applying_spec
from .._module.plan import Plan
from .._run.resource import GuestResource, Resource

GUEST_OPTIONS = (
    "request_state",
    "max_restart",
    "max_relocate",
    "failback",
)
RULE_OPTIONS = (
    "nodes",
    "strict",
    "affinity",
    "disable",
)


@dataclass(frozen=True)
class HaGuest:
    """A guest and its HA resource; I(digest) is that of the file with all resources."""

    guest: Guest
    state: dict[str, Any]
    digest: str | None = None


class Resources(GuestResource[HaGuest]):
    settle_seconds = 0.0
    late_keys = frozenset()

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[HaGuest]:
        check_options(params, RULE_OPTIONS, "are of rules, but no rule is given")
        dummy, guests = find_guests_to_change(client, params)
        entries = {entry["sid"]: entry for entry in client.get(RESOURCES)}
        # Each change gives the file of all resources a new digest, so a digest can guard only one change.
        digests = {entry.get("digest") for entry in entries.values()} if len(guests) == 1 else ()
        digest = next(iter(digests), None)
        return [HaGuest(guest, describe_resource(entries.get(service_id(guest))), digest) for guest in guests]

    def plan(self, observed: HaGuest, params: dict[str, Any]) -> Plan:
        steps, after = plan_resource(service_id(observed.guest), observed.state, params, observed.digest)
        return Plan(self.target(observed), tuple(steps), observed.state, after, observed.digest)

    def read_state(self, client: Client, observed: HaGuest, plan: Plan) -> dict[str, Any]:
        sid = service_id(observed.guest)
        return describe_resource(next((entry for entry in client.get(RESOURCES) if entry["sid"] == sid), None))


@dataclass(frozen=True)
class ObservedRule:
    """A rule, and the guests that it is to apply to, None when none are named; I(managed) are all HA resources.

    I(others) are the other rules of the cluster, which has so many I(nodes).
    """

    state: dict[str, Any]
    digest: str | None = None
    guests: tuple[Guest, ...] | None = None
    managed: frozenset[str] = frozenset()
    others: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    nodes: int = 0


class Rules(Resource[ObservedRule]):
    noun = "rules"
    settle_seconds = 0.0
    late_keys = frozenset()

    def __init__(self, name: str) -> None:
        self._name = name

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[ObservedRule]:
        check_options(params, GUEST_OPTIONS, "are of guests, and rule is given")
        rules = read_rules(client)
        entry = rules.pop(self._name, None)
        digest = entry.get("digest") if entry else None
        if params["state"] == "absent":
            return [ObservedRule(describe_rule(entry), digest)]
        others = {name: describe_rule(rule) for name, rule in rules.items()}
        if all(params[option] is None for option in ("vmid", "name", "guests")):
            return [ObservedRule(describe_rule(entry), digest, others=others)]
        dummy, guests = find_guests_to_change(client, params)
        managed = frozenset(resource["sid"] for resource in client.get(RESOURCES))
        nodes = len(Existing(client).list_resources("node"))
        return [ObservedRule(describe_rule(entry), digest, tuple(guests), managed, others, nodes)]

    def target(self, observed: ObservedRule) -> dict[str, Any]:
        return {"rule": self._name}

    def plan(self, observed: ObservedRule, params: dict[str, Any]) -> Plan:
        resources = None
        if observed.guests is not None:
            unmanaged = [guest.label for guest in observed.guests if service_id(guest) not in observed.managed]
            if unmanaged:
                raise PveError(
                    INVALID_PARAMETER,
                    f"Not under HA: {', '.join(unmanaged[:10])}.",
                    "Rules are for guests under HA; put them there first (pve_ha without rule).",
                )
            resources = sorted(map(service_id, observed.guests))
        steps, after = plan_rule(self._name, observed.state, resources, params, observed.digest)
        if steps and after["exists"]:
            check_rule(self._name, after, observed.others, observed.nodes)
        return Plan(self.target(observed), tuple(steps), observed.state, after, observed.digest)

    def read_state(self, client: Client, observed: ObservedRule, plan: Plan) -> dict[str, Any]:
        return describe_rule(read_rules(client).get(self._name))


def check_options(params: dict[str, Any], unusable: Sequence[str], why: str) -> None:
    """Raise C(invalid_parameter) if one of the unusable options is set."""
    wrongly_set = [option for option in unusable if params[option] is not None]
    if wrongly_set:
        raise PveError(
            INVALID_PARAMETER, f"{', '.join(wrongly_set)}: these {why}.", "Leave them out, or make two tasks of it."
        )


# What AnsibleModule checks between the options.
RULES: dict[str, Any] = {
    "mutually_exclusive": [("vmid", "guests"), ("name", "guests"), ("nodes", "affinity"), ("strict", "affinity")],
    "required_one_of": [("vmid", "name", "guests", "rule")],
}


def argument_spec() -> dict[str, Any]:
    return {
        **guests_spec(),
        **applying_spec(),
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "request_state": {"type": "str", "choices": ["started", "stopped", "disabled", "ignored"]},
        "max_restart": {"type": "int"},
        "max_relocate": {"type": "int"},
        "failback": {"type": "bool"},
        "rule": {"type": "str"},
        "nodes": {"type": "list", "elements": "str"},
        "strict": {"type": "bool"},
        "affinity": {"type": "str", "choices": ["positive", "negative"]},
        "disable": {"type": "bool"},
        "comment": {"type": "str"},
    }
