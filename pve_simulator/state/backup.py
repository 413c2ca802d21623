# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backup jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pve_simulator.state.parts import state_part


@state_part("backup")
@dataclass
class BackupJobs:
    """The jobs of jobs.cfg by id, in their order: verified parameters, `prune-backups` and such as text."""

    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
