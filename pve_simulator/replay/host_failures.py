# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What failed for reasons of the recorded machine, which no API call explains: repeated as faults."""

from __future__ import annotations

import re

from pve_simulator.replay.names import upids_in
from pve_simulator.replay.recording import Exchange
from pve_simulator.world.faults import FaultRule
from pve_simulator.world.upid import Upid

# What the kernel of the recorded machine did not let a container do.
_REASON = re.compile(r"startup for container '\d+' failed")
# What its QEMU was built without, and firmware that it lacks.
_REFUSAL = re.compile(r"unable to create image: .*: Unknown file format '\w+'|EFI (?:base|vars) image '.*' not found")


def find_host_failures(recording: list[Exchange]) -> dict[int, FaultRule]:
    """The faults by the number of the exchange that started the task."""
    starters: dict[str, int] = {}
    faults: dict[int, FaultRule] = {}
    for number, item in enumerate(recording):
        if item.status == 500 and _REFUSAL.fullmatch(item.reason):
            faults[number] = FaultRule("status", re.escape(item.path) + "$", item.method, message=item.reason, count=1)
        if item.method != "GET":
            starters.update(dict.fromkeys(upids_in(item.data), number))
        elif isinstance(item.data, dict) and (reason := _find_reason(str(item.data.get("exitstatus")))):
            upid = Upid.parse(str(item.data["upid"]))
            if upid is not None and str(upid) in starters:
                faults[starters[str(upid)]] = FaultRule(
                    "fail",
                    task=re.escape(upid.type),
                    vmid=int(upid.id),
                    message=reason,
                    count=1,
                )
    return faults


def _find_reason(exitstatus: str) -> str | None:
    """The exit status of a task that the machine made fail."""
    text = exitstatus.partition(" - ")[2] or exitstatus
    return exitstatus if _REASON.fullmatch(exitstatus) or _REFUSAL.fullmatch(text) else None
