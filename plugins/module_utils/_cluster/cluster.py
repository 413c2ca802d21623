# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read high availability and replication of a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._api.client import segment
from .._api.concurrency import READS_AT_ONCE, bounded_map
from .._api.errors import PveError
from .ha import RULES, describe_resource, describe_rule

if TYPE_CHECKING:
    from .._api.client import Client

_STATUS_FIELDS = ("last_sync", "next_sync", "duration", "fail_count", "error")


def read_ha(client: Client, warnings: list[str]) -> dict[str, Any]:
    """HA, from two requests; a part that can't be read is null, and I(warnings) gets the reason."""
    status = _read_or_warn(client, "/cluster/ha/status/current", "The state of HA", warnings)
    rules = _read_or_warn(client, RULES, "The rules of HA", warnings)
    return {**describe_ha(status), "rules": None if rules is None else describe_rules(rules)}


def read_replication(
    client: Client, resources: Sequence[dict[str, Any]], warnings: list[str]
) -> list[dict[str, Any]] | None:
    """The replication jobs, with their last results from the nodes that have their guests.

    I(resources) are the entries of C(/cluster/resources). A part that can't be read is null, and I(warnings) gets the
    reason.
    """
    jobs = _read_or_warn(client, "/cluster/replication", "Replication", warnings)
    if jobs is None:
        return None
    places = {int(entry["vmid"]): entry["node"] for entry in resources if "vmid" in entry}
    nodes = sorted({places[int(job["guest"])] for job in jobs if int(job["guest"]) in places})

    def read(node: str) -> list[dict[str, Any]]:
        what = f"How the replication of guests on {node} went"
        return _read_or_warn(client, f"/nodes/{segment(node)}/replication", what, warnings) or []

    statuses = {entry["id"]: entry for entries in bounded_map(READS_AT_ONCE, read, nodes) for entry in entries}
    return [
        describe_job(job, statuses.get(job["id"], {}), places.get(int(job["guest"])))
        for job in sorted(jobs, key=lambda job: (int(job["guest"]), job["id"]))
    ]


def describe_ha(status: Sequence[dict[str, Any]] | None) -> dict[str, Any]:
    """HA from C(/cluster/ha/status/current); all null when it was not read."""
    if status is None:
        return dict.fromkeys(("master", "armed", "nodes", "resources"))
    by_type: dict[str, list[dict[str, Any]]] = {}
    for entry in status:
        by_type.setdefault(entry["type"], []).append(entry)
    return {
        "master": next((entry["node"] for entry in by_type.get("master", ())), None),
        "armed": next((entry.get("armed-state") for entry in by_type.get("fencing", ())), None),
        "nodes": [
            {"node": entry["node"], "status": entry["status"]}
            for entry in sorted(by_type.get("lrm", ()), key=lambda entry: entry["node"])
        ],
        "resources": [
            _describe_service(entry)
            for entry in sorted(by_type.get("service", ()), key=lambda entry: int(entry["sid"].partition(":")[2]))
        ],
    }


def describe_rules(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules of HA, sorted by name."""
    rules = []
    for entry in sorted(entries, key=lambda entry: entry["rule"]):
        rule = describe_rule(entry)
        del rule["exists"]
        rules.append({"rule": entry["rule"], **rule})
    return rules


def describe_job(job: dict[str, Any], status: dict[str, Any], source: str | None) -> dict[str, Any]:
    """A replication job from its configuration and its status on the guest's node."""
    return {
        "id": job["id"],
        "vmid": int(job["guest"]),
        "source": source,
        "target": job["target"],
        "schedule": job.get("schedule", "*/15"),
        "disable": bool(int(job.get("disable") or 0)),
        "comment": str(job.get("comment") or ""),
        **{name: status.get(name) for name in _STATUS_FIELDS},
    }


def _describe_service(entry: dict[str, Any]) -> dict[str, Any]:
    requested = describe_resource({**entry, "state": entry.get("request_state")})
    del requested["managed"]
    vmid = int(entry["sid"].partition(":")[2])
    return {"sid": entry["sid"], "vmid": vmid, "node": entry.get("node"), "state": entry.get("state"), **requested}


def _read_or_warn(client: Client, path: str, what: str, warnings: list[str]) -> Any:
    try:
        return client.get(path)
    except PveError as error:
        warnings.append(f"{what} can't be read: {error.message}")
        return None
