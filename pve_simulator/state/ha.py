# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""High availability: which guests are managed, what is asked of them, and the rules on where they may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pve_simulator.state.guest import Guest
from pve_simulator.state.parts import state_part


@dataclass
class HaResource:
    """One managed guest; `config` is its section of resources.cfg, `state` what the manager reports.

    The manager has not seen a new one yet: its state is `queued`. `requests` counts what has been asked of it,
    so that the manager drops what it was doing when something new is asked.
    """

    config: dict[str, str] = field(default_factory=dict)
    state: str = "started"
    requests: int = 0

    @property
    def requested_state(self) -> str:
        """The requested state: started, stopped, disabled or ignored."""
        state = self.config.get("state", "started")
        return "started" if state == "enabled" else state


@state_part("ha")
@dataclass
class Ha:
    """Managed guests by service id (`vm:101`, `ct:200`), and rules by name, typed as the API shows them.

    `active` is whether the manager has had anything to do yet; until then there is no master. `idle_since` is
    when it last ran out of work, `agents` when each node's agent last had any.
    """

    resources: dict[str, HaResource] = field(default_factory=dict)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    active: bool = False
    idle_since: float = 0.0
    disarmed: str = ""
    agents: dict[str, float] = field(default_factory=dict)


def service_id(guest: Guest) -> str:
    """A guest's service id."""
    return f"{'vm' if guest.type == 'qemu' else 'ct'}:{guest.vmid}"
