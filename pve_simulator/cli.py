# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator's command line."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence

from pve_simulator.clusters.model import build_cluster
from pve_simulator.clusters.seed import load_seed
from pve_simulator.server.server import Simulator
from pve_simulator.world.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a cluster until SIGINT or SIGTERM; 2 when it cannot be built or the port is taken."""
    options = _build_parser().parse_args(arguments)
    try:
        cluster = load_seed(options.seed) if options.seed else build_cluster(options.nodes, options.guests)
        simulator = Simulator(
            cluster,
            options.port,
            options.task_seconds,
            host=options.host,
            resources_lag=options.resources_lag,
            auth_delay=options.auth_delay,
        ).start()
    except (OSError, RuntimeError, ValueError) as error:
        sys.stderr.write(f"pve_simulator: {error}\n")
        return 2
    serve(simulator, as_json=options.json)
    return 0


def serve(simulator: Simulator, *, as_json: bool) -> None:
    """Say how to connect to a started simulator, then wait for a signal and stop it."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *unused: ended.set())
    sys.stdout.write(f"{json.dumps(simulator.connection()) if as_json else describe(simulator)}\n")
    sys.stdout.flush()
    try:
        ended.wait()
    finally:
        simulator.stop()


def describe(simulator: Simulator) -> str:
    """How to connect, for people."""
    nodes, guests = len(simulator.cluster.nodes), len(simulator.cluster.guests)
    rows = [f"Simulated Proxmox VE: {nodes} nodes, {guests} guests"]
    rows += [f"  {name:<13} {value}" for name, value in simulator.connection().items()]
    return "\n".join(rows)


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pve_simulator", description="A simulated Proxmox VE cluster.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port, 0 for any free one (default)")
    parser.add_argument("--nodes", type=int, default=3, help="number of nodes (default: %(default)s)")
    parser.add_argument("--guests", type=int, default=12, help="number of guests (default: %(default)s)")
    parser.add_argument("--seed", help="YAML or JSON file with the cluster, instead of numbers")
    parser.add_argument(
        "--task-seconds", type=float, default=1.0, help="how long a typical task takes (default: %(default)s)"
    )
    parser.add_argument(
        "--resources-lag",
        type=float,
        default=Settings.resources_lag,
        help="how old /cluster/resources may be, in seconds (default: %(default)s, as real servers; 0: always fresh)",
    )
    parser.add_argument(
        "--auth-delay", type=float, default=0.0, help="seconds before a 401; real servers: 3 (default: 0)"
    )
    parser.add_argument("--json", action="store_true", help="print the connection as one JSON line")
    return parser
