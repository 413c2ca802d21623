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

_SLOT = re.compile(r"net\d{1,2}")
_MODELS = frozenset(
    [
        "e1000",
        "e1000-82540em",
        "e1000-82544gc",
        "e1000-82545em",
        "e1000e",
        "i82551",
        "i82557b",
        "i82559er",
        "ne2k_isa",
        "ne2k_pci",
        "pcnet",
        "rtl8139",
        "virtio",
        "vmxnet3",
    ]
)
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
_ALL_OPTIONS = frozenset({*_COMMON_OPTIONS, *_OPTIONS_OF_TYPE["qemu"], *_OPTIONS_OF_TYPE["lxc"]})
# Properties of which 0 means that there is none.
_NONE_IS_0 = ("tag", "rate", "mtu", "queues")


def is_slot(key: str) -> bool:
    """Whether an option of a guest is a network device."""
    return _SLOT.fullmatch(key) is not None


def read_nic(kind: str, config: Mapping[str, Any], slot: str) -> dict[str, str] | None:
    """The properties of a network device by the names of the API; None: there is none."""
    if slot not in config:
        return None
    properties = property_strings.parse(str(config[slot]), "model")
    model = next((name for name in properties if name in _MODELS), None) if kind == "qemu" else None
    if model is not None:
        return {"model": model, "macaddr": properties.pop(model), **properties}
    return properties


def read_wished_properties(kind: str, wish: Mapping[str, Any]) -> dict[str, str]:
    """The properties that a wish names, by the names of the API; empty ones are to unset."""
    names = {**dict.fromkeys(_COMMON_OPTIONS), **_OPTIONS_OF_TYPE[kind]}
    values: dict[str, Any] = {api or name: wish.get(name) for name, api in names.items()}
    values.update(wish.get("options") or {})
    return {name: _normalize(name, value) for name, value in values.items() if value is not None}


def view(kind: str, nic: Mapping[str, str] | None, wish: Mapping[str, Any]) -> dict[str, Any] | None:
    """A network device for results: only what the wish names, by the names of the API; None: there is none."""
    if nic is None:
        return None
    if wish["state"] == "absent":
        return dict(nic)
    return {name: _normalize(name, nic.get(name, "")) or None for name in read_wished_properties(kind, wish)}


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
    if all(_normalize(name, nic.get(name, "")) == value for name, value in wished.items()):
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
            raise PveError(
                INVALID_PARAMETER, f"{slot!r} is no network device.", "They are called net0, net1 and so on."
            )
        if slots.count(slot) > 1:
            raise PveError(INVALID_PARAMETER, f"{slot} is there twice in nics.", "Name each network device once.")
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


def _normalize(name: str, value: Any) -> str:
    """A property for comparisons: addresses in capitals, what is off or zero as if it were not set."""
    if name in ("macaddr", "hwaddr"):
        return str(value).upper()
    if name in ("firewall", "link_down"):
        return "1" if value in (True, "1") else ""
    if name in _NONE_IS_0:
        number = float(value or 0)
        return f"{number:g}" if number else ""
    return str(value)
