"""What is slow to import is imported when it is needed: nobody waits for it at the start."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = ("alembic", "ansible", "ansible_runner", "cedarpy", "sqlalchemy")


@pytest.mark.parametrize(
    ("module", "slow"),
    [
        # A client's handshake waits for it.
        ("mcp_bridge.mcp.server", SLOW),
        ("mcp_bridge.mcp.start", SLOW),
        # Every command that runs a playbook.
        ("playvisor.cli.call", SLOW),
        # On the way of every command, also of those that are lent a fork.
        ("playvisor.cli", (*SLOW, "pydantic", "rich", "typer", "yaml", "mcp")),
    ],
)
def test_the_start_imports_nothing_slow(module, slow):
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert [name for name in slow if name in loaded] == []
