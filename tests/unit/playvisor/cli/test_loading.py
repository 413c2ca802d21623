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
