# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guests that a plan would touch, as they are now, for the policy to judge."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from mcp_bridge.authority.readings import Reader, Reading
from mcp_bridge.policy.places import find_guests
from mcp_bridge.policy.targets import GuestPlace, Target

_SEPARATORS = re.compile(r"[;, ]+")
_NO_CONFIG = re.compile(r"configuration file .* does not exist", re.I)
# From so many guests on one node on, one list says sooner which of them run.
_MOST_ASKED_ONE_BY_ONE = 8


def read_targets(read: Reader, steps: Sequence[Mapping[str, Any]]) -> dict[int, Target]:
    """Read the guests that steps name or touch. What can't be read of one makes it unknown, and never harmless."""
    listed = read(["cluster/resources?type=vm"])[0]
    entries = {
        int(entry["vmid"]): entry
        for entry in (listed.data if isinstance(listed.data, list) else [])
        if isinstance(entry, Mapping) and str(entry.get("vmid", "")).isdecimal()
    }
    places = find_guests(steps, entries.values())
    paths = {vmid: path for vmid, place in places.items() if (path := _find_list(place, entries.get(vmid)))}
    configs = dict(zip(paths, read([f"{path}/{vmid}/config" for vmid, path in paths.items()]), strict=True))
    statuses = _read_statuses(read, paths)
    return {
        vmid: _make_target(place, entries.get(vmid), listed, configs.get(vmid), statuses.get(vmid, ""))
        for vmid, place in places.items()
    }


def _find_list(place: GuestPlace, entry: Mapping[str, Any] | None) -> str | None:
    """The path of the guests beside which a guest is: as the plan's requests say, or else the cluster's list."""
    node = place.node or (entry or {}).get("node")
    kind = place.type or (entry or {}).get("type")
    return f"nodes/{quote(str(node), safe='')}/{quote(str(kind), safe='')}" if node and kind else None


def _read_statuses(read: Reader, paths: Mapping[int, str]) -> dict[int, str]:
    """Which guests run: asked one by one where they are few, and by their node's list where they are many."""
    by_place: dict[str, list[int]] = {}
    for vmid, path in paths.items():
        by_place.setdefault(path, []).append(vmid)
    few = [vmid for vmids in by_place.values() if len(vmids) <= _MOST_ASKED_ONE_BY_ONE for vmid in vmids]
    many = [path for path, vmids in by_place.items() if len(vmids) > _MOST_ASKED_ONE_BY_ONE]
    answers = read([*(f"{paths[vmid]}/{vmid}/status/current" for vmid in few), *many])
    found = {vmid: _get_status(reading.data) for vmid, reading in zip(few, answers, strict=False)}
    for reading in answers[len(few) :]:
        entries = reading.data if isinstance(reading.data, list) else []
        found |= {int(entry["vmid"]): _get_status(entry) for entry in entries if str(entry.get("vmid", "")).isdigit()}
    return found


def _get_status(entry: Any) -> str:
    """`running`, `paused` or `stopped`; empty when that is not known."""
    if not isinstance(entry, Mapping):
        return ""
    qmp = str(entry.get("qmpstatus") or "")
    return qmp if qmp in ("paused", "suspended") else str(entry.get("status") or "")


def _make_target(
    place: GuestPlace, entry: Mapping[str, Any] | None, listed: Reading, config: Reading | None, status: str
) -> Target:
    found = config.data if config is not None and isinstance(config.data, Mapping) else None
    is_absent = place.is_created or (config is not None and _NO_CONFIG.search(config.error) is not None)
    if found is None and entry is None and not listed.error and is_absent:
        # Nothing is there that could be protected; Proxmox VE itself refuses to make a guest over another.
        return Target(
            str(place.vmid),
            place.vmid,
            node=place.node or "",
            type=place.type or "",
            exists=False,
            origin=place.origin,
        )
    shown = entry or {}
    facts = found or shown
    return Target(
        id=str(place.vmid),
        vmid=place.vmid,
        name=str(facts.get("name") or facts.get("hostname") or shown.get("name") or ""),
        node=str(place.node or shown.get("node") or ""),
        type=str(place.type or shown.get("type") or ""),
        pool=str(shown.get("pool") or ""),
        tags=tuple(tag for tag in _SEPARATORS.split(str(facts.get("tags") or "")) if tag),
        protected=found is None or str(found.get("protection") or 0) == "1",
        template=str(facts.get("template") or 0) == "1",
        status=status,
        # The pool stands in the cluster's list alone.
        is_known=found is not None and entry is not None,
        origin=place.origin,
        config=found or {},
    )
