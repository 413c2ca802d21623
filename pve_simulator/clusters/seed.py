# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters from and to YAML or JSON.

A dump and a hand-written seed have one form. Lists of nodes and guests may be written instead of mappings;
a guest's `name`, `tags`, `lock` and other configuration keys may stand beside `vmid` instead of under
`config`, `status` is running, stopped, paused or hibernated, `pool` puts it into a pool, and `ha: started`
makes it HA-managed.
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from pve_simulator.clusters.model import complete_guest, default_storages
from pve_simulator.clusters.plain import from_plain, to_plain
from pve_simulator.clusters.readings import cluster_from_capture, is_capture
from pve_simulator.state.cluster import Cluster, Pool
from pve_simulator.state.guest import Guest
from pve_simulator.state.ha import Ha, HaResource, service_id
from pve_simulator.state.parts import PART_TYPES, load_part_types
from pve_simulator.state.storage import Storage

_GUEST_FIELDS = frozenset(field.name for field in fields(Guest)) - {"parts"}


def load_seed(path: str | Path) -> Cluster:
    """Read a cluster from a YAML or JSON file, a seed or a capture; raises ValueError naming what is wrong in it."""
    text = Path(path).read_text(encoding="utf-8")
    try:
        data = json.loads(text) if str(path).endswith(".json") else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as error:
        raise ValueError(f"{path}: {error}") from error
    return cluster_from_data(data)


def dump_seed(cluster: Cluster, path: str | Path) -> None:
    """Write the whole state of a cluster, JSON for `.json`, else YAML."""
    write_data(cluster_to_data(cluster), path)


def write_data(data: dict[str, Any], path: str | Path) -> None:
    """Write a state that is plain data already."""
    if str(path).endswith(".json"):
        text = json.dumps(data, indent=1, ensure_ascii=False)
    else:
        text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    Path(path).write_text(text, encoding="utf-8")


def cluster_to_data(cluster: Cluster) -> dict[str, Any]:
    """The whole state as plain data, without what only this run knows."""
    data: dict[str, Any] = to_plain(cluster)
    data.get("access", {}).pop("ticket_key", None)
    return data


def cluster_from_data(data: Any) -> Cluster:
    """A cluster from plain data, a seed or a capture; raises ValueError naming what is wrong in it."""
    if not isinstance(data, dict):
        raise ValueError("a seed is a mapping with at least `nodes`")
    if is_capture(data):
        return cluster_from_capture(data)
    load_part_types()
    data = dict(data)
    data["nodes"] = _build_nodes(data.get("nodes"))
    guests = _as_list(data.pop("guests", []), "vmid")
    storages = data.pop("storages", None)
    cluster: Cluster = from_plain(Cluster, data)
    for number, node in enumerate(cluster.nodes.values(), start=1):
        node.id = node.id or (number if cluster.name else 0)
        node.ip = node.ip or f"10.99.{number // 250}.{number % 250}"
    if storages is None:
        cluster.storages = default_storages(cluster.nodes)
    else:
        named = {item["id"]: item for item in _as_list(storages, "id")}
        cluster.storages = from_plain(dict[str, Storage], named)
    # A saved world is complete: what its guests lack was removed on purpose.
    complete = "history" not in data
    for item in guests:
        _add_guest(cluster, item, complete=complete)
    return cluster


def _build_nodes(data: Any) -> dict[str, Any]:
    if not data:
        raise ValueError("a seed needs at least one node")
    listed = [{"name": item} if isinstance(item, str) else item for item in _as_list(data, "name")]
    return {str(item["name"]): item for item in listed}


def _as_list(data: Any, key: str) -> list[Any]:
    if isinstance(data, dict):
        return [{key: name, **(item or {})} for name, item in data.items()]
    return list(data)


def _add_guest(cluster: Cluster, item: dict[str, Any], *, complete: bool) -> None:
    item = dict(item)
    item.setdefault("type", "qemu")
    item.setdefault("node", next(iter(cluster.nodes)))
    pool, managed = item.pop("pool", None), item.pop("ha", None)
    status = item.pop("status", None)
    if status is not None:
        item["running"] = status in {"running", "paused"}
        item["paused"] = status == "paused"
        if status == "hibernated":
            item["lock"] = "suspended"
    config = {key: _config_text(value) for key, value in (item.pop("config", None) or {}).items()}
    for key in list(item):
        if key not in _GUEST_FIELDS and key not in PART_TYPES:
            name = "hostname" if key == "name" and item["type"] == "lxc" else key
            config[name] = _config_text(item.pop(key))
    guest: Guest = from_plain(Guest, {**item, "config": config})
    if guest.node not in cluster.nodes:
        raise ValueError(f"guest {guest.vmid} is on node {guest.node!r}, which the seed does not have")
    if guest.vmid in cluster.guests:
        raise ValueError(f"two guests have the vmid {guest.vmid}")
    if complete:
        complete_guest(cluster, guest)
    cluster.guests[guest.vmid] = guest
    if pool is not None:
        members = cluster.pools.setdefault(str(pool), Pool()).vms
        if guest.vmid not in members:
            members.append(guest.vmid)
    if managed is not None:
        resource = HaResource({} if managed == "started" else {"state": str(managed)}, str(managed))
        state = cluster.part(Ha)
        state.active = True
        state.resources[service_id(guest)] = resource


def _config_text(value: Any) -> str:
    if isinstance(value, list):
        return ";".join(sorted(str(item) for item in value))
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)
