# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Storage replication: jobs, and how their last runs went."""

from __future__ import annotations

from dataclasses import dataclass, field

from pve_simulator.state.parts import state_part


@dataclass
class ReplicationJob:
    """One job of a guest, on the guest's node; `config` is its section of replication.cfg."""

    config: dict[str, str] = field(default_factory=dict)
    last_try: int = 0
    last_sync: int = 0
    duration: float = 0.0
    fail_count: int = 0
    error: str | None = None
    log: list[str] = field(default_factory=list)


@state_part("replication")
@dataclass
class Replication:
    """Jobs by id (`101-0`)."""

    jobs: dict[str, ReplicationJob] = field(default_factory=dict)
