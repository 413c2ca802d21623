# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Proxmox VE cluster in one process, for demos, tests and rehearsals."""

from __future__ import annotations

from pve_simulator.clusters.model import build_cluster
from pve_simulator.clusters.saving import dump_world
from pve_simulator.clusters.seed import dump_seed, load_seed
from pve_simulator.server.server import Simulator
from pve_simulator.state.cluster import Cluster

__all__ = ["Cluster", "Simulator", "build_cluster", "dump_seed", "dump_world", "load_seed"]
