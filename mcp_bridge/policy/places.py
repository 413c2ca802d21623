# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which guests steps touch: by their path, and by the ids that stand in parameters. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from mcp_bridge.policy.targets import GuestPlace, Target, Use

Step = Mapping[str, Any]
"""A step of a plan: method, path and params."""

_GUEST_PATH = re.compile(r"/nodes/(?P<node>[^/]+)/(?P<type>qemu|lxc)(?:/(?P<vmid>[0-9]+))?(?P<rest>(?:/.*)?)")
_VOLUME_OWNER = re.compile(r"(?:vm|base|subvol|basevol)-([0-9]+)-|:([0-9]+)/")
_BACKUP_OWNER = re.compile(r"vzdump-(?:qemu|lxc|openvz)-([0-9]+)-|backup/(?:vm|ct)/([0-9]+)/")
_DRIVE = re.compile(r"(?:ide|sata|scsi|virtio|mp|unused)[0-9]+|rootfs|efidisk0|tpmstate0")
_SERVICE = re.compile(r"(?:(?:vm|ct):)?([0-9]+)")
_STRENGTH: tuple[Use, ...] = ("compared", "copied", "changed", "created")


def find_guests(steps: Iterable[Step], inventory: Iterable[Mapping[str, Any]] = ()) -> dict[int, GuestPlace]:
    """Find every guest that steps name or touch.

    `inventory` holds the guests that there are, as `/cluster/resources` lists them: steps that act on all guests of a
    node or of a pool name none.
    """
    entries = {int(entry["vmid"]): _read_entry(entry) for entry in inventory if entry.get("vmid")}
    places: dict[int, GuestPlace] = {}
    for step in steps:
        for vmid, place in find_step_guests(step, entries).items():
            places[vmid] = _merge(places[vmid], place) if vmid in places else place
    return places


def find_step_guests(step: Step, everyone: Mapping[int, GuestPlace]) -> dict[int, GuestPlace]:
    """Find the guests that one step names or touches, among `everyone` where it acts on all of a node or a pool."""
    places: dict[int, GuestPlace] = {}
    for place in _list_places(step, everyone):
        known = everyone.get(place.vmid)
        if known and not place.is_created:
            place = replace(place, node=place.node or known.node, type=place.type or known.type)
        places[place.vmid] = _merge(places[place.vmid], place) if place.vmid in places else place
    return places


def get_places(guests: Mapping[int, Target]) -> dict[int, GuestPlace]:
    """Return where guests are, of which the facts are known."""
    return {
        vmid: GuestPlace(vmid, guest.node or None, guest.type or None, pool=guest.pool)
        for vmid, guest in guests.items()
    }


def acts_on_all(step: Step) -> bool:
    """Whether the step acts on all guests of the cluster, a node or a pool, without naming them."""
    return _find_wide_selection(step) is not None


