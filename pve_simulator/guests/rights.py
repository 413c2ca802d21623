# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rights that both guest types demand in the same way: for bridges and for tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pve_simulator.requests.auth import Subject
from pve_simulator.schema.perl import split_list
from pve_simulator.state.cluster import Cluster

_ZONE = "/sdn/zones/localnetwork"


def require_bridge(subject: Subject, net: Mapping[str, str]) -> None:
    """Require access to a network device's bridge, with its VLANs; `net` are the device's properties."""
    if "bridge" not in net:
        return
    path = f"{_ZONE}/{net['bridge']}"
    for tag in [net["tag"]] if "tag" in net else net.get("trunks", "").split(";"):
        subject.require(f"{path}/{tag}" if tag else path, "SDN.Use")


def require_tags(cluster: Cluster, subject: Subject, old: str, new: str) -> None:
    """Require the right to add and remove tags: registered ones, and those that users may not choose, are special."""
    allowed = _free_tags(cluster)
    registered = set(split_list(cluster.options.get("registered-tags", "")))
    for tag in sorted(set(split_list(old)) ^ set(split_list(new))):
        if tag in registered or (allowed is not None and tag not in allowed):
            subject.require("/", "Sys.Modify")


def _free_tags(cluster: Cluster) -> set[str] | None:
    """The tags that everybody may use who may change options; None for all."""
    access = dict(part.split("=", 1) for part in cluster.options.get("user-tag-access", "").split(",") if "=" in part)
    mode = access.get("user-allow", "free")
    if mode == "free":
        return None
    listed = set(split_list(access.get("user-allow-list", ""))) if mode != "none" else set()
    return listed | (_used_tags(cluster) if mode == "existing" else set())


def _used_tags(cluster: Cluster) -> set[str]:
    values: Iterable[str] = (guest.config.get("tags", "") for guest in cluster.guests.values())
    return {tag for value in values for tag in split_list(value)}
