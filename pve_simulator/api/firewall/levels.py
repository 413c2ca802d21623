# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The levels of the firewall: where each has its paths, and which file a call means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pve_simulator.errors import failure
from pve_simulator.firewall.scope import Env, Scope
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.firewall import Firewall, FirewallFile
from pve_simulator.state.sections import ClusterFiles


@dataclass(frozen=True, slots=True)
class Level:
    """One level; `prefix` is where its paths begin."""

    env: Env
    prefix: str

    def scope(self, call: Call) -> Scope:
        """The file that a call is about; reading does not create one."""
        firewall = call.cluster.part(Firewall)
        if self.env == "host":
            return Scope(self.env, _get_file(call, firewall.nodes, call.node), firewall.cluster)
        if self.env in ("vm", "ct"):
            return Scope(self.env, _get_file(call, firewall.guests, call.vmid), firewall.cluster)
        if self.env == "vnet":
            _check_vnet(call)
            return Scope(self.env, _get_file(call, firewall.vnets, call.need("vnet")), firewall.cluster)
        return Scope(self.env, firewall.cluster, firewall.cluster)


CLUSTER = Level("cluster", "/cluster/firewall")
NODE = Level("host", "/nodes/{node}/firewall")
GUESTS = (
    Level("vm", "/nodes/{node}/qemu/{vmid}/firewall"),
    Level("ct", "/nodes/{node}/lxc/{vmid}/firewall"),
)

VNET = Level("vnet", "/cluster/sdn/vnets/{vnet}/firewall")

LevelHandler = Callable[[Call, Scope], Any]


def serve(level: Level, method: str, path: str, handler: LevelHandler) -> None:
    """Register a handler for one level."""

    def handle(call: Call) -> Any:
        return handler(call, level.scope(call))

    route(method, f"{level.prefix}{path}")(handle)


def _check_vnet(call: Call) -> None:
    """Raise unless the vnet is applied and one may read or change its firewall."""
    name = call.need("vnet")
    vnet = call.cluster.part(ClusterFiles).file("sdn/running/vnets").sections.get(name)
    if vnet is None:
        raise failure("invalid vnet specified")
    readers = ("SDN.Allocate", "SDN.Audit") if call.method == "GET" else ("SDN.Allocate",)
    call.subject.require(f"/sdn/zones/{vnet['zone']}/{name}", *readers)


def _get_file(call: Call, files: dict[Any, FirewallFile], key: str | int) -> FirewallFile:
    if call.method == "GET":
        return files.get(key) or FirewallFile()
    return files.setdefault(key, FirewallFile())
