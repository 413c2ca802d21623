# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters from readings: answers of a real or simulated server to GET requests, as a capture holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pve_simulator.clusters.readings import access, firewall, guests, jobs, nodes, storages
from pve_simulator.clusters.readings.answers import Answers, Reading
from pve_simulator.state.cluster import Cluster

__all__ = ["Reading", "cluster_from_capture", "cluster_from_readings", "is_capture"]

_FORM = 1


def cluster_from_readings(readings: Iterable[Reading]) -> Cluster:
    """The cluster that gave these answers, as far as they show it.

    What no answer shows is left at its default; a guest whose configuration was not read is made up from lists.
    Disks that no content list shows are taken from the configurations that name them.
    """
    answers = Answers(readings)
    cluster = Cluster()
    nodes.load(cluster, answers)
    storages.load_definitions(cluster, answers)
    storages.load_content(cluster, answers)
    guests.load(cluster, answers)
    storages.add_named_disks(cluster)
    storages.load_space(cluster, answers)
    guests.load_pools(cluster, answers)
    access.load(cluster, answers)
    firewall.load(cluster, answers)
    jobs.load(cluster, answers)
    # Tags are known only after the guests.
    nodes.load_options(cluster, answers)
    return cluster


def is_capture(data: Any) -> bool:
    """Whether plain data is a capture and not a seed."""
    return isinstance(data, Mapping) and "readings" in data


def cluster_from_capture(data: Mapping[str, Any]) -> Cluster:
    """The cluster that a capture was made of; raises ValueError naming what is wrong in it."""
    form = data.get("playvisor_capture", _FORM)
    if form != _FORM:
        raise ValueError(f"this capture has form {form!r}; only {_FORM} is known here")
    try:
        readings = [Reading(item["path"], item.get("params") or {}, item["data"]) for item in data["readings"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("every reading needs at least a `path` and `data`") from error
    try:
        cluster = cluster_from_readings(readings)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"a reading is not an answer of Proxmox VE: {type(error).__name__}: {error}") from error
    if not cluster.nodes:
        raise ValueError("the capture shows no node")
    return cluster
