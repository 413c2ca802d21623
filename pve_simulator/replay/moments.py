# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What time it was on the recorded server."""

from __future__ import annotations

from pve_simulator.replay.names import upids_in
from pve_simulator.replay.recording import Exchange
from pve_simulator.world.upid import Upid

_SOME_DAY = 1795222000.0
_MANAGER = "/cluster/ha/status/current"


def find_first_moment(recording: list[Exchange]) -> float:
    """When the recording began, as nearly as it says: its first task, its first clock reading, its last UPID."""
    for item in recording:
        moment = find_moment(item)
        if moment is not None:
            return moment
    moments = [parsed.start for item in recording for upid in upids_in(item.data) if (parsed := Upid.parse(upid))]
    return float(max(moments)) if moments else _SOME_DAY


def find_moment(item: Exchange) -> float | None:
    """When an exchange took place, if its answer tells: tasks it started, clocks and managers it read."""
    if item.status != 200:
        return None
    if item.method != "GET":
        starts = [parsed.start for upid in upids_in(item.data) if (parsed := Upid.parse(upid))]
        return float(max(starts)) if starts else None
    if item.path.endswith("/time") and isinstance(item.data, dict) and "time" in item.data:
        return float(item.data["time"])
    if item.path.endswith("/agent/get-time") and isinstance(item.data, dict):
        return float(item.data["result"]) / 1e9
    if item.path.endswith("/status/current") and isinstance(item.data, dict) and "ballooninfo" in item.data:
        moment = item.data["ballooninfo"].get("last_update")
        return float(moment) if moment else None
    if item.path == _MANAGER and isinstance(item.data, list):
        # An idle manager's stamp is when it fell idle; the agents' are fresh.
        fresh = [entry for entry in item.data if "timestamp" in entry]
        stamps = [entry["timestamp"] for entry in fresh if entry["type"] != "master" or "idle" not in entry["status"]]
        return float(max(stamps)) if stamps else None
    return None
