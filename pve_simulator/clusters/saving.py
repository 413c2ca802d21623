# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole state of a running world as plain data or a file: the cluster, its finished tasks, its log, its clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pve_simulator.clusters.plain import to_plain
from pve_simulator.clusters.seed import cluster_to_data, write_data
from pve_simulator.world.world import World


def world_to_data(world: World) -> dict[str, Any]:
    """Everything that a seed can hold; `cluster_from_data` reads it again."""
    data = cluster_to_data(world.cluster)
    data["history"] = to_plain(world.build_history())
    return data


def dump_world(world: World, path: str | Path) -> None:
    """Write the state, JSON for `.json`, else YAML."""
    write_data(world_to_data(world), path)
