# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ids of new guests: those that others are about to take, and those that a plan of the same call has. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mcp_bridge.auth.caller import Caller
from mcp_bridge.ledger.records import KeptPlan
from mcp_bridge.policy.places import find_guests

# How many ids from a planned one on are looked at: as many runs may be about to make guests.
REACH = 256


@dataclass(frozen=True)
class Call:
    """A call as it is known again; with `plan_id`, it applies that plan."""

    tool: str
    arguments: Mapping[str, Any]
    caller: Caller
    plan_id: str | None = None

    def is_planned_by(self, plan: KeptPlan) -> bool:
        """Whether a kept plan is of the same call. One whose arguments were not kept may be."""
        if self.plan_id is not None:
            return plan.plan_id == self.plan_id
        asker = (plan.tool, plan.asker, plan.asker_kind) == (self.tool, self.caller.identity, self.caller.kind)
        return asker and (plan.arguments is None or _drop_check(plan.arguments) == _drop_check(self.arguments))


@dataclass(frozen=True)
class NewIds:
    """Which ids new guests get when their caller names none: those of `own` that are free, and none of `reserved`."""

    own: tuple[int, ...] = ()
    reserved: frozenset[int] = frozenset()

    def as_environment(self) -> dict[str, str]:
        """The variables that tell a module."""
        variables = {"PVE_OWN_VMID": self.own, "PVE_RESERVED_VMIDS": sorted(self.reserved)}
        return {name: ",".join(map(str, vmids)) for name, vmids in variables.items() if vmids}


def list_new_ids(plan: KeptPlan) -> list[int]:
    """The ids of the guests that a kept plan would create, in its order."""
    return find_new_ids(plan.shown.get("steps") or ())


def find_new_ids(steps: Iterable[Mapping[str, Any]]) -> list[int]:
    """The ids of the guests that steps would create, in their order."""
    return [vmid for vmid, place in find_guests(steps).items() if place.is_created]


def find_own_ids(plans: Iterable[KeptPlan], call: Call) -> tuple[int, ...]:
    """The ids of the new guests in the newest open plan of the same call that has some."""
    found = [list_new_ids(plan) for plan in plans if call.is_planned_by(plan)]
    return next((tuple(vmids) for vmids in found if vmids), ())


def find_planned_ids(plans: Iterable[KeptPlan], call: Call, cluster: str) -> frozenset[int]:
    """The ids of the new guests in open plans of other calls."""
    others = [plan for plan in plans if plan.cluster == cluster and not call.is_planned_by(plan)]
    return frozenset(vmid for plan in others for vmid in list_new_ids(plan))


def list_candidates(planned: Collection[int]) -> list[int]:
    """The planned ids, and those that may be taken instead."""
    return [vmid + offset for vmid in planned for offset in range(REACH)]


def _drop_check(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name != "check"}
