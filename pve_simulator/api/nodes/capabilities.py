# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/capabilities, and its cluster-wide sibling."""

from __future__ import annotations

from typing import Any

from pve_simulator.nodes import capabilities
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route


@route("GET", "/nodes/{node}/capabilities/qemu/cpu")
def cpu_models(call: Call) -> list[dict[str, Any]]:
    """CPU models, custom ones included."""
    return capabilities.list_cpu_models()


@route("GET", "/nodes/{node}/capabilities/qemu/machines")
def machines(call: Call) -> list[dict[str, str]]:
    """Machine versions."""
    return capabilities.list_machines()


@route("GET", "/nodes/{node}/capabilities/qemu/cpu-flags")
def cpu_flags(call: Call) -> list[dict[str, Any]]:
    """Flags that VMs may set."""
    return capabilities.list_cpu_flags([])


@route("GET", "/cluster/qemu/cpu-flags")
def cluster_cpu_flags(call: Call) -> list[dict[str, Any]]:
    """Flags that VMs may set, with the nodes that support them."""
    return capabilities.list_cpu_flags([name for name, node in call.cluster.nodes.items() if node.online])
