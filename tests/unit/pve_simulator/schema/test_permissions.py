"""Permission rules, as tables of (who, rule, parameters)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pytest

from pve_simulator.schema import (
    PRIVILEGES,
    ROLES,
    PermissionCheckError,
    PermissionDenied,
    check_permissions,
    normalize_path,
)
from pve_simulator.schema.model import Endpoint, Schema


class Person:
    """A subject with the privileges of a table; paths that are not in it have none."""

    def __init__(
        self,
        userid: str = "joe@pve",
        granted: Mapping[str, Collection[str]] | None = None,
        groups: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self.userid = userid
        self._granted = granted or {}
        self._groups = groups or {}

    @property
    def is_root_password_login(self) -> bool:
        return self.userid == "root@pam"

    def privileges(self, path: str) -> Collection[str]:
        return self._granted.get(path, ())

    def user_exists(self, userid: str) -> bool:
        return userid in ("joe@pve", "ann@pve", "root@pam")

    def group_members(self) -> Mapping[str, Collection[str]]:
        return self._groups


def _endpoint(permissions: dict[str, Any] | None) -> Endpoint:
    return Endpoint("POST", "/x", Schema(), permissions, False, None, True, None)


def _refusal(rule: dict[str, Any] | None, subject: Person, params: dict[str, Any] | None = None) -> str | None:
    try:
        check_permissions(_endpoint(rule), params or {}, subject)
    except PermissionDenied as error:
        return error.message
    return None


def _denied(what: str) -> str:
    return f"Permission check failed ({what})"


NOBODY, JOE, ROOT, TOKEN = Person(""), Person(), Person("root@pam"), Person("root@pam!mcp")
AUDIT = {"check": ["perm", "/vms/{vmid}", ["VM.Audit"]]}
BARE = "Permission check failed"

BY_KIND_OF_SUBJECT = [
    ({"user": "world"}, NOBODY, None),
    ({"user": "world"}, JOE, None),
    ({"user": "all"}, NOBODY, _denied("user != null")),
    ({"user": "all"}, JOE, None),
    ({"user": "all", "check": ["perm", "/", ["Sys.Audit"]]}, JOE, None),
    (None, JOE, _denied("user != root@pam")),
    (None, TOKEN, _denied("user != root@pam")),
    (None, ROOT, None),
    ({}, JOE, BARE),
    (AUDIT, ROOT, None),
    (AUDIT, TOKEN, _denied("/vms/190, VM.Audit")),
]


@pytest.mark.parametrize(("rule", "subject", "refusal"), BY_KIND_OF_SUBJECT)
def test_a_rule_depends_on_the_kind_of_subject(
    rule: dict[str, Any] | None, subject: Person, refusal: str | None
) -> None:
    assert _refusal(rule, subject, {"vmid": "190"}) == refusal


CHECKS: list[tuple[list[Any], dict[str, Collection[str]], dict[str, Any], str | None]] = [
    (["perm", "/vms/{vmid}", ["VM.Audit"]], {"/vms/190": ["VM.Audit"]}, {"vmid": "190"}, None),
    (["perm", "/vms/{vmid}", ["VM.Audit"]], {"/vms/190": ["VM.Audit"]}, {"vmid": 190}, None),
    (["perm", "/", ["A", "B"]], {"/": ["A"]}, {}, _denied("/, B")),
    (["perm", "/", ["A", "B"], "any", 1], {"/": ["B"]}, {}, None),
    (["perm", "/", ["A", "B"], "any", 1], {"/": ["C"]}, {}, _denied("/, A|B")),
    (["perm", "/pool/{pool}", ["A"], "require_param", "pool"], {"/pool/p": ["A"]}, {"pool": "p"}, None),
    (["perm", "/pool/{pool}", ["A"], "require_param", "pool"], {"/pool": ["A"]}, {}, BARE),
    (["perm", "/nodes/{node}", ["Sys.Audit"]], {}, {"node": "bad_node!"}, _denied(", Sys.Audit")),
    (["perm", "/pool/{poolid}", ["Pool.Allocate"]], {}, {"poolid": "1 bad"}, _denied(", Pool.Allocate")),
    (["and", ["perm", "/", ["A"]], ["perm", "/x", ["B"]]], {"/": ["A"], "/x": ["B"]}, {}, None),
    (["and", ["perm", "/", ["A"]], ["perm", "/x", ["B"]]], {"/": ["A"]}, {}, _denied("/x, B")),
    (["or", ["perm", "/", ["A"]], ["perm", "/x", ["B"]]], {"/x": ["B"]}, {}, None),
    (["or", ["perm", "/", ["A"]], ["perm", "/x", ["B"]]], {}, {}, BARE),
    (["and", ["perm", "/", ["A"]], ["or", ["perm", "/x", ["B"]]]], {"/": ["A"]}, {}, BARE),
    # The parts of an `and` speak for themselves even inside an `or`.
    (["or", ["perm", "/", ["A"]], ["and", ["perm", "/x", ["B"]]]], {}, {}, _denied("/x, B")),
    (["perm-modify", "{path}"], {"/vms/1": ["VM.Allocate"]}, {"path": "/vms/1"}, None),
    (["perm-modify", "{path}"], {"/pool/a": ["Pool.Allocate"]}, {"path": "/pool/a"}, None),
    (["perm-modify", "{path}"], {"/": ["Permissions.Modify"]}, {"path": "/"}, None),
    (["perm-modify", "{path}"], {}, {"path": "/nodes/n"}, _denied("/nodes/n, Permissions.Modify")),
    (
        ["perm-modify", "{path}"],
        {},
        {"path": "/storage/local"},
        _denied("/storage/local, Permissions.Modify|Datastore.Allocate"),
    ),
    (["userid-param", "self"], {}, {"userid": "joe@pve"}, None),
    (["userid-param", "self"], {}, {"userid": "ann@pve"}, BARE),
    (
        ["userid-param", "Realm.AllocateUser"],
        {"/access/realm/pve": ["Realm.AllocateUser"]},
        {"userid": "new@pve"},
        None,
    ),
    (
        ["userid-param", "Realm.AllocateUser"],
        {},
        {"userid": "new@pve"},
        _denied("/access/realm/pve, Realm.AllocateUser"),
    ),
    (["userid-group", ["User.Modify"]], {"/access/groups": ["User.Modify"]}, {"userid": "ann@pve"}, None),
    (["userid-group", ["User.Modify"]], {"/access/groups/staff": ["User.Modify"]}, {"userid": "ann@pve"}, None),
    (["userid-group", ["User.Modify"]], {"/access/groups/guests": ["User.Modify"]}, {"userid": "ann@pve"}, BARE),
    (
        ["userid-group", ["User.Modify"], "groups_param", "create"],
        {"/access/groups/staff": ["User.Modify"]},
        {"userid": "new@pve", "groups": "staff"},
        None,
    ),
    (
        ["userid-group", ["User.Modify"], "groups_param", "create"],
        {"/access/groups/staff": ["User.Modify"]},
        {"userid": "new@pve", "groups": "staff,guests"},
        _denied("/access/groups/guests, User.Modify"),
    ),
    (
        ["userid-group", ["User.Modify"], "groups_param", "update"],
        {"/access/groups/staff": ["User.Modify"]},
        {"userid": "ann@pve"},
        _denied("/access/groups, User.Modify"),
    ),
]


@pytest.mark.parametrize(("check", "granted", "params", "refusal"), CHECKS)
def test_each_kind_of_rule(
    check: list[Any], granted: dict[str, Collection[str]], params: dict[str, Any], refusal: str | None
) -> None:
    subject = Person(granted=granted, groups={"staff": ["ann@pve"], "guests": ["joe@pve"]})

    assert _refusal({"check": check}, subject, params) == refusal


@pytest.mark.parametrize(
    ("check", "userid", "message"),
    [
        (["userid-param", "self"], "audit", "value 'audit' does not look like a valid user name"),
        (["userid-param", "self"], "nobody@pve", "no such user ('nobody@pve')"),
        (["userid-group", ["User.Modify"]], "nobody@pve", "no such user ('nobody@pve')"),
    ],
)
def test_a_rule_about_a_user_that_cannot_be_is_an_error(check: list[Any], userid: str, message: str) -> None:
    with pytest.raises(PermissionCheckError) as failed:
        check_permissions(_endpoint({"check": check}), {"userid": userid}, JOE)

    assert failed.value.message == message


@pytest.mark.parametrize(
    ("path", "normal"),
    [("/vms//100/", "/vms/100"), ("vms/100", "/vms/100"), ("/", "/"), ("", None), ("/a b", None), ("/a!", None)],
)
def test_a_path_has_one_form(path: str, normal: str | None) -> None:
    assert normalize_path(path) == normal


def test_roles_have_privileges_that_exist() -> None:
    assert ROLES["Administrator"] == PRIVILEGES
    assert set().union(*ROLES.values()) == PRIVILEGES
    assert ROLES["PVETemplateUser"] == {"VM.Audit", "VM.Clone"}
