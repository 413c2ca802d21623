# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node samples of one guest when it broadcasts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pve_simulator.guests.views import list_entry, qmp_status
from pve_simulator.state.guest import Config, Guest, GuestType

if TYPE_CHECKING:
    from pve_simulator.world.world import World

_FIGURES = ("name", "cpu", "disk", "maxdisk", "maxmem", "mem", "netin", "netout", "uptime")
_BEING_MADE = ("create", "clone")


@dataclass(slots=True, eq=False)
class Sample:
    """A guest as it was at `moment`, which is rendered when somebody asks for it, and only once.

    `config` is the sample's own: the guest's may change. Samples are compared by identity.
    """

    type: GuestType
    config: Config
    status: str
    running: bool
    started_at: float
    moment: float
    _entry: dict[str, Any] | None = field(default=None, init=False)

    def is_still(self, guest: Guest, status: str) -> bool:
        """Whether the guest is as it was, its age aside."""
        return (
            self.status == status
            and self.running == guest.running
            and self.started_at == guest.started_at
            and self.config == guest.config
            and self.type == guest.type
        )

    def render(self, world: World, guest: Guest) -> dict[str, Any]:
        """What lists show of it: name, type, status, template flag and usage. `guest` has the id now."""
        if self._entry is None:
            then = Guest(
                guest.vmid, self.type, guest.node, self.config, running=self.running, started_at=self.started_at
            )
            entry = list_entry(world, then, at=self.moment)
            self._entry = {
                **{key: entry[key] for key in _FIGURES},
                "id": f"{self.type}/{guest.vmid}",
                "type": self.type,
                "status": self.status,
                "maxcpu": entry["cpus"],
                "template": int(then.template),
                "memhost": entry.get("memhost", 0),
                "diskread": entry.get("diskread", 0),
                "diskwrite": entry.get("diskwrite", 0),
            }
            if then.lock in _BEING_MADE:
                self._entry["name"] = then.placeholder
        return self._entry


def take_sample(guest: Guest, status: str, moment: float, before: Sample | None) -> Sample:
    """A guest at this moment; keeps the configuration of the sample before when it is the same."""
    config = before.config if before is not None and before.config == guest.config else dict(guest.config)
    return Sample(guest.type, config, status, guest.running, guest.started_at, moment)


def describe_status(guest: Guest) -> str:
    """A guest's status in a broadcast: QEMU's own word for a machine."""
    if guest.type == "qemu":
        return qmp_status(guest)
    return "running" if guest.running else "stopped"
