"""Every step that a module plans in these tests has to be in the bridge's table of effects."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.plan import Step

from mcp_bridge.policy.effects import find_row

_PLUGINS = str(Path(__file__).parents[3] / "plugins")


@pytest.fixture(autouse=True)
def steps_in_the_table(monkeypatch):
    """Collect the steps that the collection's own code builds, and look each up afterwards."""
    built = set()
    build = Step.__init__

    def collect(self, *args, **kwargs):
        build(self, *args, **kwargs)
        caller = sys._getframe(1)
        while caller.f_code.co_name == "__init__" and caller.f_back:
            caller = caller.f_back
        if str(Path(caller.f_code.co_filename).resolve()).startswith(_PLUGINS):
            built.add((self.method, self.path))

    monkeypatch.setattr(Step, "__init__", collect)
    yield
    unknown = [step for step in built if not find_row({"method": step[0], "path": step[1]})]
    assert not unknown, f"mcp_bridge/policy/effects.py has no row for {unknown}"
