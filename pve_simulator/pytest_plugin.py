# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures for tests of anything that talks to Proxmox VE; pytest finds them when the package is installed.

    def test_my_tool(pve_simulator):
        run_my_tool(pve_simulator.url, pve_simulator.token_secret, ca=pve_simulator.ca_path)
        assert pve_simulator.cluster.guests[101].running

A marker says what cluster: `@pytest.mark.pve_simulator(nodes=3, guests=12)`, `(seed="lab.yaml")`, or
`(seed={"nodes": ["pve1"], "guests": [...]})`; `faults=[...]` are fault rules, and other keyword arguments those
of `Simulator`, such as `task_seconds`.

/cluster/resources is late, as on real servers: `pve_simulator.catch_up()` lets it show what is, and the marker's
`resources_lag=0` makes it always fresh.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pve_simulator.server.server import Simulator

_MARKER = "pve_simulator"
# Tasks take no time: tests that want to see one running ask for some.
_TASK_SECONDS = 0.0


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", f"{_MARKER}(nodes, guests, seed, faults, **settings): the cluster of the fixture `pve_simulator`"
    )


@pytest.fixture
def pve_simulator_factory() -> Iterator[Callable[..., Simulator]]:
    """Starts simulators, with the arguments that the marker takes, and stops them after the test."""
    with ExitStack() as running:

        def start(**arguments: Any) -> Simulator:
            return running.enter_context(make_simulator(**arguments))

        yield start


@pytest.fixture
def pve_simulator(request: pytest.FixtureRequest, pve_simulator_factory: Callable[..., Simulator]) -> Simulator:
    """A simulated Proxmox VE cluster behind TLS on 127.0.0.1, as the test's marker wants it."""
    marker = request.node.get_closest_marker(_MARKER)
    return pve_simulator_factory(**(marker.kwargs if marker is not None else {}))


def make_simulator(
    *,
    nodes: int = 3,
    guests: int = 12,
    seed: Any = None,
    faults: list[dict[str, Any]] | None = None,
    task_seconds: float = _TASK_SECONDS,
    **settings: Any,
) -> Simulator:
    """A simulator that is not started yet; `seed` is a file or the data that would be in one."""
    # Not before a test wants it: the plugin is loaded in every test run of its environment.
    from pve_simulator import Simulator, build_cluster, load_seed
    from pve_simulator.clusters.seed import cluster_from_data
    from pve_simulator.world.faults import FaultRule

    if seed is None:
        cluster = build_cluster(nodes, guests)
    else:
        cluster = cluster_from_data(seed) if isinstance(seed, dict) else load_seed(seed)
    simulator = Simulator(cluster, task_seconds=task_seconds, **settings)
    simulator.world.faults.rules += [FaultRule.from_data(rule) for rule in faults or []]
    return simulator
