"""The MCP conformance suite (an npm package, which `make conformance` installs) against the MCP server over HTTP.

docs/conformance.md says which scenarios are run against which server, and which do not apply.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from pve_simulator import Simulator, build_cluster

ROOT = Path(__file__).parents[2]
SUITE = ROOT / ".work/conformance/node_modules"
FIXTURE_SERVER = Path(__file__).parent / "mcp/fixture_server.py"
PAGE = (ROOT / "docs/conformance.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.skipif(not SUITE.is_dir(), reason="the suite is not installed: make conformance")


def scenarios(heading):
    """Those that a section of the page lists."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([a-z0-9-]+)` \|", section, re.M)


@contextmanager
def serving(command, environment):
    """The address of an MCP server on a free port."""
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as server:
        try:
            line = ""
            while "http://" not in line:
                line = server.stderr.readline()
                assert line, "the server did not start"
            yield re.search(r"http://\S+", line)[0]
        finally:
            server.terminate()


def suite(*words):
    """What the suite prints."""
    node = next(SUITE.glob("node-*/bin/node"))
    done = subprocess.run([node, SUITE / ".bin/conformance", *words], capture_output=True, text=True, check=False)
    return done.stdout


def passed(url):
    """The scenarios that a server passes, of all that there are."""
    said = suite("server", "--url", url, "--suite", "all")
    return set(re.findall(r"^✓ (\S+): [1-9]\d* passed, 0 failed", said, re.M))


@pytest.mark.flow
def test_the_server_passes_what_names_no_fixture(tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PROXMOX_", "PLAYVISOR_"))}
    with Simulator(build_cluster(nodes=2, guests=8), port=0, task_seconds=0.0) as cluster:
        environment = {
            **kept,
            "PLAYVISOR_STATE_DIR": str(tmp_path),
            **cluster.environment,
        }
        command = [sys.executable, "-m", "playvisor", "mcp", "--transport", "http", "--port", "0", "--no-auth"]
        with serving(command, environment) as url:
            assert set(scenarios("Against Playvisor's server")) - passed(url) == set()


@pytest.mark.flow
def test_a_server_with_the_suites_fixtures_passes_what_names_them():
    with serving([sys.executable, FIXTURE_SERVER], dict(os.environ)) as url:
        assert set(scenarios("Against a server with the suite's fixtures")) - passed(url) == set()


def test_the_page_tells_of_every_scenario():
    told = [name for heading in re.findall(r"^## (.*)$", PAGE, re.M) for name in scenarios(heading)]

    assert sorted(told) == sorted(re.findall(r"^  - (\S+) \[", suite("list", "--server"), re.M))
