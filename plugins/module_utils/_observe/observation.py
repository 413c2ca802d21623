# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observing a cluster: a few lists each time, and the details of as much as is asked for and the budget allows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._api.errors import PveError
from .._capture.reading import OVERVIEW, Reader, Request
from . import guests
from .cluster import Cluster, read_clean, read_cluster
from .lines import Lines
from .measured import read_measured
from .parts import PARTS, describe_blindness, name_storage
from .tasks import TaskList, build_line, read_tasks

if TYPE_CHECKING:
    from .._api.client import Client
    from .cluster import Entry

# A task that begins while the lists are read, or on a node whose clock is behind, is seen the next time.
OVERLAP_SECONDS = 30
# For so long tasks are looked for that could not be read on a node that does not answer.
PATIENCE_SECONDS = 3600

_LIST_GUESTS = Request(OVERVIEW, {"type": "vm"})
_NODE_SIZES = {"maxcpu": "cpus", "maxmem": "maxmem", "maxdisk": "maxdisk"}


@dataclass(frozen=True)
class Wish:
    """What to observe. I(guests) are vmids whose details to read beside those that tasks name, None for all of them at
    the first observation; I(measured) are objects, each with C(kind), C(key) and C(timeframes), of which to read what
    Proxmox VE has measured; I(budget) is the most requests, beside those for the lists.
    """

    since: int | None = None
    running: Sequence[str] = ()
    guests: Sequence[int] | None = None
    parts: Sequence[str] = tuple(PARTS)
    measured: Sequence[Mapping[str, Any]] = ()
    budget: int | None = None
    throttle: int = 10


@dataclass
class Observation:
    """What was seen, what is left to read, and from when to go on."""

    header: dict[str, Any]
    lines: Lines
    requests: int = 0
    until: int = 0
    running: list[str] = field(default_factory=list)
    left_guests: list[int] = field(default_factory=list)
    left_parts: list[str] = field(default_factory=list)
    left_measured: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def observe_cluster(client: Client, wish: Wish) -> Observation:
    """Observe a cluster; only a failure that leaves nothing to see is raised."""
    reader = Reader(client, wish.throttle)
    cluster = read_cluster(reader)
    lines = Lines()
    seen = Observation(cluster.describe(), lines, until=cluster.at - OVERLAP_SECONDS)
    tasks = _observe_tasks(reader, cluster, wish, seen)
    budget = Budget(reader, wish.budget)
    named = tasks.list_guests() if wish.since is not None else set()
    wanted = _order_guests(cluster, named, wish)
    # Guests that tasks name come first, then what is small, then the rest.
    details = Details(reader, budget, cluster, seen, named)
    details.read([vmid for vmid in wanted if vmid in named])
    _observe_parts(reader, budget, cluster, wish.parts, seen)
    details.read([vmid for vmid in wanted if vmid not in named])
    details.find_moved()
    _add_nodes(cluster, lines)
    _add_guests(cluster, details, lines)
    _add_storages(cluster, lines)
    seen.left_measured = read_measured(reader, budget.take, cluster, details.entries, wish.measured, lines)
    seen.requests = reader.sent
    seen.left_guests.sort()
    return seen


class Budget:
    """So many requests may still be sent."""

    def __init__(self, reader: Reader, most: int | None) -> None:
        self._left = None if most is None else most - reader.sent

    def take(self, number: int) -> bool:
        """Whether so many more may be sent; if so, they count as sent."""
        if self._left is None:
            return True
        if number > self._left:
            return False
        self._left -= number
        return True


