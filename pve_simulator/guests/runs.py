# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""When guests ran: while they did not, nothing was measured of them."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pve_simulator.state.guest import Guest
    from pve_simulator.world.world import World

_MADE = re.compile(r"(?:^|,)ctime=(\d+)")


class Runs:
    """The times at which guests ran, but for the present ones."""

    def __init__(self) -> None:
        self._ended: dict[int, list[tuple[float, float]]] = defaultdict(list)

    def end(self, world: World, guest: Guest) -> None:
        """Note that a guest that runs does not any more."""
        self._ended[guest.vmid].append((_find_start(world, guest), world.clock.time()))

    def has_run(self, world: World, guest: Guest, moment: float) -> bool:
        """Whether a guest, or another one that had its vmid, ran at a moment."""
        if guest.running and moment >= _find_start(world, guest):
            return True
        return any(start <= moment <= end for start, end in self._ended[guest.vmid])


def _find_start(world: World, guest: Guest) -> float:
    """When a guest started; one that ran already when the world began has run since it was made."""
    if guest.started_at > world.began:
        return guest.started_at
    made = _MADE.search(str(guest.config.get("meta") or ""))
    return float(made[1]) if made else 0.0
