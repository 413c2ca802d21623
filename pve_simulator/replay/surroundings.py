# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happened around a recording without being in it: its initial state, and locks set by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pve_simulator.replay.adoption import adopt_settings
from pve_simulator.replay.bulk import adopt_started
from pve_simulator.replay.media import copy_media
from pve_simulator.replay.names import upids_in
from pve_simulator.replay.recording import Exchange
from pve_simulator.replay.seeding import build_cluster
from pve_simulator.replay.transfers import find_log
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.storage import Volume
from pve_simulator.world.upid import Upid

_GUEST_PATH = re.compile(r"/nodes/[^/]+/(?:qemu|lxc)/(\d+)(?:/|$)")
_LOCKED = re.compile(r"(?:VM|CT) is locked \((\w[\w-]*)\)")
_VOLUME_PATH = re.compile(r"/nodes/([^/]+)/storage/([^/]+)/content/(?:[^:/]+:)?(\d+)/([^/]+)$")
_BACKED_UP = re.compile(r"INFO: Starting Backup of VM (\d+) ")
_STATUS_LINE = "INFO: status = "
_OWN_LOCKS = frozenset({"suspended", "suspending"})


@dataclass(frozen=True, slots=True)
class ManualLock:
    """A lock that somebody set on the server before exchange `first` and took away after `last`."""

    vmid: int
    lock: str
    first: int
    last: int


def initial_cluster(start: list[Exchange], recording: list[Exchange]) -> Cluster:
    """The cluster that a recording began on: `start`, unless the recording is of another cluster."""
    cluster = build_cluster(start)
    writes = [number for number, item in enumerate(recording) if item.method != "GET"]
    used = {match[1] for item in recording if item.status == 200 and (match := re.match(r"/nodes/([^/]+)", item.path))}
    if not writes or not used <= {*cluster.nodes, "localhost"}:
        leading = recording[: writes[0]] if writes else recording
        lender, cluster, start = cluster, build_cluster(leading), []
        copy_media(cluster, lender)
    else:
        _forget_later_files(cluster, recording)
    _adopt_leftovers(cluster, recording)
    adopt_settings(cluster, start, recording)
    _adopt_power(cluster, recording)
    adopt_started(cluster, recording)
    return cluster


def find_manual_locks(recording: list[Exchange]) -> list[ManualLock]:
    """Locks that the recording shows and that none of its requests made."""
    numbers: dict[tuple[int, str], list[int]] = {}
    starters: dict[str, int] = {}
    for number, item in enumerate(recording):
        if item.method != "GET":
            for upid in upids_in(item.data):
                starters[upid] = number
        for vmid, lock, where in _find_locks(item, number, starters):
            if lock not in _OWN_LOCKS:
                numbers.setdefault((vmid, lock), []).append(where)
    return [ManualLock(vmid, lock, min(where), max(where)) for (vmid, lock), where in numbers.items()]


def _find_locks(item: Exchange, number: int, starters: dict[str, int]) -> list[tuple[int, str, int]]:
    match = _GUEST_PATH.match(item.path)
    if match is not None:
        vmid = int(match[1])
        locked = _LOCKED.search(item.reason)
        if locked is not None:
            return [(vmid, locked[1], number)]
        if item.path.endswith("/status/current") and isinstance(item.data, dict) and "lock" in item.data:
            return [(vmid, item.data["lock"], number)]
    elif isinstance(item.data, dict) and "exitstatus" in item.data:
        locked = _LOCKED.fullmatch(str(item.data["exitstatus"]))
        if locked is not None and str(item.data["id"]).isdecimal():
            return [(int(item.data["id"]), locked[1], starters.get(item.data["upid"], number))]
    return []


def _forget_later_files(cluster: Cluster, recording: list[Exchange]) -> None:
    """Files that came to the server after the recording began were not there yet."""
    moments = [parsed.start for item in recording for upid in upids_in(item.data) if (parsed := Upid.parse(upid))]
    if not moments:
        return
    for storage in cluster.storages.values():
        for volumes in storage.volumes.values():
            for volume in list(volumes.values()):
                if not volume.vmid and volume.ctime >= min(moments):
                    del volumes[volume.volid]


def _adopt_leftovers(cluster: Cluster, recording: list[Exchange]) -> None:
    """Images that the recording removes without having mentioned them before were left by an earlier one."""
    mentioned = ""
    for number, item in enumerate(recording):
        match = _VOLUME_PATH.match(item.path) if item.method == "DELETE" else None
        storage = cluster.storages.get(match[2]) if match else None
        if match is not None and storage is not None and match[4] not in mentioned:
            lines = find_log(item, recording[number:])
            if lines and "does not exist" not in lines[0] and lines[-1] == "TASK OK":
                volid = f"{match[2]}:{match[3]}/{match[4]}"
                volume = Volume(volid, "images", match[4].rpartition(".")[2], 0, vmid=int(match[3]))
                storage.volumes_on(match[1]).setdefault(volid, volume)
        mentioned += f"{item.path} {item.params} {item.body}\n"


def _adopt_power(cluster: Cluster, recording: list[Exchange]) -> None:
    """Let guests run or not as the recording first shows them, before it touches them."""
    undecided = set(cluster.guests)
    for item in recording:
        match = _GUEST_PATH.match(item.path)
        if item.method != "GET":
            undecided -= {int(match[1])} if match else set()
            continue
        for vmid, running in _read_power(item.data):
            if vmid in undecided:
                undecided.discard(vmid)
                cluster.guests[vmid].running = running


def _read_power(data: Any) -> list[tuple[int, bool]]:
    entries = data if isinstance(data, list) else [data]
    return _read_backup_power(entries) or [
        (entry["vmid"], entry["status"] == "running")
        for entry in entries
        if isinstance(entry, dict) and "vmid" in entry and entry.get("status") in ("running", "stopped")
    ]


def _read_backup_power(entries: list[Any]) -> list[tuple[int, bool]]:
    """The guests of a vzdump log and whether they were running."""
    power: list[tuple[int, bool]] = []
    vmid = None
    for line in (str(entry.get("t")) for entry in entries if isinstance(entry, dict)):
        if match := _BACKED_UP.match(line):
            vmid = int(match[1])
        elif vmid is not None and line.startswith(_STATUS_LINE):
            power.append((vmid, line.endswith("running")))
            vmid = None
    return power
