# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration values of containers as the file keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pve_simulator.errors import failure
from pve_simulator.guests.qemu.identity import new_mac
from pve_simulator.guests.qemu.values import unique_tags
from pve_simulator.schema import ParameterError, config_schema, parse_property_string, print_property_string
from pve_simulator.schema.perl import split_list, to_text
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Config

_DNS_LISTS = frozenset({"nameserver", "searchdomain"})
_BRIDGE_MTU = 1500
# What the kernel takes as a weight (control groups version 2).
_CPU_UNITS = (1, 10000)


def config_params(params: Mapping[str, Any]) -> Config:
    """The configuration keys among a call's parameters, as text."""
    return {key: _text(value) for key, value in params.items() if key in config_schema("lxc")}


def normalize_value(cluster: Cluster, key: str, value: str) -> str:
    """A value as it reads back from the file: lists joined by spaces, empty values as one space."""
    if key in _DNS_LISTS:
        value = " ".join(split_list(value))
    elif key == "cpuunits":
        value = str(min(max(int(value), _CPU_UNITS[0]), _CPU_UNITS[1]))
    elif key == "tags":
        value = unique_tags(value, cluster)
    if key == "description":
        return "\n".join(value.rstrip("\n").split("\n"))
    return value.strip() or " "


def check_network(key: str, value: str) -> None:
    """Raise for options that a bridge does not have."""
    mtu = parse_property_string(value, config_schema("lxc")[key]).get("mtu")
    if mtu is not None and int(mtu) > _BRIDGE_MTU:
        raise failure(f"{key}: MTU size '{mtu}' is bigger than bridge MTU '{_BRIDGE_MTU}'")


def network(cluster: Cluster, key: str, value: str, *, new_address: bool = False) -> str:
    """A network device in the server's order, with a type, and with a MAC address of its own if it has none."""
    schema = config_schema("lxc")[key]
    options = parse_property_string(value, schema)
    options["type"] = "veth"
    if new_address or not options.get("hwaddr"):
        options["hwaddr"] = new_mac(cluster)
    return print_property_string(options, schema)


def network_options(value: str) -> dict[str, str]:
    """The properties of a network device; {} for a value that cannot be parsed."""
    try:
        return parse_property_string(value, config_schema("lxc")["net0"])
    except ParameterError:
        return {}


def features(value: str | None) -> dict[str, str]:
    """The feature flags of a value; {} for one that cannot be parsed."""
    try:
        return parse_property_string(value or "", config_schema("lxc")["features"])
    except ParameterError:
        return {}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(to_text(item) for item in value)
    return to_text(value)
