# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network devices of virtual machines: read and write `virtio=BC:24:11:…,bridge=vmbr0`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pve_simulator.guests.qemu.identity import new_mac
from pve_simulator.schema import config_schema, parse_property_string, print_property_string
from pve_simulator.state.cluster import Cluster

Net = dict[str, str]
_NET = re.compile(r"net\d+")


def is_net(key: str) -> bool:
    """Whether a configuration key is a network device."""
    return _NET.fullmatch(key) is not None


def net_keys(config: Mapping[str, str]) -> list[str]:
    """The network devices of a configuration by number."""
    return sorted((key for key in config if is_net(key)), key=lambda key: int(key[3:]))


def parse_net(text: str) -> Net:
    """The properties of a network device: model, macaddr, bridge, …"""
    return parse_property_string(text, config_schema("qemu")["net0"], "net0")


def print_net(net: Net) -> str:
    """A network device as configurations hold it."""
    return print_property_string(net, config_schema("qemu")["net0"])


def with_mac(cluster: Cluster, text: str) -> str:
    """A network device in the server's order, with a new MAC address when it has none."""
    net = parse_net(text)
    net.setdefault("macaddr", new_mac(cluster))
    return print_net(net)
