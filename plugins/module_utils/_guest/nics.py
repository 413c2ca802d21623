# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network devices of guests: read them, compare them with wishes, and render new values. Addresses are kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._api import property_strings
from .._api.errors import INVALID_PARAMETER, PveError
from .._values.drives import MODELS, NICS

_SLOT = re.compile(r"net(?:[12]?\d|3[01])")
_COMMON_OPTIONS = (
    "bridge",
    "tag",
    "firewall",
    "rate",
    "mtu",
    "link_down",
)
# Options that only one type has: our names, and those of the API.
_OPTIONS_OF_TYPE = {
    "qemu": {
        "model": "model",
        "queues": "queues",
        "mac": "macaddr",
    },
    "lxc": {
        "name": "name",
        "ip": "ip",
        "gw": "gw",
        "ip6": "ip6",
        "gw6": "gw6",
        "mac": "hwaddr",
    },
}
# What every device has: Proxmox VE would choose another address at every change.
_ALWAYS = frozenset({"hwaddr", "macaddr", "model", "name", "type"})
_ALL_OPTIONS = frozenset({*_COMMON_OPTIONS, *_OPTIONS_OF_TYPE["qemu"], *_OPTIONS_OF_TYPE["lxc"]})


def is_slot(key: str) -> bool:
    """Whether an option of a guest is a network device."""
    return _SLOT.fullmatch(key) is not None


def read_nic(kind: str, config: Mapping[str, Any], slot: str) -> dict[str, str] | None:
    """The properties of a network device by the names of the API; None: there is none."""
    if slot not in config:
        return None
    properties = property_strings.parse(str(config[slot]), "model")
    model = next((name for name in properties if name in MODELS), None) if kind == "qemu" else None
    if model is not None:
        return {"model": model, "macaddr": properties.pop(model), **properties}
    return properties


def read_wished_properties(kind: str, wish: Mapping[str, Any]) -> dict[str, str]:
    """The properties that a wish names, by the names of the API; empty ones are to unset.

    Raises C(invalid_parameter) for what such a device can't have.
    """
    slot, nic = wish["slot"], NICS[kind]
    names = {**dict.fromkeys(_COMMON_OPTIONS), **_OPTIONS_OF_TYPE[kind]}
    values: dict[str, Any] = {api or name: wish.get(name) for name, api in names.items()}
    named = {name: value for name, value in values.items() if value is not None}
    twice = sorted(named.keys() & (wish.get("options") or {}).keys())
    if twice:
        raise PveError(INVALID_PARAMETER, f"{slot} has {twice[0]} twice, once in options.", "Give it once.")
    named.update(wish.get("options") or {})
    named = {
        name: value for name, value in named.items() if value is not None and not (name in _ALWAYS and value == "")
    }
    try:
        wished = {name: nic.check_property(name, value) for name, value in named.items()}
    except ValueError as error:
        raise PveError(
            INVALID_PARAMETER,
            f"{slot} can't be so: {error}.",
            f"Correct {slot} in nics.",
            fields={slot: str(error)},
        ) from error
    return {name: _drop_default(kind, name, text) for name, text in wished.items()}


def view(kind: str, nic: Mapping[str, str] | None, wish: Mapping[str, Any]) -> dict[str, Any] | None:
    """A network device for results: only what the wish names, by the names of the API; None: there is none."""
    if nic is None:
        return None
    if wish["state"] == "absent":
        return dict(nic)
    return {name: _read_property(kind, nic, name) or None for name in read_wished_properties(kind, wish)}


def view_wish(kind: str, wish: Mapping[str, Any]) -> dict[str, Any] | None:
    """What L(view) returns for a network device that is as wished."""
    if wish["state"] == "absent":
        return None
    return {name: value or None for name, value in read_wished_properties(kind, wish).items()}


def render_new_nic(kind: str, wish: Mapping[str, Any]) -> str:
    """The value of a new network device; Proxmox VE gives it an address where the wish has none."""
    number = wish["slot"][3:]
    first = {"model": "virtio"} if kind == "qemu" else {"name": f"eth{number}"}
    return _render({**first, **_drop_unset(read_wished_properties(kind, wish))})


def render_changed_nic(kind: str, nic: Mapping[str, str], wish: Mapping[str, Any]) -> str | None:
    """The new value of a network device, which keeps what the wish does not name; None: nothing differs."""
    wished = read_wished_properties(kind, wish)
    if all(_read_property(kind, nic, name) == value for name, value in wished.items()):
        return None
    return _render(_drop_unset({**nic, **wished}))


def check_wishes(kind: str, wishes: list[dict[str, Any]]) -> None:
    """Raise C(invalid_parameter) for wishes that make no sense for any guest of type I(kind)."""
    slots = [wish["slot"] for wish in wishes]
    for wish in wishes:
        slot = wish["slot"]
        foreign = sorted(
            name for name in _ALL_OPTIONS - {*_COMMON_OPTIONS, *_OPTIONS_OF_TYPE[kind]} if wish.get(name) is not None
        )
        if not is_slot(slot):
            raise PveError(INVALID_PARAMETER, f"{slot!r} is no network device.", "They are called net0 to net31.")
        if slots.count(slot) > 1:
            raise PveError(INVALID_PARAMETER, f"{slot} is there twice in nics.", "Name each network device once.")
        if wish["state"] == "present" and not foreign:
            read_wished_properties(kind, wish)
        if foreign:
            hint = "QEMU guests have model and queues; containers have name, ip, gw, ip6 and gw6."
            raise PveError(INVALID_PARAMETER, f"{slot} of a {kind} guest has no {foreign[0]}.", hint)


def _drop_unset(properties: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in properties.items() if value}


def _render(properties: dict[str, str]) -> str:
    if "model" not in properties:
        return property_strings.render(properties)
    rest = {name: value for name, value in properties.items() if name not in ("model", "macaddr")}
    mac = properties.get("macaddr")
    model = f"{properties['model']}={mac}" if mac else properties["model"]
    return ",".join(filter(None, (model, property_strings.render(rest))))


def _read_property(kind: str, nic: Mapping[str, str], name: str) -> str:
    text = nic.get(name, "")
    return _drop_default(kind, name, NICS[kind].read_property(name, text)) if text else ""


def _drop_default(kind: str, name: str, text: str) -> str:
    """A property, empty for one that is like none."""
    return "" if text == NICS[kind].find_default(name) else text
