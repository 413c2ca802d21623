# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backup jobs: how they are made, changed and shown. Pure functions."""

from __future__ import annotations

import re
from typing import Any

from pve_simulator.backup.archive import backup_volumes
from pve_simulator.backup.options import select_guests
from pve_simulator.errors import invalid
from pve_simulator.schema import parse_property_string, typed_properties
from pve_simulator.state.backup import BackupJobs
from pve_simulator.state.cluster import Cluster
from pve_simulator.world.calendar_events import parse_event

_PROPERTY_STRINGS = {
    "prune-backups": "prune-backups",
    "fleecing": "backup-fleecing",
    "performance": "backup-performance",
}
# How a job chooses its guests: setting one way removes the others.
_OTHER_WAYS = {"vmid": ("all", "exclude", "pool"), "all": ("vmid", "pool"), "pool": ("vmid", "all", "exclude")}


def with_schedule(params: dict[str, Any], *, required: bool) -> dict[str, Any]:
    """Parameters with the older `starttime` and `dow` turned into a schedule."""
    changed = {key: value for key, value in params.items() if key not in ("starttime", "dow")}
    start = params.get("starttime")
    if params.get("schedule") is not None:
        if start is not None:
            raise invalid({"starttime": "'starttime' and 'schedule' cannot both be set"})
    elif start is not None:
        days = params.get("dow")
        items = days if isinstance(days, list) else re.split(r"[,; \0]+", str(days or ""))
        changed["schedule"] = " ".join(part for part in (",".join(item for item in items if item), str(start)) if part)
    elif required:
        raise invalid({"schedule": "neither 'starttime' nor 'schedule' were set"})
    return changed


def update_job(
    job: dict[str, Any], changes: dict[str, Any], delete: list[str], known: frozenset[str]
) -> dict[str, Any]:
    """A job with changes; `known` are the options that can be deleted."""
    new = dict(job)
    for option in delete:
        if option not in known:
            raise invalid({"delete": f"unknown option '{option}'"})
        new.pop(option, None)
    new |= changes
    new = {option: value for option, value in new.items() if value != ""}
    if new.get("exclude") is not None and new.get("pool") is None:
        new["all"] = True
    if changes.get("vmid") is not None:
        way = "vmid"
    elif changes.get("all"):
        way = "all"
    else:
        way = "pool" if new.get("pool") else ""
    for other in _OTHER_WAYS.get(way, ()):
        new.pop(other, None)
    return new


def job_view(name: str, job: dict[str, Any], now: float | None = None) -> dict[str, Any]:
    """A job as the API shows it; with `now`, when it runs next."""
    view: dict[str, Any] = {"id": name, "type": "vzdump"}
    for key, value in job.items():
        form = _PROPERTY_STRINGS.get(key)
        if form is not None:
            properties = parse_property_string(str(value), form, key)
            typed = typed_properties(properties, form)
            # Only flags are read as numbers.
            view[key] = {
                name: int(typed[name]) if isinstance(typed[name], bool) else text for name, text in properties.items()
            }
        else:
            view[key] = int(value) if isinstance(value, bool) else value
    if now is not None and job.get("schedule"):
        following = parse_event(str(job["schedule"])).next_after(now)
        if following is not None:
            view["next-run"] = following
    return view


def build_included_tree(cluster: Cluster, job: dict[str, Any]) -> dict[str, Any]:
    """The guests of a job and which of their volumes it includes."""
    children = []
    selection = select_guests(cluster, job)
    for vmid in sorted(vmid for found in selection.by_node.values() for vmid in found):
        guest = cluster.guests.get(vmid)
        if guest is None:
            children.append({"id": vmid, "type": "unknown", "leaf": 1})
            continue
        volumes = [
            {
                "id": f"{vmid}:{volume.key}",
                "name": volume.volid,
                "included": int(volume.included),
                "reason": volume.reason,
                "leaf": 1,
            }
            for volume in backup_volumes(guest)
        ]
        children.append({"id": vmid, "type": guest.type, "name": guest.name, "leaf": 0, "children": volumes})
    return {"children": children}


def find_not_backed_up(cluster: Cluster) -> list[dict[str, Any]]:
    """The guests that no job includes."""
    covered: set[int] = set()
    for job in cluster.part(BackupJobs).jobs.values():
        covered |= {vmid for found in select_guests(cluster, job).by_node.values() for vmid in found}
    return [
        {"vmid": vmid, "name": guest.name, "type": guest.type}
        for vmid, guest in sorted(cluster.guests.items())
        if vmid not in covered
    ]
