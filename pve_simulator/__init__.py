"""A Proxmox VE cluster in one process, for demos, tests and rehearsals."""

from __future__ import annotations

from pve_simulator.model import build_cluster
from pve_simulator.saving import dump_world
from pve_simulator.seed import dump_seed, load_seed
from pve_simulator.server import Simulator
from pve_simulator.state.cluster import Cluster

__all__ = ["Cluster", "Simulator", "build_cluster", "dump_seed", "dump_world", "load_seed"]
