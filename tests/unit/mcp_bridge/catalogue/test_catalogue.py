"""The catalogue against the modules, playbooks and the schemas that clients have seen before.

After a change that is meant: PLAYVISOR_UPDATE_SNAPSHOTS=1 pytest tests/unit/mcp_bridge/catalogue/test_catalogue.py
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from mcp_bridge import catalogue, collection
from mcp_bridge.catalogue import run_tools
from mcp_bridge.catalogue.arguments import validate
from mcp_bridge.catalogue.docs import read_module_docs, strip_markup
from mcp_bridge.catalogue.offer import make_offer
from mcp_bridge.errors import UsageError
from mcp_bridge.mcp.tools import describe_tool as mcp_tool
from mcp_bridge.text.yaml import load_yaml

SNAPSHOTS = Path(__file__).parent / "snapshots"
TOOLS = list(catalogue.load().values())
OFFERED = catalogue.list_offered()
LISTED = [*OFFERED, *run_tools.TOOLS.values()]

by_name = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)


@pytest.mark.parametrize("tool", LISTED, ids=lambda tool: tool.name)
def test_what_clients_see_of_a_tool_is_what_its_snapshot_says(tool):
    seen = json.dumps(mcp_tool(tool).model_dump(by_alias=True, exclude_none=True), indent=2) + "\n"
    snapshot = SNAPSHOTS / f"{tool.name}.json"
    if os.environ.get("PLAYVISOR_UPDATE_SNAPSHOTS"):
        snapshot.write_text(seen, encoding="utf-8")

    assert seen == snapshot.read_text(encoding="utf-8")


def test_every_snapshot_is_of_a_tool():
    assert {path.stem for path in SNAPSHOTS.glob("*.json")} == {tool.name for tool in LISTED}


def test_the_everyday_tools_are_tools():
    assert set(make_offer().names) == set(catalogue.list_everyday())


def test_the_everyday_tools_speak_of_no_others():
    everyday = make_offer()
    others = {tool.name for tool in LISTED} - set(everyday.names)

    named = {
        tool.name: others & set(re.findall(r"[a-z]+_[a-z_]+", json.dumps(mcp_tool(tool).model_dump())))
        for tool in everyday.tools
    }
    assert {name: words for name, words in named.items() if words} == {}


def test_no_everyday_tool_needs_rights_on_everything():
    """The doctor tells how to give a token what they need: no more than to look at everything."""
    needed = {name for tool in OFFERED if tool.name in make_offer().names for name in tool.privileges.get("/", ())}

    assert needed <= {"Sys.Audit"}


@by_name
def test_a_tool_uses_only_options_that_its_module_has(tool):
    documented = read_module_docs(tool.module).options

    assert set(tool.options) | set(tool.fixed) | set(tool.needs_one_of) <= set(documented)
    for option, names in tool.suboptions.items():
        assert set(names) <= set(documented[option]["suboptions"])


@by_name
def test_no_option_of_the_connection_is_exposed(tool):
    fragment = (collection.root() / "plugins/doc_fragments/auth.py").read_text(encoding="utf-8")
    connection = set(re.findall(r"^  (\w+):$", fragment, re.MULTILINE))

    assert "api_token_secret" in connection
    assert not connection & {*tool.options, *tool.fixed}


@by_name
def test_the_playbook_hands_every_option_of_a_tool_to_its_module(tool):
    (play,) = load_yaml(collection.playbook_path(tool.playbook).read_text(encoding="utf-8"))
    task, *others = play["tasks"]
    assert all(other["tags"] == ["print"] for other in others)
    handed = task[tool.action] or {}

    for option in (*tool.options, *tool.fixed, *(["expect_plan"] if tool.writes else [])):
        assert re.search(rf"\bpve_{option}\b", handed[option])


@by_name
def test_nothing_that_a_module_returns_hides_what_every_result_has(tool):
    own = {"run_id", "tool", "status", "summary", "check"}

    assert not own & {*read_module_docs(tool.module).returns, *tool.options}


@by_name
def test_the_example_of_a_tool_is_valid(tool):
    assert validate(tool, tool.example) == []


@by_name
def test_only_tools_that_change_something_can_be_asked_for_a_plan(tool):
    assert ("check" in tool.input_schema["properties"]) == (tool.writes and not tool.only_plans)


def test_the_tools_of_a_server_that_only_reads_change_nothing():
    reading = make_offer(["all"], ["stop_guest"], writes=False).tools

    assert {tool.name for tool in LISTED if not tool.writes} == {tool.name for tool in reading}
    assert all(mcp_tool(tool).annotations.read_only_hint for tool in reading)


@pytest.mark.parametrize(
    ("name", "destructive", "idempotent"),
    [("start_guest", False, True), ("stop_guest", True, True), ("reboot_guest", True, False)],
)
def test_hints_are_true_to_the_effect_of_a_tool(name, destructive, idempotent):
    listed = mcp_tool(catalogue.load()[name])
    hints = listed.annotations
    assert (listed.meta or {}).get("playvisor/effect", "read") == catalogue.load()[name].effect

    assert not hints.read_only_hint
    assert (hints.destructive_hint, bool(hints.idempotent_hint)) == (destructive, idempotent)


def test_schemas_carry_what_the_documentation_says():
    schema = catalogue.load()["stop_guest"].input_schema
    guests = schema["properties"]["guests"]

    assert schema["additionalProperties"] is False
    assert schema["properties"]["vmid"]["minimum"] == 100
    assert schema["properties"]["shutdown_timeout"]["default"] == 180
    assert guests["additionalProperties"] is False
    assert guests["properties"]["type"]["enum"] == ["qemu", "lxc"]
    assert guests["properties"]["vmids"]["items"] == {"type": "integer", "minimum": 100, "maximum": 999999999}


def test_a_module_adds_to_what_a_fragment_says_of_an_option():
    properties = catalogue.load()["check_backups"].input_schema["properties"]

    assert (properties["vmid"]["type"], properties["vmid"]["description"][:4]) == ("integer", "Show")
    assert "tags" in properties["guests"]["properties"]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Together with O(name), the guest", "Together with name, the guest"),
        ("V(true) or C(a (b\\) c)", "true or a (b) c"),
        ("RV(guests[].config) and E(PROXMOX_URL)", "guests.config and PROXMOX_URL"),
        (["One.", "Two\n  lines."], "One. Two lines."),
        ("L(the docs, https://example.com)", "the docs"),
        ("Not markup: IO(x) or f(x)", "Not markup: IO(x) or f(x)"),
        (None, ""),
    ],
)
def test_descriptions_lose_their_markup(markup, text):
    assert strip_markup(markup) == text


def test_the_default_tools_fit_a_models_conversation():
    listed = [mcp_tool(tool).model_dump(by_alias=True, exclude_none=True) for tool in make_offer().tools]
    tokens = len(json.dumps(listed, separators=(",", ":"))) / 4

    assert len(listed) <= 25
    assert tokens <= 6000


@pytest.mark.parametrize(
    ("toolsets", "tools", "first", "size"),
    [
        (["power"], [], "start_guest", 7),
        ([], ["get_guest", "drain_node"], "get_guest", 2),
        (["power"], ["get_guest"], "get_guest", 8),
        (["all"], [], "list_guests", len(LISTED) - 1),
        (["all", "exec"], [], "list_guests", len(LISTED)),
        ([], ["exec_guest"], "exec_guest", 1),
        (["runs"], [], "list_runs", 5),
        (["history"], [], "guest_changes", 3),
        (["undo"], [], "undo_run", 1),
    ],
)
def test_toolsets_and_tools_are_offered_by_name(toolsets, tools, first, size):
    offer = make_offer(toolsets, tools)

    assert (offer.names[0], len(offer.names)) == (first, size)


@pytest.mark.parametrize(("toolsets", "tools"), [(["pwer"], []), ([], ["stop_gest"]), ([], ["check_connection"])])
def test_what_does_not_exist_can_not_be_offered(toolsets, tools):
    with pytest.raises(UsageError, match="There is no tool"):
        make_offer(toolsets, tools)
