"""Users, groups, roles, rules and tokens as callers with few privileges meet them."""

from __future__ import annotations

import pytest

from pve_simulator.state.access import ROOT


def grant(caller, path, role, **who):
    assert caller.root("PUT", "/access/acl", path=path, roles=role, **(who or {"users": "ann@pve"}))[0] == 200


def test_a_token_is_shown_with_its_secret_once_and_regenerating_replaces_it(caller, ann):
    data = caller.root("PUT", "/access/users/ann@pve/token/tok", regenerate=1, comment="new")[2]["data"]

    assert (data["comment"], data["full-tokenid"]) == ("new", "ann@pve!tok")
    assert ann("GET", "/version")[:2] == (401, "Authentication failed!")
    assert "value" not in caller.root("GET", "/access/users/ann@pve/token/tok")[2]["data"]


def test_options_of_a_token_come_back_as_text(caller, ann):
    body = caller.root("POST", "/access/users/ann@pve/token/other", privsep=0, expire=99)[2]

    assert body["data"]["info"] == {"privsep": "0", "expire": "99"}
    assert caller.root("GET", "/access/users/ann@pve/token/other")[2]["data"] == {"privsep": 0, "expire": 99}


def test_a_separated_token_has_what_both_it_and_its_user_have(caller, ann):
    separated = caller.token("ann@pve", "sep")
    grant(caller, "/vms/101", "PVEVMUser", tokens="ann@pve!sep")
    assert separated("GET", "/nodes/pve1/qemu/101/config")[0] == 403

    grant(caller, "/", "PVEAuditor")

    assert separated("GET", "/nodes/pve1/qemu/101/config")[0] == 200
    assert separated("POST", "/nodes/pve1/qemu/101/status/stop")[1] == (
        "Permission check failed (/vms/101, VM.PowerMgmt)"
    )
    assert separated("GET", "/access/permissions")[2]["data"] == {"/vms/101": {"VM.Audit": 1, "VM.GuestAgent.Audit": 1}}


def test_a_rule_that_does_not_propagate_shows_as_such(caller, ann):
    grant(caller, "/vms", "PVETemplateUser", users="ann@pve", propagate=0)

    assert ann("GET", "/access/permissions")[2]["data"] == {"/vms": {"VM.Audit": 0, "VM.Clone": 0}}
    assert ann("GET", "/access/permissions", path="/vms/101")[2]["data"] == {"/vms/101": {}}


def test_a_pool_gives_privileges_on_its_members(caller, ann):
    grant(caller, "/pool/front", "PVEVMUser")

    assert "VM.PowerMgmt" in ann("GET", "/access/permissions")[2]["data"]["/vms/101"]
    assert [guest["vmid"] for guest in ann("GET", "/nodes/pve1/qemu")[2]["data"]] == [101]


def test_no_access_in_a_pool_goes_before_what_a_path_gives(caller, ann):
    grant(caller, "/vms", "PVEVMUser")
    grant(caller, "/pool/front", "NoAccess")

    assert [guest["vmid"] for guest in ann("GET", "/nodes/pve1/qemu")[2]["data"] if guest["vmid"] == 101] == []


def test_permissions_of_others_are_for_auditors(caller, ann):
    caller.root("POST", "/access/users", userid="bob@pve")

    assert ann("GET", "/access/permissions", userid="bob@pve")[1] == "Permission check failed (/access, Sys.Audit)"


def test_who_may_allocate_guests_hands_out_no_more_than_they_have(caller, ann):
    caller.root("POST", "/access/roles", roleid="alloc", privs="VM.Allocate,VM.Audit")
    grant(caller, "/vms/101", "alloc")

    assert ann("PUT", "/access/acl", path="/vms/101", users="ann@pve", roles="alloc")[0] == 200
    status, reason, body = ann("PUT", "/access/acl", path="/vms/101", users="ann@pve", roles="PVEVMUser")
    assert (status, reason) == (500, "ACL update failed: 400 Parameter verification failed.")
    assert body["message"].endswith(
        "role: Cannot add role 'PVEVMUser' - requires 'Permissions.Modify' or superset of privileges.\n"
    )
    assert ann("PUT", "/access/acl", path="/vms/102", users="ann@pve", roles="alloc")[1] == (
        "Permission check failed (/vms/102, Permissions.Modify|VM.Allocate)"
    )


