"""Which tools some privileges suffice for."""

from __future__ import annotations

import pytest

from mcp_bridge import catalogue
from mcp_bridge.catalogue.privileges import check_usability, make_grant_commands

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


def test_the_remedy_grants_what_is_missing_to_user_and_token():
    standings = [
        check_usability(STOP, {"/vms": ["VM.Audit"]}),
        check_usability(OVERVIEW, {"/": ["Sys.Audit", "VM.Audit"]}),
    ]

    assert make_grant_commands(standings, "ops@pve", "ai") == [
        'pveum role add Playvisor1 --privs "Datastore.Audit"',
        "pveum acl modify /storage --users ops@pve --roles Playvisor1",
        "pveum acl modify /storage --tokens 'ops@pve!ai' --roles Playvisor1",
        'pveum role add Playvisor2 --privs "VM.PowerMgmt"',
        "pveum acl modify /vms --users ops@pve --roles Playvisor2",
        "pveum acl modify /vms --tokens 'ops@pve!ai' --roles Playvisor2",
    ]


def test_nothing_missing_needs_no_remedy():
    assert make_grant_commands([check_usability(STOP, {"/": ["VM.Audit", "VM.PowerMgmt"]})], "ops@pve", None) == []
