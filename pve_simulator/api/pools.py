# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/pools and /pools/{poolid}. Nested pools are reached by the parameter only: their names have slashes."""

from __future__ import annotations

from typing import Any

from pve_simulator.access.pools import MembershipChange, check_empty, check_new, find_pool
from pve_simulator.access.usercfg import remove_pool_rules
from pve_simulator.errors import wrap_errors
from pve_simulator.guests.feed import Feed, storage_resource
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.cluster import Pool
from pve_simulator.state.storage import Storage

_MAY_SEE = ("Pool.Audit",)


@route("GET", "/pools")
def list_pools(call: Call) -> list[dict[str, Any]]:
    """Pools that the caller may see; with `poolid`, that one and its members."""
    name = call.text("poolid")
    if name is not None:
        call.subject.require(f"/pool/{name}", *_MAY_SEE)
        return [_build_details(call, name)]
    return [
        {"poolid": name, **_comment(pool)}
        for name, pool in sorted(call.cluster.pools.items())
        if call.subject.may(f"/pool/{name}", *_MAY_SEE)
    ]


@route("POST", "/pools")
def create_pool(call: Call) -> None:
    """Add a pool, below another when its name says so."""
    name = call.need("poolid")
    with wrap_errors("create pool failed"):
        check_new(call.cluster, name)
    call.cluster.pools[name] = Pool(call.text("comment") or None)


@route("GET", "/pools/{poolid}")
def read_pool(call: Call) -> dict[str, Any]:
    """One pool and its members."""
    return _build_details(call, call.need("poolid"))


@route("PUT", "/pools")
@route("PUT", "/pools/{poolid}")
def change_pool(call: Call) -> None:
    """Change the comment, and add or (with `delete`) remove members: all of it or nothing."""
    name = call.need("poolid")
    vmids = [int(vmid) for vmid in call.items("vms")]
    with wrap_errors("update pools failed"):
        membership = MembershipChange(call.cluster, call.subject, name)
        if call.flag("delete"):
            membership.remove(vmids, call.items("storage"))
        else:
            membership.add(vmids, call.items("storage"), move=call.flag("allow-move"))
    membership.commit()
    if "comment" in call.params:
        call.cluster.pools[name].comment = call.text("comment") or None


@route("DELETE", "/pools")
@route("DELETE", "/pools/{poolid}")
def delete_pool(call: Call) -> None:
    """Remove a pool that has no members."""
    name = call.need("poolid")
    with wrap_errors("delete pool failed"):
        check_empty(call.cluster, name)
    del call.cluster.pools[name]
    remove_pool_rules(call.cluster.access, name)


def _build_details(call: Call, name: str) -> dict[str, Any]:
    pool = find_pool(call.cluster, name)
    kind = call.text("type")
    guests = [call.cluster.guests[vmid] for vmid in pool.vms if vmid in call.cluster.guests]
    entries = call.world.part(Feed).list_resources(call.world, guests, {}, call.worker)
    members = [entry for entry in entries if kind in (None, entry["type"])]
    if kind in (None, "storage"):
        storages = [call.cluster.storages[name] for name in pool.storages if name in call.cluster.storages]
        members += [_build_storage(call, storage) for storage in storages]
    return {"poolid": name, **_comment(pool), "members": members}


def _build_storage(call: Call, storage: Storage) -> dict[str, Any]:
    """A storage as the local node has it, or else the first node that has it."""
    nodes = call.cluster.nodes
    local = call.cluster.local_node
    name = (
        local
        if storage.is_on_node(local)
        else next((name for name in sorted(nodes) if storage.is_on_node(name)), local)
    )
    return storage_resource(call.world, storage, nodes[name])


def _comment(pool: Pool) -> dict[str, Any]:
    return {"comment": pool.comment} if pool.comment else {}
