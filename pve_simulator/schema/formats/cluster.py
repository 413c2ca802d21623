# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""High availability and software-defined networks."""

from __future__ import annotations

from pve_simulator.schema.formats._base import Validator, accept_any_text, match_pattern
from pve_simulator.schema.formats.network import FORMATS as NETWORK_FORMATS

_NODE = r"[a-zA-Z0-9]([a-zA-Z0-9\-]*[a-zA-Z0-9])?"
_HA_NAME = "value does not look like a valid ha resource id"


def _verify_subnet_id(value: str) -> None:
    """A network, or zone, address and prefix joined by dashes."""
    NETWORK_FORMATS["CIDR"](value if "/" in value else value.partition("-")[2].replace("-", "/", 1))


FORMATS: dict[str, Validator] = {
    "pve-ha-resource-id": match_pattern(r"^[a-z]+:\S+$", _HA_NAME),
    "pve-ha-resource-or-vm-id": match_pattern(r"^([a-z]+:\S+|\d+)$", _HA_NAME),
    "pve-ha-node": match_pattern(rf"^{_NODE}(:\d+)?$", "value does not look like a valid ha node"),
    "pve-sdn-bgp-rt": match_pattern(
        r"^(\d+|\d+\.\d+\.\d+\.\d+):\d+$", "value '{}' does not look like a valid route target"
    ),
    "pve-sdn-fabric-id": accept_any_text,
    "pve-sdn-isis-net": match_pattern(
        r"^[a-fA-F0-9]{2}(\.[a-fA-F0-9]{4}){3,9}\.[a-fA-F0-9]{2}$", "value does not look like a valid isis net"
    ),
    "pve-sdn-subnet-id": _verify_subnet_id,
    "pve-sdn-route-map-id": accept_any_text,
    "pve-sdn-prefix-list-id": accept_any_text,
}
