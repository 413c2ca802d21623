# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lift what guests have in common into profiles, named after what these guests are: their system, a tag, a name."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

Entry = dict[str, Any]
Path = tuple[str, ...]

# A profile is worth its line in each guest only from here on.
_LEAST_GUESTS, _LEAST_OPTIONS = 3, 2
# A value that so many of the guests have is common; the others keep their own.
_COMMON_SHARE = 0.8
# What makes a guest this guest, and what one looks for in its own entry.
_OWN = frozenset({"vmid", "uuid", "state", "node", "name", "description", "depends_on", "profiles"})
_OWN_OF_DEVICE = frozenset({"slot", "mac", "ip", "ip6", "size", "volume", "cdrom"})
# Lists of mappings that have a slot, which merge by it.
_BY_SLOT = ("disks", "nics")
_TYPES = {"qemu": "vm", "lxc": "ct"}
_SYSTEMS = {"l24": "linux", "l26": "linux", "wvista": "winvista", "w2k3": "win2003", "w2k8": "win2008", "wxp": "winxp"}
_NUMBERED = re.compile(r"[-_.]?\d+$")
_NAME = re.compile(r"[a-z][a-z0-9_-]*")


def lift_profiles(guests: Mapping[str, Entry]) -> tuple[dict[str, Entry], dict[str, Entry]]:
    """Profiles, and the guests with their `profiles` and what these don't say; together they mean what was given."""
    left = {name: _flatten(entry) for name, entry in guests.items()}
    used: defaultdict[str, list[str]] = defaultdict(list)
    profiles: dict[str, dict[Path, Any]] = {}
    for profile, members in _list_groups(guests):
        lifted = _find_common([left[name] for name in members])
        if len(lifted) < _LEAST_OPTIONS or profile in profiles:
            continue
        profiles[profile] = lifted
        for name in members:
            used[name].append(profile)
            left[name] = {path: value for path, value in left[name].items() if lifted.get(path, _Missing) != value}
    return (
        {profile: _unflatten(options) for profile, options in profiles.items()},
        {name: _rebuild(guests[name], left[name], used[name]) for name in guests},
    )


class _Missing:
    """What no option has for a value."""


def _list_groups(guests: Mapping[str, Entry]) -> list[tuple[str, list[str]]]:
    """Guests that have something in common by the name that a profile of theirs may have, the widest first."""
    by_system: defaultdict[str, list[str]] = defaultdict(list)
    by_tag: defaultdict[str, list[str]] = defaultdict(list)
    by_prefix: defaultdict[str, list[str]] = defaultdict(list)
    for name, entry in guests.items():
        if entry.get("state") == "template":
            # It is what others are made of, and has little of what they have.
            continue
        by_system[_name_system(entry)].append(name)
        for tag in entry.get("tags") or ():
            by_tag[str(tag).lower()].append(name)
        prefix = _NUMBERED.sub("", name).lower()
        if prefix != name.lower():
            by_prefix[prefix].append(name)
    # The same guests need no second name.
    groups: list[tuple[str, list[str]]] = []
    for kind in (by_system, by_tag, by_prefix):
        ordered = sorted(kind.items(), key=lambda item: (-len(item[1]), item[0]))
        groups += [
            (profile, members)
            for profile, members in ordered
            if len(members) >= _LEAST_GUESTS and _NAME.fullmatch(profile)
        ]
    return groups


def _name_system(entry: Mapping[str, Any]) -> str:
    """What people call such a guest, such as linux-vm, win11-vm or debian-ct."""
    system = str(entry.get("ostype", "other"))
    return f"{_SYSTEMS.get(system, system)}-{_TYPES[entry['type']]}"


def _find_common(entries: list[dict[Path, Any]]) -> dict[Path, Any]:
    """The options that all of these have, most of them with the same value, in the order of the first."""
    common: dict[Path, Any] = {}
    for path in entries[0]:
        if _is_own(path) or any(path not in entry for entry in entries):
            continue
        counts = Counter(_freeze(entry[path]) for entry in entries)
        frozen, count = counts.most_common(1)[0]
        if count >= _LEAST_GUESTS and count >= _COMMON_SHARE * len(entries):
            common[path] = next(entry[path] for entry in entries if _freeze(entry[path]) == frozen)
    return common


def _is_own(path: Path) -> bool:
    return path[0] in _OWN or (path[0] in _BY_SLOT and path[-1] in _OWN_OF_DEVICE)


def _freeze(value: Any) -> str:
    return repr(value)


def _flatten(entry: Mapping[str, Any], above: Path = ()) -> dict[Path, Any]:
    flat: dict[Path, Any] = {}
    for key, value in entry.items():
        path = (*above, str(key))
        if not above and key in _BY_SLOT:
            for device in value:
                flat.update(_flatten(device, (*path, device["slot"])))
        elif isinstance(value, Mapping) and value:
            flat.update(_flatten(value, path))
        else:
            flat[path] = value
    return flat


def _unflatten(flat: Mapping[Path, Any]) -> Entry:
    entry: Entry = {}
    for path, value in flat.items():
        place = entry
        if path[0] in _BY_SLOT:
            devices = entry.setdefault(path[0], [])
            place = _find_device(devices, path[1])
            path = path[2:]
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = value
    return entry


def _find_device(devices: list[Entry], slot: str) -> Entry:
    for device in devices:
        if device["slot"] == slot:
            return device
    devices.append({"slot": slot})
    return devices[-1]


def _rebuild(entry: Entry, left: Mapping[Path, Any], used: Iterable[str]) -> Entry:
    """The entry of a guest with what its profiles don't say; a device of which nothing is left to say goes."""
    rest = _unflatten(left)
    for key in _BY_SLOT:
        devices = [device for device in rest.get(key, ()) if len(device) > 1]
        if key in rest and devices:
            rest[key] = devices
        elif key in rest:
            del rest[key]
    ordered = {key: rest[key] for key in entry if key in rest}
    profiles = list(used)
    return {**({"profiles": profiles} if profiles else {}), **ordered}