class Details:
    """The details of guests, as far as they were read."""

    def __init__(
        self, reader: Reader, budget: Budget, cluster: Cluster, seen: Observation, named: Collection[str]
    ) -> None:
        self.sections: dict[str, dict[str, Any]] = {}
        # The statuses of guests that tasks name; lists may show the former ones for up to ten seconds.
        self.statuses: dict[str, str] = {}
        self._named = named
        self.gone: set[str] = set()
        # As they are listed, or as they were found.
        self.entries = dict(cluster.guests)
        self._reader, self._budget, self._cluster, self._seen = reader, budget, cluster, seen
        self._unfound: list[str] = []

    def read(self, vmids: Sequence[str]) -> None:
        """Read the details of guests; those that are beyond the budget are left."""
        entries = [self.entries[vmid] for vmid in vmids if self.entries[vmid]["node"] in self._cluster.online]
        self._read([entry for entry in entries if self._allow(entry, len(self._list_requests(entry)))])

    def find_moved(self) -> None:
        """Look again for guests that were not where the list said: they moved, are another now, or are gone."""
        if not self._unfound:
            return
        if not self._budget.take(1):
            self._seen.left_guests += map(int, self._unfound)
            return
        (listed,) = self._reader.read_all([_LIST_GUESTS])
        if isinstance(listed, PveError):
            self._miss(self._unfound, listed)
            return
        now = {str(entry["vmid"]): entry for entry in listed}
        again = []
        for vmid in self._unfound:
            if vmid not in now:
                self.gone.add(vmid)
                continue
            known, entry = self.entries[vmid], now[vmid]
            if (entry["node"], entry["type"]) == (known["node"], known["type"]):
                # The list may still show the guest that had the vmid before.
                other = "lxc" if entry["type"] == "qemu" else "qemu"
                entry = {"vmid": entry["vmid"], "node": entry["node"], "type": other}
            self.entries[vmid] = entry
            again.append(entry)
        self._unfound = []
        self._read([entry for entry in again if self._allow(entry, len(self._list_requests(entry)))])
        self._miss(self._unfound, "it was not there when it was read")

    def _read(self, entries: Sequence[Entry]) -> None:
        answers = read_clean(self._reader, [request for entry in entries for request in self._list_requests(entry)])
        present = []
        for entry in entries:
            if guests.is_gone(entry, answers):
                self._unfound.append(str(entry["vmid"]))
            else:
                present.append(entry)
        follow_ups = [
            request
            for entry in present
            if (requests := guests.list_follow_ups(entry, answers)) and self._allow(entry, len(requests))
            for request in requests
        ]
        answers |= read_clean(self._reader, follow_ups)
        for entry in present:
            vmid = str(entry["vmid"])
            self.sections[vmid], problems = guests.build_details(entry, answers)
            status = answers.get(guests.make_status_request(entry))
            if isinstance(status, Mapping) and status.get("status"):
                self.statuses[vmid] = status["status"]
            if problems:
                self._seen.lines.add_missing("guest", problems[0], key=vmid, node=entry["node"])

    def _list_requests(self, entry: Entry) -> list[Request]:
        status = [guests.make_status_request(entry)] if str(entry["vmid"]) in self._named else []
        return [*guests.list_requests(entry), *status]

    def _allow(self, entry: Entry, number: int) -> bool:
        if self._budget.take(number):
            return True
        self._seen.left_guests.append(int(entry["vmid"]))
        return False

    def _miss(self, vmids: Sequence[str], why: PveError | str) -> None:
        for vmid in vmids:
            self._seen.lines.add_missing("guest", why, key=vmid, node=self.entries[vmid]["node"])


def _observe_tasks(reader: Reader, cluster: Cluster, wish: Wish, seen: Observation) -> TaskList:
    """The tasks since the last time; if some can't be read, the next observation reaches back as far as this one."""
    if isinstance(cluster.tasks, PveError):
        tasks = TaskList(problems={"": cluster.tasks}, unread=list(wish.running))
    elif wish.since is None:
        tasks = TaskList([build_line(entry) for entry in cluster.tasks])
    else:
        tasks = read_tasks(reader, cluster.tasks, cluster.online, wish.since, wish.running)
    for node, error in tasks.problems.items():
        seen.lines.add_missing("task", error, node=node or None)
    if tasks.problems and wish.since is not None:
        seen.until = min(seen.until, max(wish.since, cluster.at - PATIENCE_SECONDS))
    if not cluster.sight.sees_all("/nodes", ("Sys.Audit",)):
        seen.lines.add_missing("task", describe_blindness("/nodes", ("Sys.Audit",)))
        seen.warnings.append("Without Sys.Audit on /nodes, the tasks of others are not seen.")
    seen.lines.tasks = sorted(tasks.tasks, key=lambda task: (task["start"], task["upid"]))
    seen.running = tasks.list_running()
    return tasks


