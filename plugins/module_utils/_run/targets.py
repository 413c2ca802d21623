# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What plans would change, for policies and approvers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .resource import Outcome


def are_targets_wanted() -> bool:
    """Whether C(PVE_PLAN_TARGETS) asks for the targets, which only Playvisor needs."""
    return bool(os.environ.get("PVE_PLAN_TARGETS"))


def describe_targets(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The identity of each target that has steps; of guests also C(pool), C(tags), C(template) and C(protected).

    A guest that does not exist yet has nothing to protect.
    """
    return [_describe(outcome) for outcome in outcomes if outcome.plan is not None and outcome.plan.steps]


def _describe(outcome: Outcome) -> dict[str, Any]:
    target, guest = outcome.plan.target, outcome.guest
    if "vmid" not in target:
        return target
    if guest is None or guest.vmid != target["vmid"]:
        return {**target, "tags": [], "protected": False}
    return {
        **target,
        "pool": guest.pool,
        "tags": list(guest.tags),
        "template": guest.template,
        "protected": bool(int(guest.config.get("protection") or 0)),
    }
