"""The catalogue as people see it."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from mcp_bridge import catalogue
from mcp_bridge.catalogue import run_tools
from mcp_bridge.errors import UsageError
from playvisor.cli import console, parsing, tools
from playvisor.cli.output import TABLE, Output

JSON = Output("json")


@pytest.fixture(autouse=True)
def own_output():
    """A process writes to one stdout, and pytest gives each test another."""
    console.get_stdout.cache_clear()
    yield
    console.get_stdout.cache_clear()


@pytest.mark.parametrize("tool", catalogue.list_offered(), ids=lambda tool: tool.name)
def test_the_example_of_a_tool_can_be_typed_as_it_is_shown(tool):
    playvisor, call, name, *words = shlex.split(tools.render_example(tool))

    assert (playvisor, call, name) == ("playvisor", "call", tool.name)
    assert parsing.parse(words, tool.input_schema) == tool.example


def test_every_tool_is_listed_whether_it_runs_a_playbook_or_not(capsys):
    tools.list_tools(output=JSON)

    listed = [one["name"] for one in json.loads(capsys.readouterr().out)]
    assert listed == [*(tool.name for tool in catalogue.list_offered()), *run_tools.TOOLS]


@pytest.mark.parametrize("name", ["apply_plan", "create_guest"])
def test_a_tool_is_shown_with_its_options(name, capsys):
    tools.show_tool(name, output=JSON)
    shown = json.loads(capsys.readouterr().out)
    tools.show_tool(name, output=TABLE)
    printed = capsys.readouterr().out

    for option in shown["input"]["properties"]:
        assert re.search(rf"^{option}\b", printed, re.MULTILINE)


def test_options_within_lists_are_shown_as_well(capsys):
    tools.show_tool("create_guest", output=TABLE)

    assert "disks[].import_from" in capsys.readouterr().out


def test_a_mistyped_tool_is_guessed():
    with pytest.raises(UsageError) as raised:
        tools.show_tool("aply_plan", output=TABLE)
    assert "apply_plan" in raised.value.hint
