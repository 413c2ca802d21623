# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guest of the cluster as an entry of a fleet: what it is, in the modules' options, and nothing that it is not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from playvisor.fleet.adopt import devices
from playvisor.fleet.adopt.firewall import read_firewall
from playvisor.fleet.adopt.observed import NAMES, Guest
from playvisor.fleet.adopt.values import find_options, is_unset, parse_properties, read_value, to_number

# What Proxmox VE says of a guest, and what nobody sets.
_FACTS = frozenset(
    [
        *("cipassword", "digest", "lock", "meta", "parent", "running-nets-host-mtu", "runningcpu", "runningmachine"),
        *("snapstate", "snaptime", "template", "vmgenid", "vmstate"),
    ]
)
_UNUSED = re.compile(r"unused\d+")
_IPCONFIG = re.compile(r"ipconfig(\d+)")
# Options of pve_cloudinit, by what the configuration calls them.
_CLOUDINIT = {"ciuser": "user", "citype": "citype", "ciupgrade": "upgrade"}
_DNS = {"nameserver": "nameservers", "searchdomain": "searchdomain"}
_STATES = {"running": "started", "stopped": "stopped"}
# So many snapshots and the like stand in a comment.
_SHOWN = 5
_HA = ("request_state", "max_restart", "max_relocate", "failback", "comment")


@dataclass(frozen=True)
class Adopted:
    """The entry of a guest, and what it does not say, as phrases for comments."""

    guest: Guest
    entry: dict[str, Any]
    notes: tuple[str, ...] = ()


def adopt_guest(guest: Guest, templates: Mapping[int, str] | None = None) -> Adopted:
    """The entry that a guest is as wished by; `templates` are the names of templates by their ids."""
    draft = _Draft(guest, templates or {})
    draft.read_identity()
    draft.read_config()
    draft.read_surroundings()
    return Adopted(guest, draft.entry, tuple(draft.notes))


