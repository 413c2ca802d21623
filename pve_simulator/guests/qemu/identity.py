# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The identity of a machine: its UUIDs and MAC addresses."""

from __future__ import annotations

import secrets
import uuid

from pve_simulator.schema import config_schema, format_of, print_property_string
from pve_simulator.schema.properties import split_properties
from pve_simulator.state.cluster import Cluster

_PREFIX = "BC:24:11"


def new_uuid() -> str:
    """A UUID, as `vmgenid` and `smbios1` have them."""
    return str(uuid.uuid4())


def new_mac(cluster: Cluster) -> str:
    """A MAC address under the cluster's prefix (datacenter option `mac_prefix`)."""
    prefix = cluster.options.get("mac_prefix", _PREFIX).upper().split(":")
    return ":".join([*prefix, *(f"{byte:02X}" for byte in secrets.token_bytes(6 - len(prefix)))])


def with_new_mac(cluster: Cluster, value: str) -> str:
    """A network device's value with another MAC address."""
    form = config_schema("qemu")["net0"]
    properties = split_properties(value, format_of(form))
    return print_property_string({**properties, "macaddr": new_mac(cluster)}, form)


def with_new_uuid(value: str) -> str:
    """A `smbios1` value (or none, '') with another UUID."""
    form = config_schema("qemu")["smbios1"]
    properties = split_properties(value, format_of(form))
    return print_property_string({**properties, "uuid": new_uuid()}, form)
