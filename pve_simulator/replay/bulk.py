# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which guests a server had, as the log of a start of all guests tells."""

from __future__ import annotations

import re
from typing import Any

from pve_simulator.replay.recording import Exchange
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Guest

_ALL = "Starting all guests"
_STARTING = re.compile(r"Starting (VM|CT) (\d+)")
_RUNNING = re.compile(r"WARN: Skipping (VM|CT) (\d+), already running\.")
_LOG_PATH = re.compile(r"/nodes/([^/]+)/tasks/[^/]+/log")
_GUEST_PATH = re.compile(r"/nodes/[^/]+/(?:qemu|lxc)/(\d+)(?:/|$)")


def adopt_started(cluster: Cluster, recording: list[Exchange]) -> None:
    """Guests of a start of all guests were there and stopped; those that it does not name were not there.

    What the recording does with a guest by itself says more, and templates are never started.
    """
    touched = {int(vmid) for item in recording for vmid in _touched_vmids(item)}
    for item in recording:
        match = _LOG_PATH.fullmatch(item.path)
        lines = _read_lines(item.data) if match else []
        if match is None or not lines or lines[0] != _ALL:
            continue
        named = {int(hit[2]): hit[1] for line in lines if (hit := _STARTING.match(line) or _RUNNING.match(line))}
        running = {int(hit[2]) for line in lines if (hit := _RUNNING.match(line))}
        for vmid, guest in list(cluster.guests.items()):
            if vmid not in named and vmid not in touched and not guest.template:
                del cluster.guests[vmid]
        for vmid in named.keys() - touched:
            guest = cluster.guests.setdefault(vmid, _make_unknown(vmid, named[vmid], match[1]))
            guest.running = vmid in running


def _make_unknown(vmid: int, label: str, node: str) -> Guest:
    """A guest of which only its id is known, and that it could be started."""
    return Guest(vmid, "qemu", node, {"kvm": "0"}) if label == "VM" else Guest(vmid, "lxc", node)


def _touched_vmids(item: Exchange) -> list[str]:
    match = _GUEST_PATH.match(item.path)
    return [match[1]] if match else [str(item.params[name]) for name in ("vmid", "newid") if _is_id(item, name)]


def _is_id(item: Exchange, name: str) -> bool:
    return item.method != "GET" and str(item.params.get(name, "")).isdecimal()


def _read_lines(data: Any) -> list[str]:
    entries = data if isinstance(data, list) else []
    return [str(entry.get("t", "")) for entry in entries if isinstance(entry, dict)]
