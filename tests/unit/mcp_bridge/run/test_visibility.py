"""What of other askers' runs a client may see."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from mcp_bridge.auth.caller import Caller, make_local_client, make_person
from mcp_bridge.run.visibility import HIDDEN, may_see_contents, may_see_plan, show_arguments

ARGUMENTS = {"vmid": 101, "command": ["passwd", "root"]}
CLAUDE = make_local_client("claude")
CURSOR = make_local_client("cursor")


def row(tool="exec_guest", **columns):
    return SimpleNamespace(
        tool=tool, arguments=ARGUMENTS, client_name="claude", local_user=CLAUDE.local_user, **columns
    )


@pytest.mark.parametrize(
    ("tool", "caller", "visible"),
    [
        ("exec_guest", CLAUDE, True),
        ("exec_guest", CURSOR, False),
        ("exec_guest", make_person("cursor"), True),
        ("exec_guest", Caller("token:ci", label="claude", proof="token"), False),
        ("stop_guest", CURSOR, True),
        ("no_such_tool", CURSOR, True),
    ],
)
def test_commands_in_guests_are_between_the_asker_and_the_guest(tool, caller, visible):
    assert may_see_contents(row(tool), caller) is visible
    assert show_arguments(row(tool), caller) == (ARGUMENTS if visible else HIDDEN)


@pytest.mark.parametrize(
    ("asker", "kind", "visible"),
    [("token:ci", "client", True), ("token:ci", "person", False), ("token:other", "client", False)],
)
def test_a_proven_asker_counts_more_than_a_name(asker, kind, visible):
    caller = Caller("token:ci", label="claude", proof="token")

    assert may_see_contents(row(asker=asker, asker_kind=kind), caller) is visible


def test_a_plan_to_run_something_is_its_askers():
    plan = SimpleNamespace(tool="exec_guest", asker="token:ci")

    assert may_see_plan(plan, Caller("token:ci", proof="token"))
    assert not may_see_plan(plan, Caller("token:other", proof="token"))
    assert may_see_plan(plan, make_person("playvisor-cli"))
