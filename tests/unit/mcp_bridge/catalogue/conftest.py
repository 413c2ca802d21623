"""The catalogue as the bridge alone has it, whatever other tests of this process have registered."""

from __future__ import annotations

import pytest

from mcp_bridge.catalogue import run_tools


@pytest.fixture(autouse=True)
def own_tools_only(monkeypatch):
    for name in run_tools.TOOLS.keys() - {tool.name for tool in run_tools._TOOLS}:
        monkeypatch.delitem(run_tools.TOOLS, name)
