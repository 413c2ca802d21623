# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Storages, what is on them, and how full they are, from readings."""

from __future__ import annotations

from pve_simulator.clusters.model import add_volumes
from pve_simulator.clusters.readings.answers import Answers, to_texts
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.storage import Storage, Volume

_FIELDS = ("content", "format", "size", "used", "vmid", "ctime", "parent", "notes", "protected")


def load_definitions(cluster: Cluster, answers: Answers) -> None:
    """storage.cfg; without it, the storages that lists show."""
    for entry in answers.entries("/storage"):
        cluster.storages[entry["storage"]] = Storage(entry["storage"], to_texts(entry, "storage", "digest"))
    if cluster.storages:
        return
    for entry in answers.entries("/cluster/resources"):
        if entry["type"] == "storage":
            config = {"type": entry["plugintype"], "content": entry["content"], "shared": str(entry.get("shared", 0))}
            cluster.storages.setdefault(entry["storage"], Storage(entry["storage"], config))


def load_content(cluster: Cluster, answers: Answers) -> None:
    """Volumes of every content list."""
    for match, entries in answers.find_matching("/nodes/([^/]+)/storage/([^/]+)/content"):
        storage = cluster.storages.get(match[2])
        if storage is None:
            continue
        for entry in entries:
            fields = {key: entry[key] for key in _FIELDS if entry.get(key) is not None}
            if "protected" in fields:
                fields["protected"] = bool(fields["protected"])
            storage.volumes_on(match[1])[entry["volid"]] = Volume(entry["volid"], **fields)


def add_named_disks(cluster: Cluster) -> None:
    """Disks that configurations name and no content list shows."""
    for guest in cluster.guests.values():
        add_volumes(cluster, guest)


def load_space(cluster: Cluster, answers: Answers) -> None:
    """Size of each storage, and what else takes space on it than the volumes we know."""
    for match, entries in answers.find_matching("/nodes/([^/]+)/storage"):
        for entry in entries:
            storage = cluster.storages.get(entry["storage"])
            if storage is None or not entry.get("total"):
                continue
            storage.total, storage.base_used = entry["total"], 0
            storage.base_used = max(0, entry["used"] - storage.used_on(match[1]))
