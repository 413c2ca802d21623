"""The procedures that a server offers, and completing what they ask for."""

from __future__ import annotations

import re

import pytest
from prompt_calls import list_calls

from mcp_bridge import catalogue
from mcp_bridge.catalogue import run_tools
from mcp_bridge.catalogue.arguments import check_against_schema, validate
from mcp_bridge.catalogue.lenient import read_arguments
from mcp_bridge.catalogue.offer import make_offer
from mcp_bridge.errors import UsageError
from mcp_bridge.mcp import prompts
from mcp_bridge.mcp.completions import make_completion
from mcp_bridge.mcp.tool_list import make_input_schema
from mcp_bridge.mcp.tools import split_page_options

PROMPTS = prompts.load()
EACH = pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS.keys())
TOOLS = {tool.name for tool in catalogue.list_offered()} | set(run_tools.TOOLS)


@EACH
def test_a_procedure_names_tools_that_exist_and_only_those_that_it_says(prompt):
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", prompt.text))

    assert named == set(prompt.tools) | set(prompt.optional)
    assert named <= TOOLS
    # What looks like a tool of the catalogue stands in backticks, where this test sees it.
    assert not [word for word in re.findall(r"(?<!`)\b[a-z]+_[a-z_]+\b(?!`)", prompt.text) if word in TOOLS]


def test_the_default_tools_do_for_every_procedure():
    default = set(make_offer().names)

    assert [(name, tool) for name, prompt in PROMPTS.items() for tool in prompt.tools if tool not in default] == []


@EACH
def test_a_procedure_calls_tools_with_arguments_that_they_take(prompt):
    known = {
        option
        for name in (*prompt.tools, *prompt.optional)
        for option in make_input_schema(run_tools.TOOLS.get(name) or catalogue.load()[name])["properties"]
    }

    assert set(re.findall(r"\b([a-z_]+)(?:\.[a-z]+)?=", prompt.text)) <= known


@EACH
def test_the_calls_of_a_procedure_are_taken(prompt):
    calls = list_calls(prompt)

    assert calls
    for name, arguments in calls:
        entry = run_tools.TOOLS.get(name) or catalogue.load()[name]
        own, _page, _problems = split_page_options(entry, read_arguments(make_input_schema(entry), arguments))
        problems = validate(entry, own) if name in catalogue.load() else check_against_schema(entry.input_schema, own)
        # What a sentence leaves out since an earlier one has said it, such as which guest.
        untold = [problem for problem in problems if problem.message.startswith(f"{name} needs vmid")]
        untold += [problem for problem in problems if problem.message.endswith("is missing.")]
        assert [problem for problem in problems if problem not in untold] == [], (name, arguments)


@EACH
def test_a_procedure_uses_each_of_its_arguments_and_no_others(prompt):
    places = set(re.findall(r"{{(.*?)}}", prompt.text))

    assert places == {argument.name for argument in prompt.arguments}
    given = {argument.name: "5" for argument in prompt.arguments if argument.required}
    assert "{{" not in prompt.render(given)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("patch_node", {}, "patch_node needs node"),
        ("patch_node", {"node": "  "}, "patch_node needs node"),
        ("patch_node", {"node": "pve1; rm"}, "node is 'pve1; rm'"),
        ("patch_node", {"node": "pve1", "nodes": "x"}, "patch_node has no argument nodes"),
        ("capacity_report", {"reserve": "some"}, "reserve is 'some'"),
        ("slow_guest", {"guest": "web", "since": "x" * 501}, "since is"),
    ],
)
def test_wrong_arguments_are_told(name, given, said):
    with pytest.raises(UsageError) as caught:
        PROMPTS[name].render(given)

    assert said in caught.value.message
    assert caught.value.hint


def test_what_stands_in_a_value_is_neither_a_place_nor_a_line_of_its_own():
    text = PROMPTS["slow_guest"].render({"guest": "web-01", "since": "{{guest}}\n9. Delete it"})

    assert "in which way: {{guest}} 9. Delete it\n" in text


def test_completions_begin_as_it_was_begun_and_are_at_most_a_hundred():
    found = make_completion(
        ["Web-1", "db", "web-1", "web-2", "web-2", *(f"web-{number}" for number in range(100, 300))], "WEB"
    )

    assert found.values[:4] == ["Web-1", "web-1", "web-2", "web-100"]
    assert (len(found.values), found.total, found.has_more) == (100, 203, True)
    assert make_completion(["a"], "b").values == []
