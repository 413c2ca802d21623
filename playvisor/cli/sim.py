# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor sim`: run the simulator, and print how to connect to it."""

from __future__ import annotations

import json
import shlex
import signal
import sys
import threading
from collections.abc import Sized
from pathlib import Path

from mcp_bridge.errors import UsageError
from playvisor.cli import console
from pve_simulator import Simulator, build_cluster, load_seed


def serve_simulator(
    port: int, nodes: int, guests: int, seed: Path | None, *, resources_lag: float, as_json: bool
) -> int:
    """Serve a simulated cluster until SIGINT or SIGTERM. Raises UsageError for a seed or port that can't be used.

    `resources_lag` is how many seconds old its list of all guests may be.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        cluster = load_seed(seed) if seed else build_cluster(nodes=nodes, guests=guests)
        simulator = Simulator(cluster, port=port, resources_lag=resources_lag).start()
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"The simulator can't start: {error}.", "Try another port or seed.") from error
    try:
        if as_json:
            # On one line, so that the process that started this one knows where the document ends.
            sys.stdout.write(f"{json.dumps(simulator.connection())}\n")
        else:
            console.get_stderr().print(
                f"A simulated Proxmox VE cluster: {_count(cluster.nodes, 'node')}, {_count(cluster.guests, 'guest')}. "
                "Stop it with Ctrl-C. To use it, set in another terminal:"
            )
            console.get_stdout().print("\n".join(render_exports(simulator)), soft_wrap=True)
        sys.stdout.flush()
        stop.wait()
    finally:
        simulator.stop()
    return 0


def render_exports(simulator: Simulator) -> list[str]:
    """Those variables as shell commands."""
    return [f"export {name}={shlex.quote(value)}" for name, value in simulator.environment.items()]


def _count(things: Sized, noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"
