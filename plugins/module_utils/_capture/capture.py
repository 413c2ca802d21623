# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a whole cluster with C(GET) requests only, some of which follow from the answers to others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._api.client import segment
from .._api.errors import PveError
from .._guest.guest import TYPES
from .reading import OVERVIEW, Reader, Request, is_online, list_firewall_follow_ups

if TYPE_CHECKING:
    from .._api.client import Client

    # One answer: C(path) as requested, C(params) of the query, and the C(data) of the answer.
    Reading = dict[str, Any]

FIRST = (Request("/version"), Request(OVERVIEW))
_CLUSTER = (
    Request("/cluster/status"),
    Request("/cluster/options"),
    Request("/nodes"),
    Request("/storage"),
    Request("/pools"),
    Request("/access/domains"),
    Request("/access/users", {"full": 1}),
    Request("/access/groups"),
    Request("/access/roles"),
    Request("/access/acl"),
    *(Request(f"/cluster/firewall/{part}") for part in ("options", "rules", "aliases", "ipset", "groups")),
    Request("/cluster/ha/resources"),
    Request("/cluster/ha/rules"),
    Request("/cluster/backup"),
    Request("/cluster/replication"),
)


@dataclass
class CaptureResult:
    """What was read, and what could not be read."""

    readings: list[Reading] = field(default_factory=list)
    problems: list[tuple[Request, PveError]] = field(default_factory=list)

    def find_data(self, path: str) -> Any:
        """The data of the reading of a path, None if there is none."""
        return next((reading["data"] for reading in self.readings if reading["path"] == path), None)

    def describe_problems(self) -> list[str]:
        """One sentence for each kind of request that failed."""
        kinds: dict[tuple[str, str], list[tuple[Request, PveError]]] = {}
        for request, error in self.problems:
            kinds.setdefault((re.sub(r"/\d+(?=/|$)", "/*", request.path), error.code), []).append((request, error))
        return [
            f"Not captured: {group[0][0].path}{_describe_others(len(group) - 1)}: {group[0][1].message}"
            for group in kinds.values()
        ]


def capture_cluster(client: Client, *, content: bool, throttle: int) -> CaptureResult:
    """Read a whole cluster. A part that can't be read is a problem; an error that all requests would meet is raised."""
    reader = Reader(client, throttle)
    first = [reader.read(request.path) for request in FIRST]
    captured = CaptureResult([_build_reading(request, data) for request, data in zip(FIRST, first, strict=True)])
    _read_all(reader, captured, _CLUSTER)
    resources = captured.find_data(OVERVIEW)
    _read_all(
        reader,
        captured,
        [*_list_node_requests(resources), *_list_guest_requests(resources), *list_follow_ups(captured.readings)],
    )
    known = {Request(reading["path"], reading["params"]) for reading in captured.readings}
    follow_ups = [*list_follow_ups(captured.readings), *(_list_content_requests(captured.readings) if content else ())]
    _read_all(reader, captured, [request for request in follow_ups if request not in known])
    offline = sorted(entry["node"] for entry in resources if entry["type"] == "node" and not is_online(entry))
    captured.problems += [(Request(f"/nodes/{node}"), _offline_error(node)) for node in offline]
    return captured


def count_visible(client: Client) -> dict[str, int]:
    """Count what there is to read, from one request."""
    counts = count_objects([{"path": OVERVIEW, "params": {}, "data": client.get(OVERVIEW)}])
    return {noun: counts[noun] for noun in ("nodes", "guests", "storages")}


def count_objects(readings: Iterable[Reading]) -> dict[str, int]:
    """How many nodes, guests, storages, snapshots and so on are in the readings."""
    counts = Counter(readings=0, nodes=0, guests=0, storages=0, pools=0, users=0, snapshots=0, volumes=0)
    for reading in readings:
        path, data = reading["path"], reading["data"]
        counts["readings"] += 1
        if path == OVERVIEW:
            counts["nodes"] += sum(entry["type"] == "node" for entry in data)
            counts["guests"] += sum(entry["type"] in TYPES for entry in data)
            counts["storages"] += len({entry["storage"] for entry in data if entry["type"] == "storage"})
        elif path in ("/pools", "/access/users") and "poolid" not in reading["params"]:
            counts[path.rpartition("/")[2]] += len(data)
        elif path.endswith("/snapshot"):
            counts["snapshots"] += sum(entry["name"] != "current" for entry in data)
        elif path.endswith("/content"):
            counts["volumes"] += len(data)
    return dict(counts)


def list_follow_ups(readings: Sequence[Reading]) -> list[Request]:
    """The requests for each pool, IP set, security group and snapshot in the lists that were read."""
    requests: list[Request] = []
    for reading in readings:
        path, data = reading["path"], reading["data"]
        if path == "/pools" and not reading["params"]:
            requests += [Request(path, {"poolid": entry["poolid"]}) for entry in data]
        elif path.endswith("/snapshot"):
            names = [entry["name"] for entry in data if entry["name"] != "current"]
            requests += [Request(f"{path}/{segment(name)}/config") for name in names]
        else:
            requests += list_firewall_follow_ups(path, data)
    return requests


def _list_node_requests(resources: Sequence[dict[str, Any]]) -> list[Request]:
    return [
        Request(f"/nodes/{segment(entry['node'])}/{part}", params)
        for entry in resources
        if entry["type"] == "node" and is_online(entry)
        for part, params in (
            ("qemu", {"full": 1}),
            ("lxc", {}),
            ("storage", {}),
            ("network", {}),
            ("firewall/options", {}),
            ("firewall/rules", {}),
        )
    ]


def _list_guest_requests(resources: Sequence[dict[str, Any]]) -> list[Request]:
    offline = {entry["node"] for entry in resources if entry["type"] == "node" and not is_online(entry)}
    parts = (
        "config",
        "pending",
        "snapshot",
        *(f"firewall/{part}" for part in ("options", "rules", "aliases", "ipset")),
    )
    return [
        Request(f"/nodes/{segment(entry['node'])}/{entry['type']}/{entry['vmid']}/{part}")
        for entry in resources
        if entry["type"] in TYPES and entry["node"] not in offline
        for part in parts
    ]


def _list_content_requests(readings: Sequence[Reading]) -> list[Request]:
    """The requests for the content of every active storage; a shared one only once."""
    requests: dict[tuple[str, str], Request] = {}
    for reading in readings:
        match = re.fullmatch(r"/nodes/([^/]+)/storage", reading["path"])
        for entry in reading["data"] if match else ():
            if not int(entry.get("active", 0)):
                continue
            where = "" if int(entry.get("shared", 0)) else match[1]
            path = f"{reading['path']}/{segment(entry['storage'])}/content"
            requests.setdefault((where, entry["storage"]), Request(path))
    return list(requests.values())


def _read_all(reader: Reader, captured: CaptureResult, requests: Sequence[Request]) -> None:
    for request, outcome in zip(requests, reader.read_all(requests), strict=True):
        if isinstance(outcome, PveError):
            captured.problems.append((request, outcome))
        else:
            captured.readings.append(_build_reading(request, outcome))


def _build_reading(request: Request, data: Any) -> Reading:
    return {"path": request.path, "params": request.params, "data": data}


def _offline_error(node: str) -> PveError:
    return PveError("node_offline", f"node {node} is offline; its guests are captured as the cluster lists them.")


def _describe_others(number: int) -> str:
    return f" and {number} more like it" if number else ""
