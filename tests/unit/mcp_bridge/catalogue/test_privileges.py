"""Which tools some privileges suffice for."""

from __future__ import annotations

import pytest

from mcp_bridge import catalogue
from mcp_bridge.catalogue.privileges import Holder, check_usability, make_grant_commands

STOP = catalogue.load()["stop_guest"]
OVERVIEW = catalogue.load()["cluster_overview"]


@pytest.mark.parametrize(
    ("permissions", "usable", "missing"),
    [
        ({"/": ["VM.Audit", "VM.PowerMgmt"]}, "yes", {}),
        ({"/vms": ["VM.Audit", "VM.PowerMgmt"]}, "yes", {}),
        # A path of its own hides what stands above it.
        ({"/": ["VM.Audit", "VM.PowerMgmt"], "/vms": ["VM.Audit"]}, "no", {"/vms": ["VM.PowerMgmt"]}),
        ({"/vms": ["VM.Audit"], "/vms/101": ["VM.Audit", "VM.PowerMgmt"]}, "partly", {"/vms": ["VM.PowerMgmt"]}),
        ({"/pool/web": ["VM.Audit", "VM.PowerMgmt"]}, "partly", {"/vms": ["VM.Audit", "VM.PowerMgmt"]}),
        ({"/vmsx": ["VM.Audit", "VM.PowerMgmt"]}, "no", {"/vms": ["VM.Audit", "VM.PowerMgmt"]}),
        ({}, "no", {"/vms": ["VM.Audit", "VM.PowerMgmt"]}),
    ],
)
def test_a_tool_is_usable_where_its_privileges_are(permissions, usable, missing):
    found = check_usability(STOP, permissions)

    assert (found.usable, found.missing) == (usable, missing)


def hold(permissions, user_permissions=None, *, is_separated=True, roles=()):
    user_permissions = permissions if user_permissions is None else user_permissions
    return Holder("ops@pve", "ai", permissions, is_separated, user_permissions, roles)


def test_the_remedy_grants_what_is_missing_and_what_was_there_to_user_and_token():
    assert make_grant_commands([STOP, OVERVIEW], hold({"/": ["Sys.Audit", "VM.Audit"]}, roles=["Playvisor2"])) == [
        'pveum role add Playvisor1 --privs "Datastore.Audit Sys.Audit VM.Audit"',
        "pveum acl modify /storage --users ops@pve --roles Playvisor1",
        "pveum acl modify /storage --tokens 'ops@pve!ai' --roles Playvisor1",
        'pveum role add Playvisor3 --privs "Sys.Audit VM.Audit VM.PowerMgmt"',
        "pveum acl modify /vms --users ops@pve --roles Playvisor3",
        "pveum acl modify /vms --tokens 'ops@pve!ai' --roles Playvisor3",
    ]


def test_a_token_without_privilege_separation_is_given_nothing_itself():
    commands = make_grant_commands([STOP], hold({"/": ["VM.Audit"]}, is_separated=False))

    assert commands == [
        'pveum role add Playvisor1 --privs "VM.Audit VM.PowerMgmt"',
        "pveum acl modify /vms --users ops@pve --roles Playvisor1",
    ]


def test_a_user_that_has_it_already_is_given_nothing():
    commands = make_grant_commands([STOP], hold({"/": ["VM.Audit"]}, {"/": ["VM.Audit", "VM.PowerMgmt", "VM.Clone"]}))

    assert commands == [
        'pveum role add Playvisor1 --privs "VM.Audit VM.PowerMgmt"',
        "pveum acl modify /vms --tokens 'ops@pve!ai' --roles Playvisor1",
    ]


def test_what_a_user_has_is_asked_for_where_it_can_not_be_read():
    commands = make_grant_commands([STOP], Holder("ops@pve", "ai", {}, None, None, ()))

    assert "pveum user permissions ops@pve" in commands[0]
    assert [command.split()[4] for command in commands[2:]] == ["--users", "--tokens"]


def test_nothing_missing_needs_no_remedy():
    assert make_grant_commands([STOP], hold({"/": ["VM.Audit", "VM.PowerMgmt"]})) == []
