# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wished configuration of a guest, compared value by value with the one that it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .._api.errors import INVALID_PARAMETER, UNSUPPORTED, PveError
from .._values.guests import find_option
from . import disks, nics
from .options import align_with_wish, default_value, encode, keep_identity, normalize, read_option

_COMMON_OPTIONS = (
    "cores",
    "memory",
    "ostype",
    "tags",
    "description",
    "onboot",
    "protection",
    "startup",
    "nameserver",
    "searchdomain",
)
_OPTIONS_OF_TYPE = {
    "qemu": (
        "sockets",
        "balloon",
        "cpu",
        "agent",
        "machine",
        "bios",
        "boot",
        "scsihw",
        "kvm",
        "numa",
        "hotplug",
    ),
    "lxc": (
        "swap",
        "features",
        "unprivileged",
    ),
}
# Options for a new container only; none of them can be read back.
CREATE_ONLY = ("ostemplate", "password", "ssh_public_keys")
_NAMES = {"qemu": "name", "lxc": "hostname"}
# Keys of the API that config can't have, and what there is for them.
_ALTERNATIVES = {
    "name": "name and new_name",
    "hostname": "name and new_name",
    "vmid": "the option or state of that name",
    "node": "the option or state of that name",
    "pool": "the option or state of that name",
    "template": "the option or state of that name",
    "tags": "tags, add_tags and remove_tags",
    "cdrom": "disks, with slot ide2 and cdrom",
    "cipassword": "pve_cloudinit",
    "sshkeys": "pve_cloudinit",
    "password": "password and ssh_public_keys",
    "ssh-public-keys": "password and ssh_public_keys",
    "digest": "nothing",
    "delete": "nothing",
    "revert": "nothing",
    "force": "nothing",
    "lock": "nothing",
    "skiplock": "nothing",
    "archive": "nothing",
    "start": "nothing",
    "unique": "nothing",
}


@dataclass(frozen=True)
class Wish:
    """The wished configuration of a guest of type I(kind): options by their names in the API, None to unset."""

    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    disks: tuple[dict[str, Any], ...] = ()
    nics: tuple[dict[str, Any], ...] = ()

    def without_unset(self) -> Wish:
        """The same wish without the options to unset."""
        return replace(self, options={key: value for key, value in self.options.items() if value is not None})

    def describe_current(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """A configuration for results: only what the wish names."""
        state = {key: self._current(config, key) for key in self.options}
        if self.disks:
            state["disks"] = {w["slot"]: disks.view(disks.read_disk(config, w["slot"]), w) for w in self.disks}
        if self.nics:
            state["nics"] = {
                w["slot"]: nics.view(self.kind, nics.read_nic(self.kind, config, w["slot"]), w) for w in self.nics
            }
        return self._with_name_key(state)

    def describe_goal(self) -> dict[str, Any]:
        """What L(describe_current) returns for a guest that is as wished."""
        state = {key: default_value(self.kind, key) if value is None else value for key, value in self.options.items()}
        if self.disks:
            state["disks"] = {wish["slot"]: disks.view_wish(wish) for wish in self.disks}
        if self.nics:
            state["nics"] = {wish["slot"]: nics.view_wish(self.kind, wish) for wish in self.nics}
        return self._with_name_key(state)

    def _with_name_key(self, state: dict[str, Any]) -> dict[str, Any]:
        name = _NAMES[self.kind]
        return {"name" if key == name else key: value for key, value in state.items()}

    def changed_options(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The options that differ, as the API takes them; None: to unset."""
        return {
            key: None if value is None else encode(self.kind, key, keep_identity(config, key, value))
            for key, value in self.options.items()
            if self._current(config, key) != (default_value(self.kind, key) if value is None else value)
        }

    def _current(self, config: Mapping[str, Any], key: str) -> Any:
        return align_with_wish(key, read_option(self.kind, config, key, self.options[key]), self.options[key])

    def changed_nics(self, config: Mapping[str, Any]) -> dict[str, str | None]:
        """The network devices that differ, as the API takes them; None: to remove."""
        changes: dict[str, str | None] = {}
        for wish in self.nics:
            slot, nic = wish["slot"], nics.read_nic(self.kind, config, wish["slot"])
            if wish["state"] == "absent":
                value, differs = None, nic is not None
            elif nic is None:
                value, differs = nics.render_new_nic(self.kind, wish), True
            else:
                value = nics.render_changed_nic(self.kind, nic, wish)
                differs = value is not None
            if differs:
                changes[slot] = value
        return changes


def read_wish(kind: str, name: str | None, params: Mapping[str, Any]) -> Wish:
    """The wish in a module's options; I(name) is the name that the guest is to get, if any.

    Raises C(invalid_parameter) or C(unsupported) for a wish that can't be met.
    """
    other_kind = "lxc" if kind == "qemu" else "qemu"
    foreign = [option for option in _OPTIONS_OF_TYPE[other_kind] if params.get(option) is not None]
    if kind == "qemu":
        foreign += [option for option in CREATE_ONLY if params.get(option)]
    if foreign:
        raise PveError(
            UNSUPPORTED,
            f"A {kind} guest has no {', '.join(foreign)}.",
            f"Leave it out; it is for {other_kind} guests.",
        )
    wished = {key: params[key] for key in (*_COMMON_OPTIONS, *_OPTIONS_OF_TYPE[kind]) if params.get(key) is not None}
    config_options = params.get("config") or {}
    for key in config_options:
        _check_config_key(kind, str(key), wished)
    wished.update(config_options)
    options = {key: normalize(kind, key, value) for key, value in wished.items()}
    if name:
        options[_NAMES[kind]] = name
    disk_wishes = [disks.normalize_wish(wish) for wish in params.get("disks") or []]
    nic_wishes = params.get("nics") or []
    disks.check_wishes(kind, disk_wishes)
    nics.check_wishes(kind, nic_wishes)
    return Wish(kind, options, tuple(disk_wishes), tuple(nic_wishes))


def _check_config_key(kind: str, key: str, wished: Mapping[str, Any]) -> None:
    alternative = _ALTERNATIVES.get(key)
    if disks.is_slot(kind, key):
        alternative = "disks"
    elif nics.is_slot(key):
        alternative = "nics"
    elif key in wished:
        alternative = f"the option {key}, which is given too"
    if alternative:
        raise PveError(INVALID_PARAMETER, f"{key} can't be set in config.", f"For it there is: {alternative}.")
    other_kind = "lxc" if kind == "qemu" else "qemu"
    if find_option(kind, key) is None and find_option(other_kind, key) is not None:
        raise PveError(UNSUPPORTED, f"A {kind} guest has no {key}.", f"Leave it out; it is for {other_kind} guests.")
