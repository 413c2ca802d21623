"""Features above the bridge add tools, and every face offers them without knowing them."""

from __future__ import annotations

import threading

import pytest

from mcp_bridge.authority import Authority
from mcp_bridge.catalogue import run_tools
from mcp_bridge.catalogue.offer import make_offer
from mcp_bridge.catalogue.run_tools import BridgeTool
from mcp_bridge.executor import PlaybookOutcome
from mcp_bridge.mcp.tools import describe_tool as mcp_tool
from mcp_bridge.run import Bridge, Request, call
from mcp_bridge.run.tools.results import make_result
from mcp_bridge.settings import Settings

SCHEMA = {"type": "object", "properties": {"fleet": {"type": "string"}}, "additionalProperties": False}
FLEET = BridgeTool("list_fleets", "List fleets", "Lists the fleets.", SCHEMA, toolset="fleets")


class NoExecutor:
    """For tools that run no playbook."""

    def run(self, run, progress, cancel):
        return PlaybookOutcome("ended")

    def close(self):
        pass


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr(run_tools, "TOOLS", dict(run_tools.TOOLS))
    monkeypatch.setattr(call, "_FUNCTIONS", dict(call._FUNCTIONS))
    call.register(FLEET, lambda _engine, request, *_: make_result(request, "ok", "1 fleet.", fleets=["prod"]))


@pytest.fixture
def bridge(tmp_path):
    settings = Settings(url="https://pve.example.com:8006", state_dir=tmp_path)
    return Bridge(settings, NoExecutor(), Authority(settings))


@pytest.mark.usefixtures("registered")
def test_a_tool_of_a_feature_is_offered_called_and_recorded_like_any_other(bridge):
    offer = make_offer(toolsets=["fleets"])
    result = bridge.call(Request("list_fleets", {}, "read"), print, threading.Event())
    wrong = bridge.call(Request("list_fleets", {"flet": "x"}, "read"), print, threading.Event())

    assert [mcp_tool(tool).name for tool in offer.tools] == ["list_fleets"]
    assert (result.status, result.data) == ("ok", {"fleets": ["prod"]})
    assert wrong.failure.code == "invalid_parameter"
    assert [(row.tool, row.outcome) for row in bridge.ledger.recent()] == [
        ("list_fleets", "failed"),
        ("list_fleets", "ok"),
    ]


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("name", ["list_fleets", "list_runs", "stop_guest"])
def test_a_name_that_is_taken_is_refused(name):
    with pytest.raises(ValueError, match=f"There is a tool {name} already"):
        call.register(BridgeTool(name, "", "", SCHEMA), print)
