# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Proxmox VE itself has measured: C(rrddata) of nodes, guests and of what is on storages, as lines of numbers.

An entry of C(rrddata) has the means of the interval that ends at its C(time), and nothing else where nothing was
measured. How long the intervals are, and how many, depends on the timeframe and on the version: a month comes in half
hours, a year in quarters of days.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._api.client import segment
from .._api.errors import NOT_FOUND, PveError
from .._capture.reading import Reader, Request
from .cluster import Cluster
from .lines import Lines
from .parts import VolumesPart

if TYPE_CHECKING:
    Entry = Mapping[str, Any]

# What it calls what the lists call otherwise, of each kind.
_NAMES: dict[str, dict[str, str]] = {
    "node": {"cpu": "cpu", "memused": "mem", "rootused": "disk", "netin": "netin", "netout": "netout"},
    "guest": {name: name for name in ("cpu", "mem", "disk", "netin", "netout", "diskread", "diskwrite")},
    "volumes": {"used": "disk"},
}
KINDS = tuple(_NAMES)
_DIGITS = 6


def read_measured(
    reader: Reader,
    take: Callable[[int], bool],
    cluster: Cluster,
    guests: Mapping[str, Entry],
    wanted: Sequence[Entry],
    lines: Lines,
) -> list[str]:
    """Add the lines of wanted objects, each with C(kind), C(key) and C(timeframes); returns which the budget, which
    I(take) knows, did not allow. I(guests) are the entries of guests, by vmid.
    """
    left = []
    for each in wanted:
        base = _find_base(cluster, guests, each["kind"], each["key"])
        if base is None:
            lines.add_unmeasured(each["kind"], each["key"], "it is not there, or its node does not answer")
        elif not take(len(each["timeframes"])):
            left.append(f"{each['kind']}/{each['key']}")
        else:
            # One object at a time: an answer has some thousand numbers.
            requests = [Request(f"{base}/rrddata", {"timeframe": name}) for name in each["timeframes"]]
            for answer in reader.read_all(requests):
                _add(lines, each["kind"], each["key"], answer)
    return left


def _add(lines: Lines, kind: str, key: str, answer: Any) -> None:
    if not isinstance(answer, PveError):
        lines.add_measured(kind, key, build_series(kind, answer))
    elif _is_none(answer):
        lines.add_measured(kind, key, build_series(kind, []))
    else:
        lines.add_unmeasured(kind, key, answer)


def build_series(kind: str, entries: Sequence[Entry]) -> dict[str, Any]:
    """The numbers of C(rrddata): how many seconds an interval has, when the first one began, when each that has numbers
    ended, and by name a number for each of those.
    """
    times = sorted(int(entry["time"]) for entry in entries)
    step = times[1] - times[0] if len(times) > 1 else 0
    names = _NAMES[kind]
    known = sorted(
        (entry for entry in entries if step and any(entry.get(name) is not None for name in names)),
        key=lambda entry: int(entry["time"]),
    )
    return {
        "step": step,
        "since": times[0] - step if times else 0,
        "times": [int(entry["time"]) for entry in known],
        "values": {
            ours: [_round(entry.get(name)) for entry in known]
            for name, ours in names.items()
            if any(entry.get(name) is not None for entry in known)
        },
    }


def _round(value: Any) -> float | None:
    return None if value is None else round(float(value), _DIGITS)


def _find_base(cluster: Cluster, guests: Mapping[str, Entry], kind: str, key: str) -> str | None:
    """The path of what has been measured; None where it is not, or can't be asked."""
    if kind == "node":
        return f"/nodes/{segment(key)}" if key in cluster.online else None
    if kind == "guest":
        entry = guests.get(key)
        there = entry is not None and entry["node"] in cluster.online
        return f"/nodes/{segment(entry['node'])}/{entry['type']}/{key}" if entry is not None and there else None
    request = VolumesPart.list_storages(cluster).get(key)
    return request.path.removesuffix("/content") if request else None


def _is_none(error: PveError) -> bool:
    """Whether there are no measurements of it: nothing was measured yet, or the guest is not there any longer."""
    text = str(error)
    return error.code == NOT_FOUND or ("RRD error" in text and "opening '" in text and "No such file" in text)
