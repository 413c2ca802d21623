"""The catalogue's tools as commands of a noun and a verb."""

from __future__ import annotations

import pytest
from typer.main import get_command

from mcp_bridge import catalogue
from mcp_bridge.catalogue.commands import list_commands, split_name
from mcp_bridge.errors import UsageError
from playvisor.cli import app, tool_commands
from playvisor.cli.arguments import ToolArgument, collect_arguments, list_arguments

TOOLS = catalogue.load()


@pytest.mark.parametrize(
    ("tool", "command"),
    [
        ("list_guests", ("guest", "list")),
        ("get_guest", ("guest", "show")),
        ("guest_network", ("guest", "network")),
        ("start_guest", ("guest", "start")),
        ("snapshot_guest", ("snapshot", "create")),
        ("delete_snapshot", ("snapshot", "delete")),
        ("list_storage", ("storage", "list")),
        ("list_storage_content", ("storage", "content")),
        ("cluster_overview", ("cluster", "overview")),
        ("get_task", ("task", "show")),
    ],
)
def test_a_tool_is_a_noun_and_a_verb(tool, command):
    assert split_name(TOOLS[tool]) == command


def test_every_tool_has_a_command_of_its_own():
    found = [tool.name for verbs in list_commands().values() for tool in verbs.values()]

    assert found == sorted(found, key=found.index)
    assert sorted(found) == sorted(tool.name for tool in catalogue.list_offered() if not tool.own_command)
    assert set(list_commands()).isdisjoint(app.list_own_commands())


@pytest.mark.parametrize(
    "tool", [tool for tool in catalogue.list_offered() if not tool.own_command], ids=lambda tool: tool.name
)
def test_the_example_of_a_tool_is_a_command_line_that_gives_its_arguments(tool):
    line = [word for one in list_arguments(tool) for word in one.render_words(tool.example)]

    assert parse(tool, line) == dict(tool.example)


@pytest.mark.parametrize(
    ("tool", "line", "arguments"),
    [
        ("list_guests", [], {}),
        ("list_guests", ["web-01"], {"guests": {"names": ["web-01"]}}),
        ("list_guests", ["web-*", "db-*"], {"guests": {"names": ["web-*", "db-*"]}}),
        ("list_guests", ["--tag", "a,b", "--tag", "c"], {"guests": {"tags": ["a", "b", "c"]}}),
        ("list_guests", ["--no-templates"], {"guests": {"templates": False}}),
        ("stop_guest", ["101"], {"vmid": 101}),
        ("stop_guest", ["web-01", "--force"], {"name": "web-01", "force": True}),
        ("stop_guest", ["101", "102"], {"guests": {"vmids": [101, 102]}}),
        ("stop_guest", ["web-*"], {"guests": {"names": ["web-*"]}}),
        ("stop_guest", ["101,102"], {"guests": {"vmids": [101, 102]}}),
        ("stop_guest", ["web-01,", "db-*"], {"guests": {"names": ["web-01", "db-*"]}}),
        ("get_guest", ["0"], {"vmid": 0}),
        ("stop_guest", ["web-01", "--node", "pve1"], {"guests": {"names": ["web-01"], "node": "pve1"}}),
        ("get_guest", ["web-*"], {"name": "web-*"}),
        ("drain_node", ["pve3", "--no-restart"], {"drain": "pve3", "restart": False}),
        ("get_task", ["UPID:x", "--wait", "--timeout", "5"], {"upid": "UPID:x", "wait": True, "timeout": 5}),
        (
            "set_cloudinit",
            ["ci-01", "--ipconfig", "interface=0,ip=dhcp", "--ipconfig", '{"interface": 1, "ip6": "auto"}'],
            {"name": "ci-01", "ipconfig": [{"interface": 0, "ip": "dhcp"}, {"interface": 1, "ip6": "auto"}]},
        ),
    ],
)
def test_a_command_line_gives_arguments(tool, line, arguments):
    assert parse(TOOLS[tool], line) == arguments


def test_guests_are_not_given_by_id_and_by_name_at_once():
    with pytest.raises(UsageError, match="by id and by name"):
        parse(TOOLS["stop_guest"], ["101", "web-01"])


def test_parts_of_one_object_are_put_together():
    one = ToolArgument(("set",), {"type": "object"}, "--set")

    assert collect_arguments([(one, ["a=1,b=2", "c=3"])]) == {"set": {"a": "1", "b": "2", "c": "3"}}


def parse(tool, line):
    """The arguments that typer reads from a command line of the tool."""
    noun, verb = split_name(tool)
    command = get_command(tool_commands.make_group(noun))
    # A group of one command is that command.
    command = getattr(command, "commands", {verb: command})[verb]
    given = command.make_context(verb, list(line)).params
    return collect_arguments((one, given[one.python_name]) for one in list_arguments(tool))
