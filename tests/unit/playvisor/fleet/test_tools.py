"""The tool render_fleet: profiles and ranges of what an AI client hands over, and never a template."""

from __future__ import annotations

import threading

import pytest

from mcp_bridge.authority import Authority
from mcp_bridge.executor import PlaybookOutcome
from mcp_bridge.run import Bridge, Request
from mcp_bridge.settings import Settings
from playvisor.fleet.tools import register_tools


class NoExecutor:
    """For tools that run no playbook."""

    def run(self, run, progress, cancel):
        return PlaybookOutcome("ended")

    def close(self):
        pass


@pytest.fixture
def render(tmp_path):
    register_tools()
    settings = Settings(url="https://pve.example.com:8006", state_dir=tmp_path)
    bridge = Bridge(settings, NoExecutor(), Authority(settings))
    return lambda **fleet: bridge.call(Request("render_fleet", {"fleet": fleet}, "read"), print, threading.Event())


def test_a_fleet_becomes_a_plain_document(render):
    result = render(
        fleet="shop",
        profiles={"web": {"cores": 2, "description": "{{ 7 * 7 }}"}},
        guests={"web-{01..02}": {"type": "qemu", "profiles": ["web"]}},
    )

    entry = {"type": "qemu", "cores": 2, "description": "{{ 7 * 7 }}"}
    assert (result.status, result.summary) == ("ok", "Fleet shop with 2 guests.")
    assert result.data["document"] == {"fleet": "shop", "guests": {"web-01": entry, "web-02": entry}}


def test_everything_that_is_wrong_is_named(render):
    result = render(fleet="shop", guests={"a": {"coress": 2}, "b": {"state": "absent"}})

    assert (result.status, result.failure.code) == ("failed", "invalid_parameter")
    assert set(result.failure.fields) == {"guests.a.coress", "guests.b.state"}
