# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GET /nodes/{node}/storage and a storage's status."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pve_simulator.errors import invalid
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.storage import Storage
from pve_simulator.state.web import Web
from pve_simulator.storage.names import default_format, image_formats

_MAY_SEE = ("Datastore.Audit", "Datastore.AllocateSpace")


@route("GET", "/nodes/{node}/storage")
def list_storages(call: Call) -> list[dict[str, Any]]:
    """The storages, unusable ones too; on request by content, by name, or those that a target node can use."""
    name_filter = call.text("storage")
    views = {storage.id: _build_view(call, storage) for storage in _list_matching_storages(call)}
    if name_filter is not None and name_filter not in views:
        raise invalid({"storage": "No such storage."})
    entries = []
    for name, view in views.items():
        storage = call.cluster.storages[name]
        if name_filter not in (None, name) or not call.subject.may(f"/storage/{name}", *_MAY_SEE):
            continue
        if (call.flag("enabled") and not storage.is_enabled) or not _is_on_target(call, storage):
            continue
        if view["total"]:
            view["used_fraction"] = view["used"] / view["total"]
        if call.flag("format"):
            view["formats"] = {"default": default_format(storage), "supported": sorted(image_formats(storage))}
            view["select_existing"] = int(storage.type in ("iscsi", "iscsidirect"))
        entries.append({"storage": name, **view})
    return entries


@route("GET", "/nodes/{node}/storage/{storage}/status")
def read_status(call: Call) -> dict[str, Any]:
    """One storage's space."""
    storage = call.cluster.storages.get(call.need("storage"))
    if storage is None:
        raise invalid({"storage": "No such storage."})
    return _build_view(call, storage)


@route("GET", "/nodes/{node}/storage/{storage}/identity")
def read_identity(call: Call) -> dict[str, Any]:
    """An identity that tells the storages of two clusters apart."""
    storage = call.cluster.storages.get(call.need("storage"))
    if storage is None:
        raise invalid({"storage": "No such storage."})
    where = storage.config.get("server") or call.node
    return {"type": storage.type, "id": str(uuid5(NAMESPACE_URL, f"{where}/{storage.config.get('path', storage.id)}"))}


def _build_view(call: Call, storage: Storage) -> dict[str, Any]:
    """Kind and space of a storage as the node sees it; bytes, all 0 when it cannot use it."""
    usable = storage.is_enabled and storage.is_on_node(call.node)
    active = usable and storage.config.get("server", "") not in call.cluster.part(Web).unreachable
    used = storage.used_on(call.node) if active else 0
    total = storage.total if active else 0
    return {
        "active": int(active),
        "avail": total - used,
        "content": ",".join(storage.content),
        "enabled": int(usable),
        "shared": int(storage.is_shared),
        "total": total,
        "type": storage.type,
        "used": used,
    }


def _list_matching_storages(call: Call) -> list[Storage]:
    contents = set(call.items("content"))
    return [
        storage
        for storage in call.cluster.storages.values()
        if not contents or (contents & set(storage.content) and storage.is_enabled and storage.is_on_node(call.node))
    ]


def _is_on_target(call: Call, storage: Storage) -> bool:
    """Whether both this node and the target node see the storage, when a target is named."""
    target = call.text("target")
    if target in (None, "localhost", call.node):
        return True
    return storage.is_shared and storage.is_on_node(call.node) and storage.is_on_node(str(target))