def test_one_unknown_name_leaves_all_rules_as_they_were(caller, ann):
    reply = caller.root("PUT", "/access/acl", path="/vms", users="ann@pve,nosuch@pve", roles="PVEAuditor")

    assert reply[1] == "ACL update failed: user 'nosuch@pve' does not exist"
    assert caller.root("GET", "/access/acl")[2]["data"] == []


@pytest.mark.parametrize(
    ("path", "good"),
    [
        ("/", True),
        ("/vms/100", True),
        ("/vms/99", False),
        ("/pool/a/b/c", True),
        ("/pool/a/b/c/d", False),
        ("/sdn/zones/z/v/12", True),
        ("/mapping/pci/x", True),
        ("/access/users", False),
        ("bogus", False),
        ("nodes//pve1/", True),
    ],
)
def test_rules_are_for_paths_that_exist(caller, ann, path, good):
    assert (caller.root("PUT", "/access/acl", path=path, users="ann@pve", roles="PVEAuditor")[0] == 200) is good


def test_a_deleted_role_user_or_group_takes_its_rules_with_it(caller, ann):
    caller.root("POST", "/access/groups", groupid="ops")
    caller.root("POST", "/access/roles", roleid="own", privs="VM.Audit")
    grant(caller, "/vms", "own")
    grant(caller, "/vms", "PVEAuditor", groups="ops")
    grant(caller, "/nodes", "PVEAuditor", tokens="ann@pve!tok")

    def rules():
        return [rule["ugid"] for rule in caller.root("GET", "/access/acl")[2]["data"]]

    caller.root("DELETE", "/access/roles/own")
    assert sorted(rules()) == ["ann@pve!tok", "ops"]
    caller.root("DELETE", "/access/users/ann@pve")
    assert rules() == ["ops"]
    caller.root("DELETE", "/access/groups/ops")
    assert rules() == []


def test_group_lists_replace_or_append(caller, ann):
    for group in ("ops", "dev"):
        caller.root("POST", "/access/groups", groupid=group)

    caller.root("PUT", "/access/users/ann@pve", groups="ops")
    caller.root("PUT", "/access/users/ann@pve", groups="dev", append=1)
    assert caller.root("GET", "/access/users/ann@pve")[2]["data"]["groups"] == ["dev", "ops"]
    caller.root("PUT", "/access/users/ann@pve", groups="dev")
    assert caller.root("GET", "/access/groups/ops")[2]["data"] == {"members": []}
    reply = caller.root("PUT", "/access/users/ann@pve", groups="nosuch")
    assert reply[1] == "update user failed: no such group 'nosuch'"


def test_someone_who_manages_a_group_makes_users_in_it_only(caller, ann):
    caller.root("POST", "/access/groups", groupid="ops")
    grant(caller, "/access/groups/ops", "PVEUserAdmin")
    grant(caller, "/access/realm/pve", "PVEUserAdmin")

    assert ann("POST", "/access/users", userid="new@pve", groups="ops")[0] == 200
    assert ann("POST", "/access/users", userid="new2@pve")[1] == "Permission check failed (/access/groups, User.Modify)"
    assert ann("POST", "/access/users", userid="new@pam", groups="ops")[1] == (
        "Permission check failed (/access/realm/pam, Realm.AllocateUser)"
    )
    assert [user["userid"] for user in ann("GET", "/access/users")[2]["data"]] == ["new@pve"]
    assert ann("DELETE", "/access/users/new@pve")[0] == 200
    assert ann("DELETE", "/access/users/root@pam")[0] == 403


def test_deleting_root_takes_only_its_tokens(caller, ann):
    caller.root("DELETE", f"/access/users/{ROOT}")

    root = caller.api.driver.world.cluster.access.users[ROOT]
    assert (root.enable, root.tokens) == (True, {})
