# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guests with their pending changes and snapshots, and pools, from readings."""

from __future__ import annotations

from typing import Any

from pve_simulator.clusters.readings.answers import Answers, to_texts
from pve_simulator.state.cluster import Cluster, Pool
from pve_simulator.state.guest import Config, Guest, Snapshot
from pve_simulator.state.inside import ContainerInside
from pve_simulator.storage.names import volume_id, with_suffix

_TYPES = ("qemu", "lxc")
_MIB = 1024**2
_CURRENT = "current"


def load(cluster: Cluster, answers: Answers) -> None:
    """Every guest that a node lists, and those that only the cluster knows because their node is down."""
    for match, entries in answers.find_matching("/nodes/([^/]+)/(qemu|lxc)"):
        for entry in entries:
            _add(cluster, answers, match[1], match[2], entry)
    for entry in answers.entries("/cluster/resources"):
        if entry["type"] in _TYPES and entry["vmid"] not in cluster.guests:
            _add(cluster, answers, entry["node"], entry["type"], entry)
    cluster.guests = dict(sorted(cluster.guests.items()))
    for node in cluster.nodes.values():
        # A node has no KVM when all of its machines do without.
        machines = cluster.list_guests_on(node.name, "qemu")
        node.kvm = not machines or any(guest.config.get("kvm") != "0" for guest in machines)


def load_pools(cluster: Cluster, answers: Answers) -> None:
    """Pools with their members."""
    for entry in answers.entries("/pools"):
        cluster.pools[entry["poolid"]] = Pool(entry.get("comment"))
    detailed = [entry for _name, entries in answers.find_by_parameter("/pools", "poolid") for entry in entries]
    for match, data in answers.find_matching("/pools/(.+)"):
        detailed.append({"poolid": match[1], **data})
    for entry in detailed:
        pool = cluster.pools.setdefault(entry["poolid"], Pool(entry.get("comment")))
        for member in entry.get("members") or ():
            names: list[Any] = pool.storages if member["type"] == "storage" else pool.vms
            name = member["storage"] if member["type"] == "storage" else member["vmid"]
            if name not in names:
                names.append(name)
    for entry in answers.entries("/cluster/resources"):
        if entry["type"] in _TYPES and entry.get("pool"):
            members = cluster.pools.setdefault(entry["pool"], Pool()).vms
            if entry["vmid"] not in members:
                members.append(entry["vmid"])


def _add(cluster: Cluster, answers: Answers, node: str, kind: str, entry: dict[str, Any]) -> None:
    path = f"/nodes/{node}/{kind}/{entry['vmid']}"
    guest = Guest(
        entry["vmid"],
        "qemu" if kind == "qemu" else "lxc",
        node,
        running=entry.get("status") == "running",
        paused=entry.get("qmpstatus") == "paused",
        pid=entry.get("pid") or 0,
    )
    config, pending = answers.get(f"{path}/config"), answers.get(f"{path}/pending")
    if config is None and pending is None:
        guest.config = _config_from_list(cluster, kind, entry)
    else:
        _configure(guest, config or {}, pending or [])
    for snapshot in answers.entries(f"{path}/snapshot"):
        if snapshot["name"] != _CURRENT:
            saved = answers.get(f"{path}/snapshot/{snapshot['name']}/config")
            guest.snapshots[snapshot["name"]] = Snapshot(_build_snapshot(saved, snapshot))
    if guest.type == "lxc":
        guest.part(ContainerInside).configured = True
    cluster.guests[guest.vmid] = guest


def _configure(guest: Guest, config: dict[str, Any], pending: list[dict[str, Any]]) -> None:
    """Set the configuration: `config` has the values to be, `pending` also those in force where they differ."""
    guest.config = to_texts(config, "digest")
    for entry in pending:
        name = entry["key"]
        if name == "digest":
            continue
        if "pending" in entry:
            guest.pending[name] = str(entry["pending"])
        if entry.get("delete"):
            guest.pending_delete.append(name)
        if "value" in entry:
            guest.config |= to_texts({name: entry["value"]})
        elif "pending" in entry:
            guest.config.pop(name, None)


def _build_snapshot(saved: dict[str, Any] | None, listed: dict[str, Any]) -> Config:
    config = to_texts(saved or {}, "digest")
    for name in ("snaptime", "parent", "description"):
        if listed.get(name):
            config.setdefault(name, str(listed[name]))
    return config


def _config_from_list(cluster: Cluster, kind: str, entry: dict[str, Any]) -> Config:
    """Enough of a configuration for the list to look the same."""
    disk = _make_disk(cluster, kind, entry)
    memory = str(entry.get("maxmem", 512 * _MIB) // _MIB)
    name = entry.get("name", f"guest-{entry['vmid']}")
    cores = str(entry.get("cpus", entry.get("maxcpu", 1)))
    if kind == "qemu":
        config = {"name": name, "memory": memory, "cores": cores}
        if disk and entry.get("maxdisk"):
            config |= {"scsi0": disk, "boot": "order=scsi0"}
    else:
        config = {
            "hostname": name,
            "memory": memory,
            "swap": str(entry.get("maxswap", 512 * _MIB) // _MIB),
            "ostype": "debian",
            "arch": "amd64",
        }
        if disk:
            config["rootfs"] = disk
    for key in ("tags", "lock"):
        if entry.get(key):
            config[key] = entry[key]
    if entry.get("template"):
        config["template"] = "1"
    return config


def _make_disk(cluster: Cluster, kind: str, entry: dict[str, Any]) -> str | None:
    """A disk of the size that the list shows, on `local` or else on any storage that may hold it."""
    content, form = ("images", "qcow2") if kind == "qemu" else ("rootdir", "raw")
    fitting = [storage for storage in cluster.storages.values() if content in storage.content]
    storage = cluster.storages.get("local") or next(iter(fitting), None)
    if storage is None:
        return None
    name = with_suffix(storage, f"vm-{entry['vmid']}-disk-0", form)
    return f"{volume_id(storage, entry['vmid'], name)},size={entry.get('maxdisk', 0) // _MIB}M"
