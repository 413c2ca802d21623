# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schemas of guest configurations: what `net0`, `memory` or `rootfs` may be."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

from pve_simulator.schema.facts import load_facts
from pve_simulator.schema.model import Schema

# Parameters of the endpoint that are no configuration keys.
_NOT_CONFIG = frozenset(
    ("node", "vmid", "digest", "delete", "revert", "skiplock", "force", "background_delay", "import-working-storage")
)


@cache
def config_schema(guest_type: Literal["qemu", "lxc"]) -> Mapping[str, Schema]:
    """Schemas by configuration key, every index by its own name: `config_schema("qemu")["net0"]`.

    From the parameters of PUT /nodes/{node}/qemu|lxc/{vmid}/config.
    """
    endpoint = load_facts().endpoint("PUT", f"/nodes/{{node}}/{guest_type}/{{vmid}}/config")
    properties = endpoint.parameters.properties or {}
    return {name: schema for name, schema in properties.items() if name not in _NOT_CONFIG}
