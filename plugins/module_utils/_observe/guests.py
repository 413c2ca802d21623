# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guests: what the overview shows of all, and the details of some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._api.client import segment
from .._api.errors import NOT_FOUND, PveError
from .._capture.reading import Request, list_firewall_follow_ups

if TYPE_CHECKING:
    Entry = Mapping[str, Any]

_OVERVIEW = ("type", "name", "node", "status", "template", "pool", "tags", "lock", "hastate")
_SIZES = {"maxcpu": "cpus", "maxmem": "maxmem", "maxdisk": "maxdisk"}
METRICS = ("cpu", "mem", "memhost", "disk", "diskread", "diskwrite", "netin", "netout", "uptime")
_SNAPSHOT = ("name", "parent", "snaptime", "description", "vmstate")
_FIREWALL = ("options", "rules", "aliases", "ipset")


def build_overview(entry: Entry) -> dict[str, Any] | None:
    """The overview of an entry of C(/cluster/resources); None while its node has not told of the guest yet."""
    if entry.get("status", "unknown") == "unknown":
        return None
    overview = {name: entry[name] for name in _OVERVIEW if entry.get(name) not in (None, "")}
    overview["template"] = bool(int(entry.get("template") or 0))
    return {**overview, **{ours: entry[name] for name, ours in _SIZES.items() if name in entry}}


def correct_overview(overview: dict[str, Any], config: Entry) -> dict[str, Any]:
    """The overview with what a configuration says, which is newer."""
    name = config.get("name") or config.get("hostname")
    return {**overview, "template": bool(int(config.get("template") or 0)), **({"name": name} if name else {})}


def list_requests(entry: Entry) -> list[Request]:
    """The requests for the details of a guest."""
    base = _find_base(entry)
    # A container's raw lxc entries are in its configuration only.
    parts = ("pending", "snapshot") if entry["type"] == "qemu" else ("pending", "snapshot", "config")
    return [Request(f"{base}/{part}") for part in (*parts, *(f"firewall/{part}" for part in _FIREWALL))]


def make_status_request(entry: Entry) -> Request:
    """The request for the status of a guest as it is, which lists show up to ten seconds late."""
    return Request(f"{_find_base(entry)}/status/current")


def find_status(status: Entry) -> str:
    """The status in C(status/current) by the word that lists have for it: of a machine it is QEMU's own."""
    return str(status.get("qmpstatus") or status["status"])


def build_details(entry: Entry, answers: Mapping[Request, Any]) -> tuple[dict[str, Any], list[PveError]]:
    """The sections that were read, and why others were not."""
    base = _find_base(entry)

    def find(part: str) -> Any:
        return answers.get(Request(f"{base}/{part}"))

    sections: dict[str, Any] = {}
    problems = []
    config, pending = find("config"), find("pending")
    if entry["type"] == "qemu":
        config = pending if isinstance(pending, PveError) else merge_pending(pending)
    for name, answer, build in (
        ("config", config, dict),
        ("pending", pending, build_pending),
        ("snapshots", find("snapshot"), build_snapshots),
    ):
        if isinstance(answer, PveError):
            problems.append(answer)
        else:
            sections[name] = build(answer)
    firewall = {part: find(f"firewall/{part}") for part in _FIREWALL}
    ipsets = firewall["ipset"]
    follow_ups = [] if isinstance(ipsets, PveError) else list_firewall_follow_ups(f"{base}/firewall/ipset", ipsets)
    entries = [answers.get(request) for request in follow_ups]
    failed = [answer for answer in (*firewall.values(), *entries) if isinstance(answer, PveError)]
    if failed:
        problems.append(failed[0])
    elif None not in entries:
        sections["firewall"] = build_firewall(firewall, entries)
    return sections, problems


def list_follow_ups(entry: Entry, answers: Mapping[Request, Any]) -> list[Request]:
    """The requests for the IP sets of a guest."""
    path = f"{_find_base(entry)}/firewall/ipset"
    ipsets = answers[Request(path)]
    return [] if isinstance(ipsets, PveError) else list_firewall_follow_ups(path, ipsets)


def is_gone(entry: Entry, answers: Mapping[Request, Any]) -> bool:
    """Whether there is no such guest any more where it was listed."""
    answer = answers.get(Request(f"{_find_base(entry)}/pending"))
    return isinstance(answer, PveError) and answer.code == NOT_FOUND


def merge_pending(entries: Sequence[Entry]) -> dict[str, Any]:
    """The configuration as C(/config) shows it, with what is pending, from C(/pending)."""
    return {
        entry["key"]: entry.get("pending", entry.get("value"))
        for entry in entries
        if not int(entry.get("delete") or 0) and ("pending" in entry or "value" in entry)
    }


def build_pending(entries: Sequence[Entry]) -> dict[str, Any]:
    """What changes at the next start: by option, what is in force, and what is pending or to be deleted."""
    return {
        entry["key"]: {name: entry[name] for name in ("value", "pending", "delete") if name in entry}
        for entry in entries
        if "pending" in entry or int(entry.get("delete") or 0)
    }


def build_snapshots(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The snapshots, by name."""
    snapshots = [entry for entry in entries if entry["name"] != "current"]
    return [
        {name: entry[name] for name in _SNAPSHOT if name in entry}
        for entry in sorted(snapshots, key=lambda entry: str(entry["name"]))
    ]


def build_firewall(lists: Mapping[str, Any], ipsets: Sequence[Sequence[Entry]]) -> dict[str, Any]:
    """A firewall at one level: its options, rules in order, aliases and IP sets by name."""
    named = zip(lists["ipset"], ipsets, strict=True)
    return {
        "options": dict(lists["options"]),
        "rules": build_rules(lists["rules"]),
        "aliases": {entry["name"]: _drop(entry, "name") for entry in lists["aliases"]},
        "ipsets": {
            entry["name"]: {**_drop(entry, "name"), "entries": sorted(members, key=lambda member: str(member["cidr"]))}
            for entry, members in named
        },
    }


def build_rules(rules: Sequence[Entry]) -> list[dict[str, Any]]:
    """Firewall rules in their order."""
    return [_drop(rule, "pos") for rule in sorted(rules, key=lambda rule: int(rule["pos"]))]


def _drop(entry: Entry, name: str) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != name}


def _find_base(entry: Entry) -> str:
    return f"/nodes/{segment(entry['node'])}/{entry['type']}/{entry['vmid']}"
