from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._access.access import Access, read_access
from ansible_collections.playvisor.proxmox.plugins.module_utils._access.desired import (
    DesiredEntry,
    parse_desired_entries,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._access.plan import Login, plan_entry
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.plan import HIDDEN

BY_TOKEN = Login("root@pam", "mcp")
OPTIONS = {
    "role": {"privileges": None},
    "group": {"comment": None},
    "user": {
        "groups": None,
        "enable": None,
        "expire": None,
        "comment": None,
        "email": None,
        "firstname": None,
        "lastname": None,
        "password": None,
        "update_password": "on_create",
    },
    "token": {"privsep": None, "expire": None, "comment": None, "secret_file": None, "regenerate": "never"},
    "acl": {"user": None, "group": None, "token": None, "roles": None, "propagate": True, "exact": False},
}
ANSWERS = {
    "/access/roles": [
        {"roleid": "Administrator", "privs": "Sys.Audit,VM.Audit,VM.Console,VM.PowerMgmt", "special": 1},
        {"roleid": "PVEAuditor", "privs": "VM.Audit,Sys.Audit", "special": 1},
        {"roleid": "Operator", "privs": "VM.PowerMgmt,VM.Audit", "special": 0},
    ],
    "/access/groups": [{"groupid": "ops", "comment": "On call", "users": "alice@pve"}, {"groupid": "new", "users": ""}],
    "/access/users": [
        {
            "userid": "alice@pve",
            "enable": 1,
            "expire": 0,
            "email": "",
            "comment": "A",
            "groups": "ops",
            "tokens": [{"tokenid": "ci", "expire": 0, "privsep": 1, "comment": "x"}],
        },
        {"userid": "root@pam", "enable": 1, "expire": 0, "groups": "", "tokens": None},
    ],
    "/access/acl": [
        {"path": "/vms", "type": "group", "ugid": "ops", "roleid": "Operator", "propagate": 1},
        {"path": "/vms", "type": "group", "ugid": "ops", "roleid": "PVEAuditor", "propagate": 0},
        {"path": "/", "type": "token", "ugid": "alice@pve!ci", "roleid": "PVEAuditor", "propagate": 1},
    ],
}


class Answering:
    """The answers of a cluster, as a client gives them."""

    def get(self, path, **_params):
        return ANSWERS[path]


ACCESS = read_access(Answering())


def wish(kind, name, **options):
    found = parse_desired_entries(
        {
            **dict.fromkeys(("roles", "groups", "users", "tokens", "acls")),
            f"{kind}s": [{"path" if kind == "acl" else kind: name, "state": "present", **OPTIONS[kind], **options}],
        }
    )
    (one,) = found
    return one


def plan(one, caller=BY_TOKEN, access=ACCESS, lost=False):
    return plan_entry(one, access, caller, lost)


def requests(steps):
    return [(step.method, step.path.removeprefix("/access"), step.params) for step in steps]


GIVEN = {"path": "/vms", "groups": "ops"}
CASES = [
    (
        wish("role", "Mine", privileges=["VM.Audit", "VM.Audit"]),
        [("POST", "/roles", {"roleid": "Mine", "privs": "VM.Audit"})],
    ),
    (wish("role", "Mine"), [("POST", "/roles", {"roleid": "Mine"})]),
    (wish("role", "Operator", privileges=["VM.Audit", "VM.PowerMgmt"]), []),
    (wish("role", "Operator", privileges=["VM.Console"]), [("PUT", "/roles/Operator", {"privs": "VM.Console"})]),
    (wish("role", "PVEAuditor", privileges=["Sys.Audit", "VM.Audit"]), []),
    (wish("role", "Operator", state="absent"), [("DELETE", "/roles/Operator", {})]),
    (wish("role", "Mine", state="absent"), []),
    (wish("group", "dev", comment="D\n"), [("POST", "/groups", {"groupid": "dev", "comment": "D"})]),
    (wish("group", "ops"), []),
    (wish("group", "ops", comment=""), [("PUT", "/groups/ops", {"comment": ""})]),
    (wish("group", "ops", state="absent"), [("DELETE", "/groups/ops", {})]),
    (
        wish("user", "bob@pve", groups=["ops", "new"], enable=False, email="b@c.d"),
        [("POST", "/users", {"userid": "bob@pve", "groups": "new,ops", "enable": 0, "email": "b@c.d"})],
    ),
    (wish("user", "alice@pve", groups=["ops"], enable=True, expire=0, comment="A", email="", password="x" * 8), []),
    (wish("user", "alice@pve", groups=[]), [("PUT", "/users/alice@pve", {"groups": ""})]),
    (wish("user", "alice@pve", enable=False, expire=9), [("PUT", "/users/alice@pve", {"enable": 0, "expire": 9})]),
    (wish("user", "alice@pve", state="absent"), [("DELETE", "/users/alice@pve", {})]),
    (wish("user", "root@pam", comment="R"), [("PUT", "/users/root@pam", {"comment": "R"})]),
    (wish("token", "alice@pve!new"), [("POST", "/users/alice@pve/token/new", {})]),
    (
        wish("token", "alice@pve!new", privsep=False, expire=9, comment="n"),
        [("POST", "/users/alice@pve/token/new", {"privsep": 0, "expire": 9, "comment": "n"})],
    ),
    (wish("token", "alice@pve!ci", privsep=True, comment="x"), []),
    (wish("token", "alice@pve!ci", comment=""), [("PUT", "/users/alice@pve/token/ci", {"delete": "comment"})]),
    (wish("token", "alice@pve!ci", expire=9), [("PUT", "/users/alice@pve/token/ci", {"expire": 9})]),
    (wish("token", "alice@pve!ci", state="absent"), [("DELETE", "/users/alice@pve/token/ci", {})]),
    (
        wish("acl", "/vms/", group="new", roles=["Operator", "PVEAuditor"]),
        [("PUT", "/acl", {"path": "/vms", "groups": "new", "roles": "Operator,PVEAuditor", "propagate": 1})],
    ),
    (wish("acl", "/vms", group="ops", roles=["Operator"]), []),
    (wish("acl", "//vms//", group="ops", roles=["Operator"]), []),
    (
        wish("acl", "/vms", group="ops", roles=["Operator"], propagate=False),
        [("PUT", "/acl", {**GIVEN, "roles": "Operator", "propagate": 0})],
    ),
    (
        wish("acl", "/vms", group="ops", roles=["Mine"], exact=True),
        [
            ("PUT", "/acl", {**GIVEN, "roles": "Mine", "propagate": 1}),
            ("PUT", "/acl", {**GIVEN, "roles": "Operator,PVEAuditor", "delete": 1}),
        ],
    ),
    (
        wish("acl", "/vms", group="ops", roles=["Operator", "Mine"], state="absent"),
        [("PUT", "/acl", {**GIVEN, "roles": "Operator", "delete": 1})],
    ),
    (
        wish("acl", "/vms", group="ops", state="absent"),
        [("PUT", "/acl", {**GIVEN, "roles": "Operator,PVEAuditor", "delete": 1})],
    ),
    (wish("acl", "/vms", group="ops", roles=[], state="absent"), []),
    (wish("acl", "/vms", user="alice@pve", state="absent"), []),
]


@pytest.mark.parametrize(("one", "expected"), CASES)
def test_an_entry_is_reached_by_these_requests(one, expected):
    assert requests(plan(one)[0]) == expected


@pytest.mark.parametrize("one", [one for one, expected in CASES if expected])
def test_the_state_after_needs_nothing_more(one):
    _steps, after = plan(one)
    reached = Access({**ACCESS.entries, (one.kind, one.id): after}, ACCESS.special, ACCESS.privileges)

    assert plan(one, access=reached) == ([], after)


@pytest.mark.parametrize(
    ("options", "lost", "expected"),
    [
        ({}, True, []),
        ({"regenerate": "lost", "secret_file": "/s"}, False, []),
        ({"regenerate": "lost", "secret_file": "/s"}, True, [{"regenerate": 1}]),
        ({"regenerate": "always"}, False, [{"regenerate": 1}]),
        ({"regenerate": "always", "comment": "y"}, False, [{"comment": "y", "regenerate": 1}]),
        ({"regenerate": "always", "state": "absent"}, False, [{}]),
    ],
)
def test_a_token_gets_a_new_secret_when_it_is_asked_for_or_lost(options, lost, expected):
    steps, _after = plan(wish("token", "alice@pve!ci", **options), lost=lost)

    assert [step.params for step in steps] == expected


def test_the_password_of_a_new_user_is_sent_but_not_shown():
    ((step,), _after) = plan(wish("user", "bob@pve", password="correct horse"))

    assert step.params["password"] == "correct horse"
    assert step.public_params == {"userid": "bob@pve", "password": HIDDEN}


@pytest.mark.parametrize(("user", "proof"), [("root@pam", {}), ("boss@pve", {"confirmation-password": "mine"})])
def test_a_password_is_changed_by_who_logs_in_with_one(user, proof):
    one = wish("user", "alice@pve", password="correct horse", update_password="always")

    ((step,), _after) = plan(one, Login(user, None, "mine"))

    assert (step.path, step.params) == (
        "/access/password",
        {"userid": "alice@pve", "password": "correct horse", **proof},
    )
    assert set(step.public_params.values()) == {"alice@pve", HIDDEN}


def test_a_token_can_not_change_a_password():
    with pytest.raises(errors.PveError) as caught:
        plan(wish("user", "alice@pve", password="correct horse", update_password="always"))

    assert caught.value.code == errors.UNSUPPORTED
    assert "api_password" in caught.value.hint


ALICE = Login("alice@pve", "ci")


@pytest.mark.parametrize(
    ("one", "caller"),
    [
        (wish("user", "root@pam", state="absent"), ALICE),
        (wish("user", "root@pam", enable=False), ALICE),
        (wish("role", "PVEAuditor", state="absent"), BY_TOKEN),
        (wish("role", "PVEAuditor", privileges=["VM.Audit"]), BY_TOKEN),
        (wish("user", "alice@pve", state="absent"), ALICE),
        (wish("user", "alice@pve", enable=False), ALICE),
        (wish("user", "alice@pve", expire=9), ALICE),
        (wish("user", "alice@pve", groups=["new"]), ALICE),
        (wish("token", "alice@pve!ci", state="absent"), ALICE),
        (wish("token", "alice@pve!ci", regenerate="always"), ALICE),
        (wish("group", "ops", state="absent"), ALICE),
        (wish("role", "Operator", state="absent"), ALICE),
        (wish("role", "Operator", privileges=["VM.Audit"]), ALICE),
        (wish("acl", "/vms", group="ops", roles=["PVEAuditor"], exact=True), ALICE),
        (wish("acl", "/", token="alice@pve!ci", roles=["PVEAuditor"], state="absent"), ALICE),
        (wish("acl", "/", token="alice@pve!ci", roles=["PVEAuditor"], propagate=False), ALICE),
    ],
)
def test_nobody_takes_their_own_rights_or_what_the_product_needs(one, caller):
    with pytest.raises(errors.PveError) as caught:
        plan(one, caller)

    assert caught.value.code == errors.PROTECTED


@pytest.mark.parametrize(
    "one",
    [
        wish("user", "alice@pve", groups=["ops", "new"], comment="me"),
        wish("role", "Operator", privileges=["VM.Audit", "VM.PowerMgmt", "VM.Console"]),
        wish("acl", "/", token="alice@pve!ci", roles=["Operator"]),
        wish("token", "alice@pve!ci", privsep=False),
        wish("group", "new", state="absent"),
    ],
)
def test_anybody_may_add_to_their_own_rights_where_the_cluster_lets_them(one):
    assert plan(one, ALICE)[0]


def test_a_privilege_that_this_version_lacks_is_named():
    with pytest.raises(errors.PveError, match=r"no privilege VM\.Monitor"):
        plan(wish("role", "Mine", privileges=["VM.Audit", "VM.Monitor"]))


def params(**lists):
    return {**dict.fromkeys(("roles", "groups", "users", "tokens", "acls")), **lists}


def entry(kind, name, **options):
    one = wish(kind, name, **options)
    return one.options


def test_what_others_need_is_made_first_and_deleted_last():
    found = parse_desired_entries(
        params(
            acls=[entry("acl", "/", user="a@pve", roles=["R"]), entry("acl", "/", user="b@pve", state="absent")],
            users=[entry("user", "a@pve"), entry("user", "b@pve", state="absent")],
            tokens=[entry("token", "a@pve!tt"), entry("token", "b@pve!tt", state="absent")],
            roles=[entry("role", "R"), entry("role", "S", state="absent")],
        )
    )

    assert [(one.kind, one.is_absent) for one in found] == [
        *((kind, False) for kind in ("role", "user", "token", "acl")),
        *((kind, True) for kind in ("acl", "token", "user", "role")),
    ]
    assert all(isinstance(one, DesiredEntry) for one in found)


@pytest.mark.parametrize(
    "lists",
    [
        {"users": [entry("user", "a@pve"), entry("user", "a@pve")]},
        {"acls": [entry("acl", "/vms", user="a@pve", roles=["R"]), entry("acl", "/vms/", user="a@pve", roles=["S"])]},
        {"users": [{**entry("user", "a@pve"), "user": "a"}]},
        {"users": [entry("user", "a@pve", password="long enough") | {"password": "short"}]},
        {"tokens": [{**entry("token", "a@pve!tt"), "token": "a@pve"}]},
        {"tokens": [{**entry("token", "a@pve!tt"), "regenerate": "lost"}]},
        *(
            {"acls": [{**entry("acl", "/", user="a@pve", roles=["R"]), "path": path}]}
            for path in ("vms", "/vms/web-01", "/vms/99", "/foo", "/pool/a b", "/nodes/a/b", "")
        ),
        {"users": [entry("user", "a@pve", state="absent")], "tokens": [entry("token", "a@pve!tt")]},
        {"groups": [entry("group", "g", state="absent")], "users": [entry("user", "a@pve", groups=["g"])]},
        {"roles": [entry("role", "R", state="absent")], "acls": [entry("acl", "/", user="a@pve", roles=["R"])]},
    ],
)
def test_options_that_can_not_be_meant_are_refused(lists):
    with pytest.raises(errors.PveError) as caught:
        parse_desired_entries(params(**lists))

    assert caught.value.code == errors.INVALID_PARAMETER


@pytest.mark.parametrize(
    "path",
    ["/", "//vms//101/", "/access/realm/pam", "/pool/a/b/c", "/mapping/pci/gpu", "/sdn/zones/localnetwork/vmbr0/5"],
)
def test_every_path_of_permissions_is_taken(path):
    acl = {**entry("acl", "/", user="a@pve", roles=["R"]), "path": path}

    assert [one.kind for one in parse_desired_entries(params(acls=[acl]))] == ["acl"]
