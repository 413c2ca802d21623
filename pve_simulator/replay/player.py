# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays one recording against a fresh simulated cluster."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pve_simulator.http.message import Response
from pve_simulator.replay.compare import Comparison
from pve_simulator.replay.host_failures import find_host_failures
from pve_simulator.replay.moments import find_first_moment, find_moment
from pve_simulator.replay.names import Names
from pve_simulator.replay.recording import Exchange
from pve_simulator.replay.sending import build_request
from pve_simulator.replay.surroundings import find_manual_locks, initial_cluster
from pve_simulator.replay.transfers import read_web
from pve_simulator.server.driver import Driver, decode_body
from pve_simulator.world.settings import Settings

_BROADCAST = "/cluster/resources"
_TASK_POLL = re.compile(r"/nodes/[^/]+/tasks/(UPID:[^/]+)/(status|log)$")
# Content that depends on the machine: only status and reason are compared.
_MEANINGLESS = re.compile(
    r"/apt/|/subscription$|/hardware|/disks|/capabilities/|/rrddata|/rrd$|/notifications|/spice|/services"
    r"|/syslog$|/journal$|/report$|/netstat$|/cluster/log$|/certificates|/acme|/firewall/log$|/metrics"
)
_STATUS = "status"
# What recordings make, and what others before them may have left.
_MADE = ("poolid", "userid", "groupid", "roleid", "realm", "sid", "rule")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One exchange replayed: its number in the recording, and how the answers differ."""

    number: int
    item: Exchange
    differences: list[str]


async def play(start: list[Exchange], recording: list[Exchange]) -> list[Outcome]:
    """Replay a whole recording; exchanges that the server never answered are left out."""
    player = _Player(start, recording)
    return [
        Outcome(number, item, await player.step(number, item)) for number, item in enumerate(recording) if item.status
    ]


class _Player:
    def __init__(self, start: list[Exchange], recording: list[Exchange]) -> None:
        cluster = initial_cluster(start, recording)
        cluster.parts["web"] = read_web(recording)
        settings = Settings(task_seconds=0)
        self._driver = Driver(cluster, settings, find_first_moment(recording))
        self._names = Names()
        self._locks = find_manual_locks(recording)
        self._failures = find_host_failures(recording)
        self._first_vmids = frozenset(cluster.guests)
        self._known_vmids = set(self._first_vmids)
        self._recording = recording
        self._requested = " ".join(f"{item.path} {item.query} {item.params}" for item in recording)
        self._first_volids = frozenset(
            volid for storage in cluster.storages.values() for volumes in storage.volumes.values() for volid in volumes
        )

    async def step(self, number: int, item: Exchange) -> list[str]:
        self._set_locks(number)
        if number in self._failures:
            self._driver.world.faults.rules.append(self._failures[number])
        await self._follow_time(number, item)
        match = _TASK_POLL.search(item.path)
        if match is not None and _shows_end(item, match[2]):
            await self._driver.finish(self._names.translate(match[1]))
        response = await self._driver.send(build_request(item, self._names, self._recording[number:]))
        simulated = decode_body(response)
        self._names.learn(item.body, simulated)
        self._remember_vmids(item)
        return self._differences(item, response, simulated)

    def _differences(self, item: Exchange, response: Response, simulated: Any) -> list[str]:
        differences = []
        if response.status != item.status:
            differences.append(f"status {item.status} became {response.status} ({response.reason})")
        recorded = self._names.translate(item.body)
        comparison = Comparison(expected=self._is_relevant, unexpected=self._is_made_here)
        comparison.compare(self._names.translate(item.reason), response.reason, "reason")
        if not differences and not _MEANINGLESS.search(item.path):
            if isinstance(recorded, dict) and isinstance(simulated, dict):
                _ignore_timing(item, recorded, simulated)
                if item.path.endswith("/tasks"):
                    # The total number of tasks depends on more than this recording.
                    recorded.pop("total", None)
                    simulated.pop("total", None)
            comparison.compare(recorded, simulated)
        return differences + comparison.differences

    def _is_relevant(self, entry: dict[str, Any]) -> bool:
        """Whether an entry of a list is of this recording or its start."""
        if "upid" in entry:
            return self._driver.world.tasks.get(entry["upid"]) is not None and self._names.is_known(entry["upid"])
        vmid = entry.get("vmid", entry.get("id"))
        if isinstance(vmid, int):
            return vmid in self._known_vmids
        made = next((entry[name] for name in _MADE if name in entry), None)
        return made is None or made in self._requested or self._is_from_start(made)

    def _is_from_start(self, name: str) -> bool:
        cluster = self._driver.world.cluster
        access = cluster.access
        return any(name in known for known in (cluster.pools, access.users, access.groups, access.roles, access.realms))

    def _is_made_here(self, entry: dict[str, Any]) -> bool:
        """Whether an entry of our list is of this recording alone."""
        known = entry.get("vmid") in self._first_vmids or entry.get("volid") in self._first_volids
        return self._is_relevant(entry) and not known

    async def _follow_time(self, number: int, item: Exchange) -> None:
        """Move to the moment at which the real server gave this answer, if the answer shows it.

        A list that is broadcast, read right before something that tells, was read after the same wait.
        """
        moment = find_moment(item)
        if moment is None and item.path == _BROADCAST:
            following = self._recording[number + 1 : number + 2]
            moment = next((find_moment(other) for other in following if other.method == "GET"), None)
        if moment is not None and moment > self._driver.clock.time():
            await self._driver.clock.run_until(moment)

    def _set_locks(self, number: int) -> None:
        for held in self._locks:
            guest = self._driver.world.cluster.guests.get(held.vmid)
            if guest is None:
                continue
            if number == held.first and guest.lock is None:
                guest.config["lock"] = held.lock
            elif number == held.last + 1 and guest.lock == held.lock:
                del guest.config["lock"]

    def _remember_vmids(self, item: Exchange) -> None:
        for name in ("vmid", "newid"):
            value = item.params.get(name)
            if item.method == "POST" and str(value).isdecimal():
                self._known_vmids.add(int(str(value)))


def _ignore_timing(item: Exchange, recorded: dict[str, Any], simulated: dict[str, Any]) -> None:
    """Our tasks may end sooner: a poll that found the real one still running says nothing of ours."""
    match = _TASK_POLL.search(item.path)
    if match is None or _shows_end(item, match[2]) or not isinstance(simulated.get("data"), dict | list):
        return
    if match[2] == _STATUS and isinstance(simulated["data"], dict) and isinstance(recorded["data"], dict):
        simulated["data"].pop("exitstatus", None)
        if recorded["data"].get("status") == "running":
            simulated["data"]["status"] = "running"
    elif match[2] == "log":
        simulated["data"] = recorded["data"]
        simulated["total"] = recorded.get("total", simulated.get("total"))


def _shows_end(item: Exchange, what: str) -> bool:
    if what == _STATUS:
        return isinstance(item.data, dict) and item.data.get("status") == "stopped"
    lines = item.data if isinstance(item.data, list) else []
    return bool(lines) and (lines[-1]["t"].startswith("TASK ") or len(lines) < item.body.get("total", 0))
