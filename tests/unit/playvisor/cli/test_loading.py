"""What is loaded into the process that commands are forked from."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.thorough

# What one call imports, by itself or while it is planned, judged and recorded.
USED = (
    "cedarpy",
    "mcp_bridge.authority.freeze",
    "mcp_bridge.ledger.writer",
    "mcp_bridge.policy.engine",
    "mcp_bridge.run.engine",
    "playvisor.cli.rendering.layout",
    "rich.console",
    "sqlite3",
    "truststore",
)


def test_everything_that_a_command_uses_is_loaded():
    program = f"""
import sys
from playvisor.cli.loading import load_commands
for _step in load_commands():
    pass
print([name for name in {USED!r} if name not in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_a_fork_uses_the_commands_that_were_built_before_it():
    program = """
import sys
from mcp_bridge.executor.forkserver import lending
from playvisor import cli
for _step in cli.preload():
    pass
lending.lender_folder, sys.argv = "/run", ["playvisor", "guest", "list"]
built = cli.make_commands.cache_info().misses
cli._get_commands()
print(built, cli.make_commands.cache_info().misses)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "1 1\n", "")