class _Draft:
    def __init__(self, guest: Guest, templates: Mapping[int, str]) -> None:
        self._guest, self._config, self._templates = guest, guest.config, templates
        self.entry: dict[str, Any] = {}
        self.notes: list[str] = []

    def read_identity(self) -> None:
        guest = self._guest
        self.entry.update({"type": guest.type, "vmid": guest.vmid})
        if guest.uuid:
            self.entry["uuid"] = guest.uuid
        self.entry["state"] = self._choose_state()
        origin = self._find_origin()
        if origin in self._templates:
            # A guest that is made anew is made like that; one that is there has nothing to do with it.
            self.entry["clone"] = {"name": self._templates[origin], "full": False}
        elif origin:
            self.notes.append(f"a linked clone of guest {origin}")

    def _find_origin(self) -> int:
        """The id of the template whose disk the first one that builds upon another does; 0 for no linked clone."""
        slots = [slot for slot in self._config if devices.is_disk(self._guest.type, slot)]
        volumes = [str(self._config[slot]).split(",", 1)[0] for slot in sorted(slots, key=devices.rank_slot)]
        return next(filter(None, map(devices.find_origin, volumes)), 0)

    def _choose_state(self) -> str:
        guest = self._guest
        if guest.is_template:
            return "template"
        state = _STATES.get(guest.status)
        if guest.lock == "suspended":
            self.notes.append("hibernated")
            return "present"
        if state is None:
            self.notes.append(f"{guest.status or 'of unknown state'} when it was read")
        return state or "present"

    def read_config(self) -> None:
        options = find_options("pve_guest")
        kind, config = self._guest.type, self._config
        cloudinit = self._read_cloudinit()
        skipped = {NAMES[kind], *_FACTS, *(_DNS if cloudinit else ())}
        flat: dict[str, Any] = {}
        further: dict[str, Any] = {}
        disks: dict[str, Any] = {}
        nics: dict[str, Any] = {}
        for key, value in config.items():
            if key in skipped or is_unset(value) or (cloudinit and self._is_cloudinit(key, value)):
                continue
            if devices.is_disk(kind, key):
                disks[key] = devices.read_disk(self._guest.vmid, key, str(value))
            elif devices.is_nic(key):
                nics[key] = devices.read_nic(kind, key, str(value))
            elif _UNUSED.fullmatch(key):
                self.notes.append(f"{key} is {value}")
            elif isinstance(value, list | Mapping):
                self.notes.append(f"{_describe_raw(key, value)}: the API can't set it")
            elif key == "tags":
                flat[key] = list(self._guest.tags)
            elif key == "description":
                flat[key] = str(value).rstrip()
            elif key in options:
                flat[key] = read_value(options[key], value)
            elif (kept := _read_further(key, value)) is not None:
                further[key] = kept
        if self._guest.pool:
            flat["pool"] = self._guest.pool
        # In the order of the documentation.
        self.entry.update({key: flat[key] for key in options if key in flat})
        if disks:
            self.entry["disks"] = [disks[slot] for slot in sorted(disks, key=devices.rank_slot)]
        if nics:
            self.entry["nics"] = [nics[slot] for slot in sorted(nics, key=devices.rank_slot)]
        if cloudinit:
            self.entry["cloudinit"] = cloudinit
        if further:
            self.entry["config"] = dict(sorted(further.items()))

    def _is_cloudinit(self, key: str, value: Any) -> bool:
        return (
            key in _CLOUDINIT
            or key in ("cicustom", "sshkeys")
            or _IPCONFIG.fullmatch(key) is not None
            or devices.is_cloudinit_drive(self._guest.type, key, value)
        )

    def _read_cloudinit(self) -> dict[str, Any]:
        kind, config = self._guest.type, self._config
        if kind != "qemu" or not any(
            self._is_cloudinit(key, value) and not is_unset(value) for key, value in config.items()
        ):
            return {}
        options, entry = find_options("pve_cloudinit"), {}
        for key, option in {**_CLOUDINIT, **_DNS}.items():
            if not is_unset(config.get(key)):
                entry[option] = read_value(options[option], config[key])
        if not is_unset(config.get("sshkeys")):
            lines = unquote(str(config["sshkeys"])).splitlines()
            entry["ssh_keys"] = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        addresses = sorted((int(match[1]), key) for key in config if (match := _IPCONFIG.fullmatch(key)))
        if addresses:
            entry["ipconfig"] = [
                {"interface": number, **parse_properties(str(config[key]), "")} for number, key in addresses
            ]
        if not is_unset(config.get("cicustom")):
            entry["custom"] = parse_properties(str(config["cicustom"]), "")
        for slot in sorted(config, key=devices.rank_slot):
            if devices.is_cloudinit_drive(kind, slot, config[slot]):
                drive = {} if slot == options["drive"]["default"] else {"drive": slot}
                return {**drive, "drive_storage": str(config[slot]).partition(":")[0], **entry}
        return entry

    def read_surroundings(self) -> None:
        guest = self._guest
        firewall, notes = read_firewall(guest.firewall)
        self.notes += notes
        if firewall:
            self.entry["firewall"] = firewall
        if guest.ha:
            self.entry["ha"] = read_ha(guest.ha)
        if guest.lock and guest.lock != "suspended":
            self.notes.append(f"locked ({guest.lock}) when it was read")
        if guest.pending:
            self.notes.append(f"waits for a restart: {_list_some(guest.pending)}")
        if guest.snapshots:
            self.notes.append(f"snapshots: {_list_some(guest.snapshots)}")


def read_ha(document: Mapping[str, Any]) -> dict[str, Any]:
    """The options of pve_ha for a guest or a rule, but for whom it is about."""
    options = find_options("pve_ha")
    named = {"request_state": document.get("state") or "started", **document}
    if named["request_state"] == "enabled":
        named["request_state"] = "started"
    return {name: read_value(options[name], named[name]) for name in _HA if not is_unset(named.get(name))}


def _read_further(key: str, value: Any) -> Any:
    """An option for `config`; None where nothing is left to say."""
    if key != "smbios1":
        return to_number(value)
    return ",".join(part for part in str(value).split(",") if not part.startswith("uuid=")) or None


def _list_some(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _describe_raw(key: str, value: Any) -> str:
    """Lines such as `lxc.idmap: u 0 100000 65536`, which come as pairs."""
    pairs = value if isinstance(value, list) else list(value.items())
    lines = [": ".join(map(str, pair)) if isinstance(pair, list | tuple) else str(pair) for pair in pairs]
    return f"{key} has {'; '.join(lines)}"
