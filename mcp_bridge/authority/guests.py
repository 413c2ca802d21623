# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guests that a plan would touch, as they are now, for the policy to judge."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mcp_bridge.authority.readings import Reader, Reading
from mcp_bridge.policy.places import find_guests, get_path
from mcp_bridge.policy.targets import GuestPlace, Target

_RESOURCES = "cluster/resources?type=vm"
_SEPARATORS = re.compile(r"[;, ]+")
_NO_CONFIG = re.compile(r"configuration file .* does not exist", re.I)
_MOST_ASKED_ONE_BY_ONE = 8
# The requests that may give a guest a name.
_NAMING = re.compile(r"/nodes/[^/]+/(?:qemu|lxc)(?:/[0-9]+/(?:config|clone))?")


@dataclass(frozen=True)
class Seen:
    """The guests that a plan would touch, by id, and the names of all guests that there are.

    Where the plan gives no name, names may be up to ten seconds old: the cluster's list is.
    """

    targets: dict[int, Target]
    names: dict[int, str]


def read_targets(read: Reader, steps: Sequence[Mapping[str, Any]]) -> Seen:
    """Read the guests that steps name or touch. What can't be read of one makes it unknown, and never harmless.

    Most steps say where their guests are; then everything is asked at once.
    """
    found = _Found(read)
    found.fetch([_RESOURCES, *_list_paths(_find_lists(find_guests(steps), {}))])
    listed = found.readings[_RESOURCES]
    entries = {int(entry["vmid"]): entry for entry in _list_guests(listed)}
    places = find_guests(steps, entries.values())
    lists = _find_lists(places, entries)
    found.fetch(_list_paths(lists))
    targets = {
        vmid: _make_target(place, entries.get(vmid), listed, *found.get_facts(vmid, lists))
        for vmid, place in places.items()
    }
    names = {vmid: str(entry.get("name") or "") for vmid, entry in entries.items()}
    if any(_gives_name(step) for step in steps):
        names |= _read_names(found, entries)
    return Seen(targets, names)


class _Found:
    """What was read so far, by path."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self.readings: dict[str, Reading] = {}
        self._lists: dict[str, Mapping[int, Mapping[str, Any]]] = {}

    def fetch(self, paths: Sequence[str]) -> None:
        """Read what was not read yet."""
        missing = [path for path in dict.fromkeys(paths) if path not in self.readings]
        if missing:
            self.readings |= zip(missing, self._read(missing), strict=True)

    def get_facts(self, vmid: int, lists: Mapping[int, str]) -> tuple[Reading | None, str]:
        """A guest's configuration, if anybody knows where it is, and whether it runs."""
        path = lists.get(vmid)
        if path is None:
            return None, ""
        config = self.readings[f"{path}/{vmid}/config"]
        current = self.readings.get(f"{path}/{vmid}/status/current")
        return config, _get_status(current.data if current else self.read_list(path).get(vmid))

    def read_list(self, path: str) -> Mapping[int, Mapping[str, Any]]:
        if path not in self._lists:
            self._lists[path] = {int(entry["vmid"]): entry for entry in _list_guests(self.readings[path])}
        return self._lists[path]


def _gives_name(step: Mapping[str, Any]) -> bool:
    named = {"name", "hostname"} & set(step.get("params") or ())
    return bool(named) and _NAMING.fullmatch(get_path(step)) is not None


def _read_names(found: _Found, entries: Mapping[int, Mapping[str, Any]]) -> dict[int, str]:
    """The names of guests by the lists of their nodes, which are never old; none of nodes that do not answer."""
    nodes = sorted({str(entry["node"]) for entry in entries.values() if entry.get("node")})
    paths = [f"nodes/{quote(node, safe='')}/{kind}" for node in nodes for kind in ("qemu", "lxc")]
    found.fetch(paths)
    return {vmid: str(entry.get("name") or "") for path in paths for vmid, entry in found.read_list(path).items()}


def _find_lists(places: Mapping[int, GuestPlace], entries: Mapping[int, Mapping[str, Any]]) -> dict[int, str]:
    """The path of the list that each guest is in: as the plan's requests say, or else as the cluster's list does."""
    found = {}
    for vmid, place in places.items():
        entry = entries.get(vmid, {})
        node, kind = place.node or entry.get("node"), place.type or entry.get("type")
        if node and kind:
            found[vmid] = f"nodes/{quote(str(node), safe='')}/{quote(str(kind), safe='')}"
    return found


def _list_paths(lists: Mapping[int, str]) -> list[str]:
    """What is to be read of guests; where many are on one node, its list says sooner which of them run."""
    counts = Counter(lists.values())
    few = [vmid for vmid, path in lists.items() if counts[path] <= _MOST_ASKED_ONE_BY_ONE]
    return [
        *(f"{path}/{vmid}/config" for vmid, path in lists.items()),
        *(f"{lists[vmid]}/{vmid}/status/current" for vmid in few),
        *(path for path, count in counts.items() if count > _MOST_ASKED_ONE_BY_ONE),
    ]


def _list_guests(reading: Reading) -> list[Mapping[str, Any]]:
    entries = reading.data if isinstance(reading.data, list) else []
    return [entry for entry in entries if isinstance(entry, Mapping) and str(entry.get("vmid", "")).isdecimal()]


def _get_status(entry: Any) -> str:
    """`running`, `paused` or `stopped`; empty when that is not known."""
    if not isinstance(entry, Mapping):
        return ""
    qmp = str(entry.get("qmpstatus") or "")
    return qmp if qmp in ("paused", "suspended") else str(entry.get("status") or "")


def _describe_unread(listed: Reading, config: Reading | None) -> str:
    """Why a guest's configuration, or its entry in the cluster's list, lacks."""
    if config is not None and not isinstance(config.data, Mapping):
        return config.error or "its configuration is not one"
    return listed.error or "the cluster does not list it"


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
        unread="" if found is not None and entry is not None else _describe_unread(listed, config),
        origin=place.origin,
        config=found or {},
    )
