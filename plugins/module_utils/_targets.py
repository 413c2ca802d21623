# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What plans would touch, as whoever has to judge them wants to know it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._concurrency import bounded_map
from ._errors import NOT_FOUND, PveError
from ._guests import guest_from_entry

if TYPE_CHECKING:
    from ._client import Client
    from ._plan import Plan


def targets_wanted() -> bool:
    """Whether C(PVE_PLAN_TARGETS) asks for the targets: they cost a request per guest, which nobody else has to pay."""
    return bool(os.environ.get("PVE_PLAN_TARGETS"))


def describe_targets(client: Client, plans: Sequence[Plan], throttle: int) -> list[dict[str, Any]]:
    """The identity of each target that has steps; guests with C(pool), C(tags), C(template) and C(protected), too.

    A guest that is yet to be made has none of them. One that can't be read lacks them all, and must not be taken for
    unprotected.
    """
    changing = [plan.target for plan in plans if plan.steps]
    if not any("vmid" in target for target in changing):
        return changing
    pools = {entry["vmid"]: entry.get("pool") for entry in client.get("/cluster/resources", type="vm")}

    def describe(target: dict[str, Any]) -> dict[str, Any]:
        if "vmid" not in target:
            return target
        guest = guest_from_entry(target)
        try:
            config = client.get(f"{guest.path}/config")
        except PveError as error:
            return {**target, "tags": [], "protected": False} if error.code == NOT_FOUND else target
        configured = guest_from_entry({**target, **config, "pool": pools.get(guest.vmid)}, name=guest.name)
        return {
            **target,
            "pool": configured.pool,
            "tags": list(configured.tags),
            "template": configured.template,
            "protected": bool(int(config.get("protection") or 0)),
        }

    return bounded_map(throttle, describe, changing)
