# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs inside a container, as far as its node can see it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pve_simulator.state.parts import state_part


@state_part("inside")
@dataclass
class ContainerInside:
    """Whether the system sets its network up, and addresses (with prefix length) by interface that it has then.

    Interfaces without given addresses get those of the configuration.
    """

    configured: bool = False
    addresses: dict[str, list[str]] = field(default_factory=dict)
