"""Realms, and the texts for what is not there."""

from __future__ import annotations

import pytest

from pve_simulator.state.access import ROOT


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"realm": "pve", "type": "ldap"}, "add auth server failed: domain 'pve' already exists"),
        ({"realm": "new", "type": "pam"}, "add auth server failed: unable to create builtin type 'pam'"),
        (
            {"realm": "new", "type": "openid", "issuer-url": "https://x"},
            "add auth server failed: missing value for required option 'client-id'",
        ),
        (
            {"realm": "new", "type": "openid", "issuer-url": "https://x", "client-id": "c", "base_dn": "dc=x"},
            "add auth server failed: unexpected property 'base_dn'",
        ),
    ],
)
def test_realms_that_cannot_be(caller, params, reason):
    assert caller.root("POST", "/access/domains", **params)[:2] == (500, reason)


def test_a_directorys_options_are_read_back_in_order(caller):
    params = {"realm": "dir", "type": "ldap", "server1": "d", "base_dn": "dc=x", "user_attr": "uid"}
    options = {"sync-defaults-options": "scope=both,full=1,enable-new=0"}
    assert caller.root("POST", "/access/domains", **params, **options)[0] == 200

    read = caller.root("GET", "/access/domains/dir")[2]["data"]

    assert read["sync-defaults-options"] == "enable-new=0,remove-vanished=entry;properties,scope=both"


def test_the_default_realm_is_one(caller):
    for name in ("one", "two"):
        params = {"realm": name, "type": "openid", "issuer-url": "https://x", "client-id": "c", "default": 1}
        assert caller.root("POST", "/access/domains", **params)[0] == 200

    realms = caller.root("GET", "/access/domains")[2]["data"]

    assert [realm["realm"] for realm in realms if realm.get("default")] == ["two"]
    assert caller.root("PUT", "/access/domains/one", digest="0" * 40, comment="x")[1].startswith(
        "update auth server failed: detected modified configuration"
    )
    assert caller.root("DELETE", "/access/domains/nosuch")[1] == (
        "delete auth server failed: authentication domain 'nosuch' does not exist"
    )


@pytest.mark.parametrize(
    ("method", "path", "params", "expected"),
    [
        (
            "POST",
            "/access/domains/pve/sync",
            {},
            (500, "Cannot sync realm type 'pve'! Only LDAP/AD realms can be synced."),
        ),
        (
            "POST",
            "/access/openid/auth-url",
            {"realm": "pam", "redirect-url": "x"},
            (500, "wrong realm type (pam != openid)"),
        ),
        ("GET", "/access/domains/nosuch", {}, (500, "domain 'nosuch' does not exist")),
        ("PUT", "/access/domains/pam", {}, (500, "update auth server failed: no options specified")),
        (
            "PUT",
            "/access/roles/PVEAuditor",
            {"privs": ""},
            (500, "auto-generated role 'PVEAuditor' cannot be modified"),
        ),
        ("PUT", "/access/roles/nosuch", {"privs": ""}, (500, "update role failed: role 'nosuch' does not exist")),
        ("DELETE", "/access/roles/nosuch", {}, (500, "delete role failed: role 'nosuch' does not exist")),
        ("GET", "/access/groups/nosuch", {}, (500, "group 'nosuch' does not exist")),
        ("PUT", "/access/groups/nosuch", {}, (500, "update group failed: group 'nosuch' does not exist")),
        ("PUT", "/access/users/nosuch@pve", {}, (500, "no such user ('nosuch@pve')")),
        ("GET", "/access/users/root@pam/token/nosuch", {}, (500, "no such token 'nosuch' for user 'root@pam'")),
        ("GET", "/access/tfa/root@pam/nosuch", {}, (404, "No such tfa entry 'nosuch'")),
    ],
)
def test_what_is_not_there_is_named(caller, method, path, params, expected):
    assert caller.root(method, path, **params)[:2] == expected


def test_no_authority_gives_an_acme_account(caller):
    caller.api.driver.world.cluster.access.users[ROOT].password = "of-root"
    root = caller.login(ROOT, "of-root")
    missing = {"name": "ACME account config file 'main' does not exist."}

    for method in ("GET", "PUT", "DELETE"):
        assert root(method, "/cluster/acme/account/main")[2]["errors"] == missing
    upid = root("POST", "/cluster/acme/account", contact="a@example.org")[2]["data"]
    assert caller.api.run(caller.api.driver.finish(upid)) == "Registration failed!"
    assert caller.root("GET", "/cluster/acme/account/main")[0] == 403
