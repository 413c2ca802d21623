"""Runs the collection's playbooks with ansible-playbook against a simulated cluster."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ansible_runner
import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from simulated import make_client

from mcp_bridge.executor.runner_patch import patch_ansible_runner
from mcp_bridge.executor.warm import make_supervisor
from pve_simulator import Simulator, build_cluster

PLAYBOOKS = Path(__file__).resolve().parents[3] / "playbooks"


@dataclass
class PlayRun:
    """What a playbook run came to: the module's own result, the return code and everything printed."""

    rc: int
    result: dict[str, Any]
    stdout: str


@pytest.fixture
def simulator(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """Two nodes with eight guests, or with as many as a test asks for by indirect parametrization."""
    guests = getattr(request, "param", 8)
    with Simulator(build_cluster(nodes=2, guests=guests), port=0, task_seconds=0.0) as running:
        yield running


@pytest.fixture
def connection_env(simulator: Simulator) -> dict[str, str]:
    """The environment that leads a module or plugin to the simulator."""
    return simulator.environment


@pytest.fixture
def client(simulator: Simulator) -> Client:
    """A client of the collection's own, as somebody else who uses the cluster."""
    return make_client(simulator)


@pytest.fixture(scope="session")
def warm_programs() -> Iterator[str]:
    """The folder of an ansible-playbook that is a fork of a process with Ansible loaded."""
    patch_ansible_runner()
    supervisor = make_supervisor({})
    supervisor.start()
    deadline = time.monotonic() + 60
    while not (folder := supervisor.find_program_folder()) and time.monotonic() < deadline:
        time.sleep(0.02)
    yield str(folder)
    supervisor.close()


@pytest.fixture
def play(
    request: pytest.FixtureRequest, connection_env: dict[str, str], tmp_path: Path, collections_path: Path
) -> Callable[..., PlayRun]:
    """`play("guest_state", state="stopped", vmid=101)`: one run of a playbook with the module's options.

    What ansible-core may decide is run by ansible-playbook itself, everything else by a fork, which is sooner there.
    """
    is_cold = request.node.get_closest_marker("every_core") is not None
    folders = [str(Path(sys.executable).parent), os.environ["PATH"]]
    path = os.pathsep.join(folders if is_cold else [request.getfixturevalue("warm_programs"), *folders])

    def run(playbook: str, /, *flags: str, env: dict[str, str] | None = None, **options: Any) -> PlayRun:
        runner = ansible_runner.run(
            # A folder of its own: the runner keeps one run's command line for the next one in the same folder.
            private_data_dir=tempfile.mkdtemp(dir=tmp_path),
            playbook=str(PLAYBOOKS / f"{playbook}.yml"),
            inventory=f"localhost ansible_python_interpreter={sys.executable}",
            extravars={f"pve_{option}": value for option, value in options.items()},
            cmdline=" ".join(flags) or None,
            envvars={
                **{key: value for key, value in os.environ.items() if not key.startswith("PROXMOX_")},
                "PATH": path,
                "ANSIBLE_COLLECTIONS_PATH": str(collections_path),
                # As in the bridge: what is printed for people would be one more result.
                "ANSIBLE_SKIP_TAGS": "print",
                **connection_env,
                **(env or {}),
            },
            quiet=True,
        )
        results = [
            event["event_data"]["res"]
            for event in runner.events
            if event["event"] in ("runner_on_ok", "runner_on_failed")
        ]
        stdout = runner.stdout.read()
        assert results, stdout
        return PlayRun(runner.rc, results[-1], stdout)

    return run
