"""The doctor's commands, run on a simulated cluster: who had them run lacks nothing, and lost nothing."""

from __future__ import annotations

import re
import shlex
from itertools import count

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.connection import Connection
from ansible_collections.playvisor.proxmox.plugins.modules.pve_connection_info import gather

from mcp_bridge import catalogue
from mcp_bridge.catalogue.privileges import check_usability, make_grant_commands
from playvisor.cli.doctor import _check_privileges, _describe_holder
from pve_simulator import Simulator, build_cluster
from pve_simulator.requests.privileges import privileges
from pve_simulator.state.access import AclEntry, Role, Token, User

SECRET = "0d8a4c1e-0f5e-4b52-9c0e-3c3f0a4d7b11"
TOOLS = {
    toolset: [tool for tool in catalogue.list_offered() if tool.toolset == toolset]
    for toolset in sorted({tool.toolset for tool in catalogue.list_offered()})
}
NUMBERS = count(1)


@pytest.fixture(scope="module")
def simulator():
    with Simulator(build_cluster(nodes=1, guests=2), port=0, task_seconds=0.0) as running:
        # Somebody has followed this advice before.
        running.cluster.access.roles["Playvisor2"] = Role(privileges=["VM.Audit"])
        yield running


def connect(simulator, user, token_id, secret):
    pinned = simulator.fingerprint.replace(":", "").lower()
    return Client(
        Connection(
            host=simulator.host,
            port=simulator.port,
            user=user,
            token_id=token_id,
            token_secret=secret,
            fingerprint=pinned,
        )
    )


@pytest.fixture
def somebody(simulator):
    """`somebody(is_separated, user_roles, token_roles)`: a user with a token, and what both have, by path."""

    def make(is_separated, user_roles, token_roles=None):
        user = f"aud{next(NUMBERS)}@pve"
        access = simulator.cluster.access
        access.users[user] = User(tokens={"ai": Token(secret=SECRET, privsep=is_separated)})
        access.acl += [AclEntry(path, "user", user, role) for path, role in user_roles.items()]
        access.acl += [AclEntry(path, "token", f"{user}!ai", role) for path, role in (token_roles or {}).items()]
        return user

    return make


def ask(simulator, user):
    return _describe_holder(gather(connect(simulator, user, "ai", SECRET), {}))


def run_commands(simulator, commands):
    """Run lines of `pveum` as the API calls that they are."""
    root = connect(simulator, simulator.user, simulator.token_id, simulator.token_secret)
    for command in commands:
        words = shlex.split(command)
        options = {word.removeprefix("--"): words[at + 1] for at, word in enumerate(words) if word.startswith("--")}
        match words[:3]:
            case ["pveum", "role", "add"]:
                root.request("POST", "/access/roles", {"roleid": words[3], **options})
            case ["pveum", "acl", "modify"]:
                root.request("PUT", "/access/acl", {"path": words[3], **options})
            case _:
                raise AssertionError(command)


@pytest.mark.parametrize("is_separated", [True, False], ids=["separated", "as its user"])
@pytest.mark.parametrize("toolset", TOOLS)
def test_who_follows_the_advice_may_use_the_toolset_and_keeps_what_there_was(
    simulator, somebody, toolset, is_separated
):
    tools, auditor = TOOLS[toolset], {"/": "PVEAuditor"}
    user = somebody(is_separated, auditor, auditor if is_separated else None)
    before = ask(simulator, user)

    commands = make_grant_commands(tools, before)
    run_commands(simulator, commands)

    assert before.sees_all_of_it
    after = ask(simulator, user)
    assert {check_usability(tool, after.permissions).usable for tool in tools} == {"yes"}
    assert make_grant_commands(tools, after) == []
    assert {path: set(names) - set(after.permissions[path]) for path, names in before.permissions.items()} == {
        path: set() for path in before.permissions
    }
    assert any("--tokens" in command for command in commands) == (is_separated and bool(commands))


OWN = {
    "a user with more than its token": ({"/": "PVEAdmin"}, {"/": "PVEAuditor"}),
    "a token with more than its user": ({"/": "PVEAuditor"}, {"/": "PVEAdmin"}),
    "a user with roles on paths": (
        {"/": "PVEAuditor", "/vms": "PVEVMUser"},
        {"/": "PVEAuditor", "/storage": "PVEAdmin"},
    ),
    "a token that was given nothing": ({"/": "PVEAuditor"}, {}),
    "nobody": ({}, {}),
}


@pytest.mark.parametrize(("user_roles", "token_roles"), OWN.values(), ids=OWN)
def test_the_doctor_is_content_after_its_own_advice(simulator, somebody, user_roles, token_roles):
    tools = [catalogue.load()[name] for name in catalogue.list_everyday() if name in catalogue.load()]
    user = somebody(True, user_roles, token_roles)

    def examine():
        holder = ask(simulator, user)
        return _check_privileges([check_usability(tool, holder.permissions) for tool in tools], holder)

    first = examine()
    run_commands(simulator, [line for line in first.fix if line.startswith("pveum")])

    assert (first.state, examine().state) == ("warning", "ok")


def test_a_user_with_more_than_its_token_keeps_it(simulator, somebody):
    user = somebody(True, {"/": "PVEAdmin"}, {"/": "PVEAuditor"})

    commands = make_grant_commands(TOOLS["power"], ask(simulator, user))

    assert not any("--users" in command for command in commands)
    run_commands(simulator, commands)
    assert "VM.Allocate" in privileges(simulator.cluster, user, "/vms")


def test_the_names_of_roles_are_free(simulator, somebody):
    user = somebody(False, {"/": "PVEAuditor"})

    commands = make_grant_commands([*TOOLS["power"], *TOOLS["content"]], ask(simulator, user))

    names = [match[1] for command in commands if (match := re.match(r"pveum role add (\w+)", command))]
    assert len(names) == len(set(names)) >= 2
    assert not {*names} & {*simulator.cluster.access.roles}


def test_a_token_that_sees_nothing_is_told_about_privilege_separation(simulator, somebody):
    user = somebody(True, {"/": "PVEAdmin"})
    holder = ask(simulator, user)

    check = _check_privileges([check_usability(tool, holder.permissions) for tool in TOOLS["observe"]], holder)

    assert check.state == "warning"
    assert "sees nothing" in check.found
    assert "privilege separation" in check.found
    warned = next(number for number, line in enumerate(check.fix) if line.startswith("Only if that is not enough"))
    assert all("--users" not in line for line in check.fix[:warned])
    assert any("--tokens" in line for line in check.fix[:warned])
