# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restart: a guest is restarted where changes of it wait for that, and the fleet's settings let it be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._guest.guest import Guest
from .._guest.lookup import find_guests_to_change
from .._guest.pending import is_cloudinit_option, read_pending
from .._guest.power import RUNNING, read_power
from .._module.plan import Plan, Step
from .._run.resource import GuestResource

if TYPE_CHECKING:
    from .._api.client import Client


@dataclass(frozen=True)
class Waiting:
    """A guest, and its fields whose changes may wait for a restart."""

    guest: Guest
    fields: tuple[str, ...] = ()
    running: bool = True


@dataclass(frozen=True)
class RestartStep(Step):
    """The request that restarts a guest; unless it I(is_certain), only where a change waits by then."""

    is_certain: bool = False


def _is_certain(kind: str, fields: Sequence[str]) -> bool:
    # A guest reads what cloud-init has for it when it boots, and Proxmox VE does not know whether it has.
    return any(
        field.partition(".")[0] == "cloudinit" or is_cloudinit_option(kind, field.removeprefix("config."))
        for field in fields
    )


class Restart(GuestResource[Waiting]):
    """Restarts one guest, which has C(shutdown_timeout) seconds for shutting down."""

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[Waiting]:
        dummy, guests = find_guests_to_change(client, params)
        return [
            Waiting(guest, tuple(read_pending(client, guest.path)), read_power(client, guest) == RUNNING)
            for guest in guests
        ]

    def plan(self, observed: Waiting, params: dict[str, Any]) -> Plan:
        if not observed.fields or not observed.running:
            return Plan(self.target(observed))
        limit = params["shutdown_timeout"]
        options = {"timeout": limit} if limit else {}
        why = f"these may wait for it: {', '.join(sorted(observed.fields))}"
        step = Step("POST", f"{observed.guest.path}/status/reboot", why, options, grace=limit)
        step = RestartStep(**{**vars(step), "is_certain": _is_certain(observed.guest.type, observed.fields)})
        return Plan(self.target(observed), (step,), {"restart": False}, {"restart": True})

    def read_state(self, client: Client, observed: Waiting, plan: Plan) -> dict[str, Any]:
        return {"restart": not read_pending(client, observed.guest.path)}

    def prepare_step(self, client: Client, step: Step) -> Step | None:
        if isinstance(step, RestartStep) and step.is_certain:
            return step
        return step if read_pending(client, step.path.removesuffix("/status/reboot")) else None
