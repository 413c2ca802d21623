# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GET /cluster/resources."""

from __future__ import annotations

from typing import Any

from pve_simulator.guests.feed import Feed, node_resource, storage_resource
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route

# Scatters ids that follow each other, always in the same way.
_SCATTER = 2654435761


@route("GET", "/cluster/resources")
def resources(call: Call) -> list[dict[str, Any]]:
    """Guests, nodes, storages and networks that the caller may see."""
    kind = call.text("type")
    entries: list[dict[str, Any]] = []
    if kind in (None, "vm"):
        entries += _list_guests(call)
    if kind in (None, "node"):
        may_audit = call.subject.may
        for node in call.cluster.nodes.values():
            entries.append(node_resource(call.world, node, details=may_audit(f"/nodes/{node.name}", "Sys.Audit")))
    if kind in (None, "storage"):
        entries += _list_storages(call)
    if kind is None and call.subject.may("/sdn/zones/localnetwork", "SDN.Audit", "SDN.Use"):
        entries += [_describe_zone(name) for name, node in call.cluster.nodes.items() if node.online]
    return entries


def _list_guests(call: Call) -> list[dict[str, Any]]:
    pools = {vmid: name for name, pool in call.cluster.pools.items() for vmid in pool.vms}
    allowed = call.subject.make_guest_filter("VM.Audit")
    guests = [guest for guest in call.cluster.guests.values() if allowed(guest.vmid)]
    # A hash of a real server has them, in no order that anybody could rely on.
    guests.sort(key=lambda guest: guest.vmid * _SCATTER % 2**32)
    return call.world.part(Feed).list_resources(call.world, guests, pools, call.worker)


def _list_storages(call: Call) -> list[dict[str, Any]]:
    return [
        storage_resource(call.world, storage, node)
        for storage in call.cluster.storages.values()
        if storage.is_enabled
        and call.subject.may(f"/storage/{storage.id}", "Datastore.Audit", "Datastore.AllocateSpace")
        for node in call.cluster.nodes.values()
        if storage.is_on_node(node.name)
    ]


def _describe_zone(node: str) -> dict[str, Any]:
    return {
        "id": f"network/{node}/zone/localnetwork",
        "network": "localnetwork",
        "network-type": "zone",
        "node": node,
        "status": "ok",
        "type": "network",
    }
