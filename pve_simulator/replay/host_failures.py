# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks that failed for reasons of the recorded machine, which no API call explains: repeated as faults."""

from __future__ import annotations

import re

from pve_simulator.replay.names import upids_in
from pve_simulator.replay.recording import Exchange
from pve_simulator.world.faults import FaultRule
from pve_simulator.world.upid import Upid

# What the kernel of the recorded machine did not let a container do.
_REASON = re.compile(r"startup for container '\d+' failed")


def find_host_failures(recording: list[Exchange]) -> dict[int, FaultRule]:
    """The faults by the number of the exchange that started the task."""
    starters: dict[str, int] = {}
    faults: dict[int, FaultRule] = {}
    for number, item in enumerate(recording):
        if item.method != "GET":
            starters.update(dict.fromkeys(upids_in(item.data), number))
        elif isinstance(item.data, dict) and _REASON.fullmatch(str(item.data.get("exitstatus"))):
            upid = Upid.parse(str(item.data["upid"]))
            if upid is not None and str(upid) in starters:
                faults[starters[str(upid)]] = FaultRule(
                    "fail",
                    task=re.escape(upid.type),
                    vmid=int(upid.id),
                    message=item.data["exitstatus"],
                    count=1,
                )
    return faults
