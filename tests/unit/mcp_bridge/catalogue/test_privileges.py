"""Which tools some privileges suffice for."""

from __future__ import annotations

import pytest

from mcp_bridge import catalogue
from mcp_bridge.catalogue.privileges import Holder, check_usability, make_grant_commands, make_permissions

STOP = catalogue.load()["stop_guest"]
OVERVIEW = catalogue.load()["cluster_overview"]
EVERYWHERE = ("/", "/nodes", "/storage", "/vms")
LIST_ACCESS = catalogue.load()["list_access"]


@pytest.mark.parametrize(
    ("permissions", "usable", "missing"),
    [
        ({"/": [], "/vms": ["VM.Audit", "VM.PowerMgmt"]}, "yes", {}),
        ({"/vms": ["VM.Audit", "VM.PowerMgmt"]}, "yes", {}),
        # A path of its own hides what stands above it.
        ({"/": ["VM.Audit", "VM.PowerMgmt"], "/vms": ["VM.Audit"]}, "no", {"/vms": ["VM.PowerMgmt"]}),
        ({"/vms": ["VM.Audit"], "/vms/101": ["VM.Audit", "VM.PowerMgmt"]}, "partly", {"/vms": ["VM.PowerMgmt"]}),
        ({"/pool/web": ["VM.Audit", "VM.PowerMgmt"]}, "partly", {"/vms": ["VM.Audit", "VM.PowerMgmt"]}),
        ({"/vmsx": ["VM.Audit", "VM.PowerMgmt"]}, "no", {"/vms": ["VM.Audit", "VM.PowerMgmt"]}),
        # Proxmox VE tells of /vms always: there is nothing, by the role NoAccess say.
        ({"/": ["VM.Audit", "VM.PowerMgmt"]}, "no", {"/vms": ["VM.Audit", "VM.PowerMgmt"]}),
        ({}, "no", {"/vms": ["VM.Audit", "VM.PowerMgmt"]}),
    ],
)
def test_a_tool_is_usable_where_its_privileges_are(permissions, usable, missing):
    found = check_usability(STOP, make_permissions(permissions, {}))

    assert (found.usable, found.missing) == (usable, missing)


@pytest.mark.parametrize(
    ("tool", "path", "unpropagated", "usable"),
    [
        (STOP, "/vms", [], "yes"),
        # What holds on the path alone holds on no guest.
        (STOP, "/vms", ["VM.Audit", "VM.PowerMgmt"], "no"),
        (STOP, "/vms", ["VM.PowerMgmt"], "no"),
        # The cluster's own things are on the path itself.
        (LIST_ACCESS, "/", ["Sys.Audit"], "yes"),
    ],
)
def test_what_does_not_propagate_holds_on_its_path_alone(tool, path, unpropagated, usable):
    held = {path: ["VM.Audit", "VM.PowerMgmt", "Sys.Audit"]}

    assert check_usability(tool, make_permissions(held, {path: unpropagated})).usable == usable


def hold(privileges, users_privileges=None, *, unpropagated=None, is_separated=True, roles=()):
    """Who holds this at the top, and so on everything below."""
    permissions, users = (
        make_permissions(dict.fromkeys(EVERYWHERE, found), dict.fromkeys(EVERYWHERE[1:], unpropagated or []))
        for found in (privileges, privileges if users_privileges is None else users_privileges)
    )
    return Holder("ops@pve", "ai", permissions, is_separated, users, roles)


def test_the_remedy_grants_what_is_missing_and_what_was_there_to_user_and_token():
    assert make_grant_commands([STOP, OVERVIEW], hold(["Sys.Audit", "VM.Audit"], roles=["Playvisor2"])) == [
        'pveum role add Playvisor1 --privs "Datastore.Audit Sys.Audit VM.Audit"',
        "pveum acl modify /storage --tokens 'ops@pve!ai' --roles Playvisor1",
        'pveum role add Playvisor3 --privs "Sys.Audit VM.Audit VM.PowerMgmt"',
        "pveum acl modify /vms --tokens 'ops@pve!ai' --roles Playvisor3",
        "pveum acl modify /storage --users ops@pve --roles Playvisor1",
        "pveum acl modify /vms --users ops@pve --roles Playvisor3",
    ]


def test_a_token_without_privilege_separation_is_given_nothing_itself():
    commands = make_grant_commands([STOP], hold(["VM.Audit"], is_separated=False))

    assert commands == [
        'pveum role add Playvisor1 --privs "VM.Audit VM.PowerMgmt"',
        "pveum acl modify /vms --users ops@pve --roles Playvisor1",
    ]


def test_a_user_that_has_it_already_is_given_nothing():
    commands = make_grant_commands([STOP], hold(["VM.Audit"], ["VM.Audit", "VM.PowerMgmt", "VM.Clone"]))

    assert commands == [
        'pveum role add Playvisor1 --privs "VM.Audit VM.PowerMgmt"',
        "pveum acl modify /vms --tokens 'ops@pve!ai' --roles Playvisor1",
    ]


def test_a_user_whose_rights_can_not_be_read_is_given_some_last_and_after_a_look_at_them():
    made, to_token, warning, to_user = make_grant_commands([STOP], Holder("ops@pve", "ai", {}, None, None, ()))

    assert made.startswith("pveum role add")
    assert "--tokens" in to_token
    assert warning.startswith("Only if that is not enough")
    assert "pveum user permissions ops@pve" in warning
    assert "--users" in to_user


def test_nothing_missing_needs_no_remedy():
    assert make_grant_commands([STOP], hold(["VM.Audit", "VM.PowerMgmt"])) == []


def test_what_is_on_a_path_alone_is_granted_for_what_is_below_it():
    commands = make_grant_commands([STOP], hold(["VM.Audit", "VM.PowerMgmt"], unpropagated=["VM.PowerMgmt"]))

    assert commands[0] == 'pveum role add Playvisor1 --privs "VM.Audit VM.PowerMgmt"'
