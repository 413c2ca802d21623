"""What of other askers' runs a client may see."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from rows import make_row

from mcp_bridge.auth.caller import Caller, make_local_client, make_person
from mcp_bridge.run.visibility import HIDDEN, may_see_contents, may_see_plan, show_arguments

ARGUMENTS = {"vmid": 101, "command": ["passwd", "root"]}
CI = Caller("token:ci", label="claude", proof="token")


def row(tool="exec_guest", asker="token:ci", kind="client"):
    # The name that a client gives itself is no part of it.
    return make_row(tool=tool, arguments=ARGUMENTS, client_name="claude", asker=asker, asker_kind=kind)


@pytest.mark.parametrize(
    ("of", "caller", "visible"),
    [
        (row(), CI, True),
        (row(asker="token:other"), CI, False),
        (row(kind="person"), CI, False),
        (row(asker=None, kind=None), CI, False),
        (row(), make_local_client("claude"), False),
        (row(), make_person("claude"), True),
        (row("stop_guest", asker="token:other"), CI, True),
        (row("no_such_tool", asker="token:other"), CI, True),
    ],
)
def test_commands_in_guests_are_between_the_asker_and_the_guest(of, caller, visible):
    assert may_see_contents(of, caller) is visible
    assert show_arguments(of, caller) == (ARGUMENTS if visible else HIDDEN)


def test_a_plan_to_run_something_is_its_askers():
    plan = SimpleNamespace(tool="exec_guest", asker="token:ci", asker_kind="client")

    assert may_see_plan(plan, CI)
    assert not may_see_plan(plan, Caller("token:other", proof="token"))
    assert may_see_plan(plan, make_person("playvisor-cli"))
