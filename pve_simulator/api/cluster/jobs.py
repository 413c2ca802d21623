# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/jobs/schedule-analyze."""

from __future__ import annotations

from typing import Any

from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.world.calendar_events import in_words, list_times

_ITERATIONS = 10


@route("GET", "/cluster/jobs/schedule-analyze")
def analyze(call: Call) -> list[dict[str, Any]]:
    """The next times of a calendar event."""
    start = call.params.get("starttime")
    begin = float(start) if start is not None else call.world.clock.time()
    times = list_times(call.need("schedule"), begin, call.integer("iterations", _ITERATIONS))
    return [{"timestamp": moment, "utc": in_words(moment)} for moment in times]
