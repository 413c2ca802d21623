"""The fixtures that other projects use, in a test run of their own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROJECT = """
import pytest
import requests

pytestmark = pytest.mark.filterwarnings("error")

def read(simulator, path):
    secret = f"{simulator.user}!{simulator.token_id}={simulator.token_secret}"
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(
            f"{simulator.url}/api2/json{path}",
            headers={"Authorization": f"PVEAPIToken={secret}"},
            verify=simulator.ca_path,
            timeout=10,
        )
    return answer.status_code, answer.json().get("data")

def test_it_is_a_cluster_of_three(pve_simulator):
    assert len(read(pve_simulator, "/nodes")[1]) == 3

@pytest.mark.pve_simulator(nodes=1, guests=2)
def test_it_is_as_large_as_asked(pve_simulator):
    assert sorted(entry["vmid"] for entry in read(pve_simulator, "/cluster/resources?type=vm")[1]) == [101, 102]

@pytest.mark.pve_simulator(
    seed={"nodes": ["lab1"], "guests": [{"vmid": 500, "name": "mine"}]},
    faults=[{"path": "^/version$", "status": 500, "count": 1}],
)
def test_it_has_the_guests_and_faults_of_the_marker(pve_simulator):
    assert read(pve_simulator, "/nodes/lab1/qemu/500/config")[1]["name"] == "mine"
    assert [read(pve_simulator, "/version")[0] for dummy in "ab"] == [500, 200]

def test_there_may_be_two(pve_simulator_factory):
    first, second = pve_simulator_factory(nodes=1, guests=1), pve_simulator_factory(nodes=2, guests=1)
    assert first.port != second.port
    assert len(read(second, "/nodes")[1]) == 2
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "test_project.py").write_text(PROJECT, encoding="utf-8")
    return tmp_path


def test_another_project_gets_simulators_from_a_fixture(project):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pve_simulator.pytest_plugin", "-p", "no:cacheprovider"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}

    run = subprocess.run(
        [*command, "--strict-markers", str(project)],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert "4 passed" in run.stdout