def get_text(value: Any) -> str:
    """A parameter's value as the API takes it."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, list | tuple):
        return ",".join(get_text(item) for item in value)
    return "" if value is None else str(value)


def is_on(value: Any) -> bool:
    """Whether a flag is set; whatever is not clearly off is on."""
    return get_text(value).strip().lower() not in ("", "0", "no", "off", "false")


def find_volume_owner(volume: str) -> int | None:
    """The guest that a volume belongs to by its name, a backup to the guest that is in it."""
    match = _BACKUP_OWNER.search(volume) or _VOLUME_OWNER.search(volume)
    return int(match[1] or match[2]) if match else None


def _list_places(step: Step, everyone: Mapping[int, GuestPlace]) -> Iterator[GuestPlace]:
    method, path = str(step["method"]).upper(), str(step["path"])
    params = {str(name): get_text(value) for name, value in (step.get("params") or {}).items()}
    match = _GUEST_PATH.fullmatch(path)
    if match:
        yield from _list_path_places(method, match, params)
    yield from _list_named_places(method, path, params)
    is_selected = _find_wide_selection(step)
    if is_selected:
        excluded = set(_parse_ids(params.get("exclude", "")))
        use = _get_use(path)
        yield from (
            GuestPlace(place.vmid, place.node, place.type, use)
            for place in everyone.values()
            if place.vmid not in excluded and is_selected(place)
        )


def _list_path_places(method: str, match: re.Match[str], params: Mapping[str, str]) -> Iterator[GuestPlace]:
    node, kind, rest = unquote(match["node"]), match["type"], match["rest"]
    if match["vmid"] is None:
        if method == "POST" and not rest and params.get("vmid", "").isdecimal():
            yield from _list_creation_places(node, kind, params)
        return
    vmid = int(match["vmid"])
    if rest == "/clone":
        yield GuestPlace(vmid, node, kind, "copied")
        if params.get("newid", "").isdecimal():
            yield GuestPlace(int(params["newid"]), params.get("target") or node, kind, "created", vmid)
        return
    yield GuestPlace(vmid, node, kind)
    if params.get("target-vmid", "").isdecimal():
        yield GuestPlace(int(params["target-vmid"]))
    for name, value in params.items():
        owner = find_volume_owner(value.partition(",")[0]) if _DRIVE.fullmatch(name) else None
        if owner not in (None, vmid):
            yield GuestPlace(int(owner or 0))


def _list_creation_places(node: str, kind: str, params: Mapping[str, str]) -> Iterator[GuestPlace]:
    vmid = int(params["vmid"])
    archive = params.get("archive") or (params.get("ostemplate", "") if is_on(params.get("restore")) else "")
    origin = find_volume_owner(archive)
    yield GuestPlace(vmid, node, kind, "changed" if is_on(params.get("force")) else "created", origin)
    if origin not in (None, vmid):
        yield GuestPlace(int(origin or 0), use="compared")
    for name, value in params.items():
        owner = find_volume_owner(value) if _DRIVE.fullmatch(name) else None
        if owner not in (None, vmid):
            yield GuestPlace(int(owner or 0), use="copied" if "import-from=" in value else "changed")


def _list_named_places(method: str, path: str, params: Mapping[str, str]) -> Iterator[GuestPlace]:
    segments = [unquote(segment) for segment in path.strip("/").split("/")]
    is_guest = _GUEST_PATH.fullmatch(path) is not None
    names = ("vms",) if is_guest else ("vms", "vmid", "sid", "resources")
    for name in names:
        yield from (GuestPlace(vmid, use=_get_use(path)) for vmid in _parse_ids(params.get(name, "")))
    if segments[:3] == ["cluster", "ha", "resources"] and len(segments) > 3:
        yield from (GuestPlace(vmid) for vmid in _parse_ids(segments[3]))
    if segments[:2] == ["access", "acl"] and (match := re.fullmatch(r"/vms/([0-9]+)", params.get("path", ""))):
        yield GuestPlace(int(match[1]))
    if segments[0] == "nodes" and "tasks" in segments[2:3] and len(segments) > 3:
        parts = segments[3].split(":")
        yield from (GuestPlace(vmid) for vmid in _parse_ids(parts[6] if len(parts) > 6 else ""))
    if method != "GET" and segments[0] == "nodes" and segments[2:3] == ["storage"] and segments[4:5] == ["content"]:
        owner = find_volume_owner("/".join(segments[5:]))
        if owner is not None:
            yield GuestPlace(owner)


def _find_wide_selection(step: Step) -> Callable[[GuestPlace], bool] | None:
    """Return which guests a step acts on that acts on all of the cluster, a node or a pool."""
    path, params = str(step["path"]).rstrip("/"), step.get("params") or {}
    segments = [unquote(segment) for segment in path.strip("/").split("/")]
    node = segments[1] if segments[0] == "nodes" and len(segments) > 2 else get_text(params.get("node"))
    command = segments[2] if segments[0] == "nodes" and len(segments) == 3 else ""
    is_backup = command == "vzdump" or segments[:2] == ["cluster", "backup"]
    pool = get_text(params.get("pool"))
    if is_backup and pool:
        return lambda place: place.pool == pool
    is_all = (
        (is_backup and is_on(params.get("all")))
        or (command in ("stopall", "startall", "suspendall", "migrateall") and not params.get("vms"))
        or command == "status"
        or (path.startswith("/cluster/bulk-action/guest/") and not params.get("vms"))
    )
    return (lambda place: not node or place.node == node) if is_all else None


def _get_use(path: str) -> Use:
    return "copied" if path.endswith("/vzdump") or path.startswith("/cluster/backup") else "changed"


def _parse_ids(text: str) -> Iterator[int]:
    for part in re.split(r"[\s,;]+", text):
        if match := _SERVICE.fullmatch(part):
            yield int(match[1])


def _read_entry(entry: Mapping[str, Any]) -> GuestPlace:
    return GuestPlace(
        int(entry["vmid"]), entry.get("node") or None, entry.get("type") or None, pool=str(entry.get("pool") or "")
    )


def _merge(first: GuestPlace, second: GuestPlace) -> GuestPlace:
    return replace(
        first,
        node=first.node or second.node,
        type=first.type or second.type,
        use=max(first.use, second.use, key=_STRENGTH.index),
        origin=first.origin or second.origin,
    )
