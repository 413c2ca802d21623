"""Whether a list shows everything, by the rights of who reads it."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._observe.sight import Sight

AUDIT = {"VM.Audit": 1}


@pytest.mark.parametrize(
    ("permissions", "sees"),
    [
        pytest.param({"/": AUDIT}, True, id="everywhere"),
        pytest.param({"/": AUDIT, "/vms": AUDIT}, True, id="on the path"),
        pytest.param({"/": {"VM.Audit": 0}}, False, id="above, but not passed on"),
        pytest.param({"/vms": {"VM.Audit": 0}}, False, id="on the path, but not passed on"),
        pytest.param({"/vms": AUDIT, "/vms/101": {"VM.PowerMgmt": 1}}, False, id="taken away below"),
        pytest.param({"/vms": AUDIT, "/vms/101": {"VM.Audit": 0}}, True, id="given below for itself"),
        pytest.param({"/vms": {"VM.Console": 1}, "/": AUDIT}, False, id="taken away on the path"),
        pytest.param({"/vms/101": AUDIT}, False, id="only below"),
        pytest.param({"/pool/a": AUDIT}, False, id="somewhere else"),
        pytest.param({}, False, id="nothing"),
        pytest.param(None, False, id="not known"),
    ],
)
def test_all_is_seen_with_a_right_on_everything(permissions, sees):
    assert Sight(permissions).sees_all("/vms", ("VM.Audit",)) is sees


@pytest.mark.parametrize(
    ("path", "acl_paths", "sees"),
    [
        ("/vms", ["/vms/101", "/access"], True),
        ("/vms", ["/vms/102"], False),
        ("/vms", ["/vms", "/vmsomething/1"], True),
        ("/vms", ["/pool/a", "/storage/nas"], True),
        ("/vms", ["/pool/b"], False),
        ("/storage", ["/pool/b"], False),
        ("/nodes", ["/pool/b", "/vms/102"], True),
    ],
)
def test_a_path_with_an_entry_on_which_there_is_no_right_hides_something(path, acl_paths, sees):
    permissions = {"/": AUDIT, "/vms/101": AUDIT, "/pool/a": {"Pool.Audit": 1}}

    assert Sight(permissions, acl_paths).sees_all(path, ("VM.Audit",)) is sees


@pytest.mark.parametrize(
    ("permissions", "has"),
    [
        ({"/": {"Sys.Audit": 0}}, True),
        ({"/": {"Sys.Audit": 1}, "/vms/101": {"VM.Audit": 1}}, True),
        ({"/": {"VM.Audit": 1}}, False),
        ({}, False),
    ],
)
def test_a_right_on_one_path_need_not_be_passed_on(permissions, has):
    assert Sight(permissions).has("/", ("Sys.Audit", "Sys.Modify")) is has
