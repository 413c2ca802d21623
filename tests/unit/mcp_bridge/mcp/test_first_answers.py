"""Which command lines say by themselves what a server offers, and that nothing slow is imported to tell."""

from __future__ import annotations

import subprocess
import sys

import mcp_types.version
import pytest

from mcp_bridge.mcp.first_answers import VERSIONS, make_first_answers


def test_the_versions_are_those_of_the_sdk():
    assert VERSIONS == mcp_types.version.HANDSHAKE_PROTOCOL_VERSIONS


@pytest.mark.parametrize(
    ("arguments", "mode", "tool"),
    [
        ((), "check", "start_guest"),
        (("mcp",), "check", "start_guest"),
        (("--profile", "lab", "mcp", "--mode", "apply", "--no-elicitation"), "apply", "apply_plan"),
        (("mcp", "--mode=apply", "--read-only", "--toolsets=all"), "read", "list_ha"),
        (("mcp", "--transport", "stdio", "--tools", "list_ha, get_guest"), "check", "list_ha"),
    ],
)
def test_a_command_line_says_what_is_offered(monkeypatch, arguments, mode, tool):
    monkeypatch.setenv("PLAYVISOR_MODE", "check")
    answers = make_first_answers(arguments)

    assert answers.mode == mode
    assert tool in [described["name"] for described in answers.find("tools/list", {}, VERSIONS[-1])["tools"]]
    assert answers.find("initialize", {}, VERSIONS[0])["protocolVersion"] == VERSIONS[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ("mcp", "install", "cursor"),
        ("mcp", "--transport=http"),
        ("mcp", "--tools", "nosuch"),
        ("mcp", "--mode", "Apply"),
        ("mcp", "--port", "1"),
    ],
)
def test_what_only_the_command_can_tell_is_left_to_it(arguments):
    assert make_first_answers(arguments) is None


@pytest.mark.parametrize(
    ("method", "params", "version"),
    [
        ("tools/list", {}, "2026-07-28"),
        ("tools/list", {"cursor": "x"}, VERSIONS[-1]),
        ("tools/call", {}, VERSIONS[-1]),
        ("initialize", {}, "2030-01-01"),
    ],
)
def test_what_only_the_server_can_answer_is_left_to_it(method, params, version):
    assert make_first_answers(("mcp",)).find(method, params, version) is None


def test_neither_the_sdk_nor_the_settings_are_imported():
    program = """
import sys
from mcp_bridge.mcp.first_answers import make_first_answers
make_first_answers(("mcp", "--mode", "apply")).find("initialize", {}, "2025-06-18")
print(sorted({"mcp", "mcp_types", "pydantic", "sqlalchemy", "ansible", "mcp_bridge.settings"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("[]\n", "")