def _order_guests(cluster: Cluster, named: Collection[str], wish: Wish) -> list[str]:
    """The vmids of the guests to read in full that there are; those that tasks name first."""
    everybody = sorted(map(int, cluster.guests)) if wish.since is None else []
    asked = everybody if wish.guests is None else wish.guests
    order = dict.fromkeys([*sorted(named, key=int), *map(str, asked)])
    return [vmid for vmid in order if vmid in cluster.guests]


def _observe_parts(reader: Reader, budget: Budget, cluster: Cluster, names: Sequence[str], seen: Observation) -> None:
    requests = {name: PARTS[name].list_requests(cluster) for name in names}
    known: set[Any] = set()
    for name in names:
        new = set(requests[name]) - known
        if budget.take(len(new)):
            known |= new
        else:
            seen.left_parts.append(name)
    answers = read_clean(reader, list(known))
    chosen = [name for name in names if name not in seen.left_parts]
    follow_ups: list[Any] = []
    for name in list(chosen):
        more = PARTS[name].list_follow_ups(answers)
        if budget.take(len(more)):
            follow_ups += more
        else:
            seen.left_parts.append(name)
            chosen.remove(name)
    answers |= read_clean(reader, follow_ups)
    for name in chosen:
        PARTS[name].build(cluster, answers, seen.lines)


def _add_nodes(cluster: Cluster, lines: Lines) -> None:
    for name, entry in cluster.nodes.items():
        doc: dict[str, Any] = {"overview": {"status": entry.get("status", "unknown")}}
        if name in cluster.online and "hastate" in entry:
            doc["overview"]["hastate"] = entry["hastate"]
        if name in cluster.online and "maxcpu" in entry:
            doc["size"] = {ours: entry[field] for field, ours in _NODE_SIZES.items() if field in entry}
        lines.add_object("node", name, doc)
        lines.add_metrics("node", name, cluster.at, _pick(entry, guests.METRICS))
    lines.add_complete("node")


def _add_guests(cluster: Cluster, details: Details, lines: Lines) -> None:
    for vmid, entry in details.entries.items():
        if vmid in details.gone:
            continue
        if entry["node"] not in cluster.online:
            lines.add_missing("guest", f"node {entry['node']} is offline", key=vmid, node=entry["node"])
            continue
        sections = details.sections.get(vmid, {})
        status = details.statuses.get(vmid)
        overview = guests.build_overview({**entry, "status": status} if status else entry)
        if overview and "config" in sections:
            overview = guests.correct_overview(overview, sections["config"])
        lines.add_object("guest", vmid, {**({"overview": overview} if overview else {}), **sections})
        if overview:
            lines.add_metrics("guest", vmid, cluster.at, _pick(entry, guests.METRICS))
    if cluster.sight.sees_all("/vms", ("VM.Audit",)):
        lines.add_complete("guest")
    else:
        lines.add_missing("guest", describe_blindness("/vms", ("VM.Audit",)))


def _add_storages(cluster: Cluster, lines: Lines) -> None:
    for entry in cluster.resources:
        if entry["type"] == "storage" and entry["node"] in cluster.online:
            points = {**_pick(entry, ("disk", "maxdisk")), "available": int(entry.get("status") == "available")}
            lines.add_metrics("volumes", name_storage(entry), cluster.at, points)


def _pick(entry: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: entry[name] for name in names if name in entry}
