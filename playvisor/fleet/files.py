# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a fleet, as whoever works with them names them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playvisor.fleet.disk import DISK, Disk
from playvisor.fleet.render import Rendered, render_fleet


@dataclass(frozen=True)
class FleetFiles:
    """Where a fleet is authored, and what its templates are filled with."""

    source: Path
    environment: str | None = None
    values: tuple[Path, ...] = ()
    sets: tuple[str, ...] = ()
    disk: Disk = DISK

    def render(self) -> Rendered:
        """The plain document and where its values come from. Raises FleetError."""
        return render_fleet(
            self.source, environment=self.environment, values_files=self.values, sets=self.sets, disk=self.disk
        )
