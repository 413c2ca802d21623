"""A grant gives a power over guests and takes nothing away."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._access.access import Access
from ansible_collections.playvisor.proxmox.plugins.module_utils._access.desired import parse_desired_entries
from ansible_collections.playvisor.proxmox.plugins.module_utils._access.grants import (
    POWERS,
    Place,
    expand_grants,
    find_warnings,
    list_power,
    preview,
    require_no_loss,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._access.plan import Login
from ansible_collections.playvisor.proxmox.plugins.module_utils._access.rights import find_privileges, find_roles
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors

LOGIN = Login("root@pam", "mcp")
VIEW, POWER = "VM.Audit", "VM.PowerMgmt"
EVERY = frozenset({VIEW, POWER, "VM.Console", "VM.Migrate", "Sys.Audit", *(p for ps in POWERS.values() for p in ps)})
ROLES = {"Administrator": EVERY, "PVEAuditor": {VIEW, "Sys.Audit"}, "Operator": {VIEW, POWER}, "NoAccess": set()}
WEB = [Place("/vms/101", "web")]
CI = "ci@pve!runner"


def make_access(acls, privsep=True, groups=("ops",), **more_roles):
    """ACLs are (path, kind, holder, role), or with a fifth entry whether it propagates."""
    entries = {
        ("role", role): {"exists": True, "privileges": sorted(privileges)}
        for role, privileges in {**ROLES, **more_roles}.items()
    }
    entries |= {("group", group): {"exists": True, "comment": ""} for group in ("ops", "dev")}
    user = {"exists": True, "groups": list(groups), "enable": True, "expire": 0, "comment": "", "email": ""}
    entries["user", "ci@pve"] = {**user, "firstname": "", "lastname": ""}
    entries["token", CI] = {"exists": True, "privsep": privsep, "expire": 0, "comment": ""}
    for path, kind, holder, role, *propagates in acls:
        state = entries.setdefault(("acl", f"{path} {kind} {holder}"), {"roles": {}})
        state["roles"][role] = propagates != [False]
    return Access(entries, frozenset(ROLES), EVERY)


def grant(access, *grants, places=None, **params):
    """The ACLs, the roles and the warnings that grants of (kind, holder, power) come to."""
    given = [
        {"user": None, "group": None, "token": None, kind: holder, "power": power} for kind, holder, power in grants
    ]
    options = {**dict.fromkeys(("roles", "groups", "users", "tokens", "acls")), **params, "grants": given}
    expanded = expand_grants(options, places or WEB, access)
    desired = parse_desired_entries(expanded)
    after = preview(desired, access, LOGIN)
    require_no_loss(access, after, desired, places or WEB)
    acls = {(acl["path"], acl["user"] or acl["group"] or acl["token"]): acl["roles"] for acl in expanded["acls"]}
    return acls, {role["role"]: role["privileges"] for role in expanded["roles"]}, find_warnings(desired, access, after)


@pytest.mark.parametrize(
    ("acls", "found"),
    [
        ([], set()),
        ([("/", "user", "ci@pve", "PVEAuditor")], {"PVEAuditor"}),
        ([("/", "user", "ci@pve", "PVEAuditor", False)], set()),
        ([("/vms/101", "user", "ci@pve", "Operator"), ("/vms", "user", "ci@pve", "PVEAuditor")], {"Operator"}),
        ([("/vms", "user", "ci@pve", "PVEAuditor"), ("/vms/101", "group", "ops", "Operator")], {"Operator"}),
        # What the pool inherits counts, too.
        ([("/vms", "user", "ci@pve", "Operator"), ("/", "user", "ci@pve", "PVEAuditor")], {"Operator", "PVEAuditor"}),
        ([("/vms", "user", "ci@pve", "PVEAuditor"), ("/vms", "group", "ops", "Operator")], {"PVEAuditor"}),
        ([("/vms", "group", "dev", "Operator")], set()),
        ([("/vms/1", "user", "ci@pve", "Operator")], set()),
        ([("/pool/web", "user", "ci@pve", "Operator")], {"Operator"}),
        ([("/", "user", "ci@pve", "PVEAuditor"), ("/pool", "group", "ops", "Operator")], {"PVEAuditor", "Operator"}),
        ([("/vms", "user", "ci@pve", "Operator"), ("/pool", "user", "ci@pve", "NoAccess")], {"NoAccess"}),
        ([("/vms", "user", "ci@pve", "NoAccess"), ("/pool/web", "user", "ci@pve", "Operator")], {"NoAccess"}),
        ([("/", "token", CI, "Operator")], set()),
    ],
)
def test_the_deepest_path_that_gives_any_roles_decides(acls, found):
    assert find_roles(make_access(acls), "user", "ci@pve", "/vms/101", "web") == found


@pytest.mark.parametrize(
    ("acls", "granted"),
    [
        ([], ["PlayvisorPower"]),
        # What is inherited stays.
        ([("/", "user", "ci@pve", "PVEAuditor")], ["PVEAuditor", "PlayvisorPower"]),
        ([("/vms", "group", "ops", "PVEAuditor")], ["PVEAuditor", "PlayvisorPower"]),
        # Roles on a path add to each other.
        ([("/vms", "user", "ci@pve", "Operator"), ("/vms/101", "user", "ci@pve", "PVEAuditor")], ["PlayvisorPower"]),
        # What somebody may do already is not given again.
        ([("/vms", "group", "ops", "Operator")], None),
        ([("/pool/web", "user", "ci@pve", "Operator")], None),
        ([("/", "user", "ci@pve", "Administrator")], None),
    ],
)
def test_a_user_gets_a_power_and_keeps_the_rest(acls, granted):
    access = make_access(acls)

    made, roles, warnings = grant(access, ("user", "ci@pve", "power"))

    assert made == ({("/vms/101", "ci@pve"): granted} if granted else {})
    assert roles == ({"PlayvisorPower": [VIEW, POWER]} if granted else {})
    assert warnings == []


def test_a_grant_is_idempotent_and_brings_its_role_back():
    given = [
        ("/", "user", "ci@pve", "PVEAuditor"),
        *(("/vms/101", "user", "ci@pve", r) for r in ("PVEAuditor", "PlayvisorPower")),
    ]
    as_it_was, narrowed = (make_access(given, PlayvisorPower=has) for has in ({VIEW, POWER}, {VIEW}))

    for access in (as_it_was, narrowed):
        made, roles, _warnings = grant(access, ("user", "ci@pve", "power"))
        assert (made, roles) == ({("/vms/101", "ci@pve"): ["PlayvisorPower"]}, {"PlayvisorPower": [VIEW, POWER]})


def test_several_powers_of_one_holder_are_one_acl():
    made, roles, _warnings = grant(make_access([]), ("user", "ci@pve", "power"), ("user", "ci@pve", "console"))

    assert made == {("/vms/101", "ci@pve"): ["PlayvisorConsole", "PlayvisorPower"]}
    assert set(roles) == {"PlayvisorConsole", "PlayvisorPower"}


@pytest.mark.parametrize("power", POWERS)
def test_a_power_is_no_more_than_it_takes(power):
    privileges = list_power(power, make_access([]))

    assert VIEW in privileges
    assert set(privileges) <= EVERY
    assert ("VM.Migrate" in privileges) == (power == "admin")
    assert not {name for name in privileges if not name.startswith("VM.")}


def test_a_token_needs_what_its_user_has():
    places = [Place(f"/vms/{vmid}") for vmid in range(101, 109)]
    access = make_access([("/vms/101", "user", "ci@pve", "Operator")], groups=())

    made, _roles, [warning] = grant(access, ("token", CI, "power"), places=places)
    _made, _roles, both = grant(access, ("user", "ci@pve", "power"), ("token", CI, "power"), places=places)

    assert len(made) == 8
    assert "its user ci@pve lacks VM.Audit, VM.PowerMgmt on /vms/102, /vms/103" in warning
    assert warning.count("/vms/") == 5
    assert "and 2 more: the token has it only once the user has it, too" in warning
    assert both == []


@pytest.mark.parametrize(
    ("rights", "given", "code", "said"),
    [
        (make_access([]), ("user", "nobody@pve", "view"), errors.NOT_FOUND, "There is no user nobody@pve"),
        (make_access([], privsep=False), ("token", CI, "view"), errors.UNSUPPORTED, "no privilege separation"),
        (
            make_access([("/vms", "user", "ci@pve", "NoAccess")]),
            ("user", "ci@pve", "view"),
            errors.UNSUPPORTED,
            "NoAccess keeps the user ci@pve from /vms/101",
        ),
        (
            make_access([("/vms", "user", "ci@pve", "Administrator")]),
            ("group", "ops", "power"),
            errors.UNSUPPORTED,
            "ci@pve would lose",
        ),
    ],
)
def test_a_grant_that_is_no_gain_is_refused(rights, given, code, said):
    with pytest.raises(errors.PveError) as caught:
        grant(rights, given)

    assert caught.value.code == code
    assert said in caught.value.message


def test_who_is_made_in_the_same_call_gets_its_grant():
    new_user = {
        "user": "new@pve",
        "groups": ["ops"],
        "state": "present",
        "password": None,
        "update_password": "on_create",
    }
    new_user |= dict.fromkeys(("enable", "expire", "comment", "email", "firstname", "lastname"))
    new_token = {"token": "new@pve!ci", "privsep": None, "expire": None, "comment": None, "secret_file": None}
    access = make_access([("/vms", "group", "ops", "PVEAuditor")])

    made, _roles, warnings = grant(
        access,
        ("user", "new@pve", "power"),
        ("token", "new@pve!ci", "power"),
        users=[new_user],
        tokens=[{**new_token, "regenerate": "never", "state": "present"}],
    )

    assert made[("/vms/101", "new@pve")] == ["PVEAuditor", "PlayvisorPower"]
    assert made[("/vms/101", "new@pve!ci")] == ["PlayvisorPower"]
    assert warnings == []


def warn(access, **params):
    options = {**dict.fromkeys(("roles", "groups", "users", "tokens", "acls")), **params}
    desired = parse_desired_entries(options)
    return find_warnings(desired, access, preview(desired, access, LOGIN))


def make_acl(path, kind, holder, role, **options):
    nobody = {"user": None, "group": None, "token": None}
    acl = {**nobody, kind: holder, "path": path, "roles": [role], "propagate": True, "exact": False, "state": "present"}
    return {**acl, **options}


@pytest.mark.parametrize(
    ("acls", "privsep", "acl", "said"),
    [
        ([], True, make_acl("/vms", "token", CI, "Operator"), "its user ci@pve lacks VM.Audit, VM.PowerMgmt on /vms"),
        ([], False, make_acl("/vms", "token", CI, "Operator"), "may do what its user may"),
        ([("/", "user", "ci@pve", "Operator")], True, make_acl("/vms", "token", CI, "Operator"), None),
        ([("/pool/a", "user", "ci@pve", "Operator")], True, make_acl("/vms/101", "token", CI, "Operator"), None),
        (
            [("/", "user", "ci@pve", "PVEAuditor")],
            True,
            make_acl("/vms", "user", "ci@pve", "Operator"),
            "ci@pve loses Sys.Audit on /vms",
        ),
        (
            [("/", "user", "ci@pve", "PVEAuditor")],
            True,
            make_acl("/vms", "user", "ci@pve", "Operator", exact=True),
            None,
        ),
        ([("/", "user", "ci@pve", "PVEAuditor")], True, make_acl("/", "user", "ci@pve", "Operator"), None),
    ],
)
def test_an_acl_says_what_one_may_not_expect(acls, privsep, acl, said):
    warnings = warn(make_access(acls, privsep, groups=()), acls=[acl])

    assert len(warnings) == (1 if said else 0)
    assert said is None or said in warnings[0]


@pytest.mark.parametrize(("acls", "count"), [(None, 1), ([make_acl("/", "token", "ci@pve!new", "PVEAuditor")], 0)])
def test_a_new_token_without_rights_is_said_to_have_none(acls, count):
    token = {"token": "ci@pve!new", "privsep": None, "expire": None, "comment": None, "secret_file": None}
    access = make_access([("/", "user", "ci@pve", "PVEAuditor")])

    warnings = warn(access, tokens=[{**token, "regenerate": "never", "state": "present"}], acls=acls)

    assert len(warnings) == count
    assert all("no rights yet" in warning for warning in warnings)
    assert find_privileges(access, "user", "root@pam", "/") == EVERY
