from __future__ import annotations

from scenarios import Call, Place, Scenario

USER, GROUP, ROLE = "pv-test@pve", "pv-test", "pv-test"
TOKEN = f"{USER}!pv-test"

MADE_USER = Call("POST", "/access/users", {"userid": USER, "comment": "A test"})
MADE_GROUP = Call("POST", "/access/groups", {"groupid": GROUP})
MADE_ROLE = Call("POST", "/access/roles", {"roleid": ROLE, "privs": "VM.Audit"})
MADE_TOKEN = Call("POST", f"/access/users/{USER}/token/pv-test", {"comment": "A test"})
GONE = (
    Call("DELETE", f"/access/users/{USER}", optional=True),
    Call("DELETE", f"/access/groups/{GROUP}", optional=True),
    Call("DELETE", f"/access/roles/{ROLE}", optional=True),
)


def scenarios(place: Place) -> list[Scenario]:
    def one(name: str, *prepare: Call, settles: bool = True, **options: object) -> Scenario:
        return Scenario(name, "pve_access", options, prepare=prepare, cleanup=GONE, settles=settles)

    granted = Call("PUT", "/access/acl", {"path": "/vms", "users": USER, "roles": f"{ROLE},PVEAuditor"})
    holder = {"path": "/vms", "user": USER}
    return [
        one(
            "everything that a tool needs is made at once",
            roles=[{"role": ROLE, "privileges": ["VM.PowerMgmt", "VM.Audit"]}],
            groups=[{"group": GROUP, "comment": "Tests"}],
            users=[{"user": USER, "groups": [GROUP], "email": "test@example.com", "password": "correct horse"}],
            tokens=[{"token": TOKEN, "comment": "For tests"}],
            acls=[
                {"path": f"/vms/{place.vmid(0)}", "user": USER, "roles": [ROLE]},
                {"path": "/storage", "group": GROUP, "roles": ["PVEAuditor"], "propagate": False},
                {"path": "/vms", "token": TOKEN, "roles": [ROLE, "PVEAuditor"]},
            ],
        ),
        one(
            "everything is changed at once",
            MADE_ROLE,
            MADE_GROUP,
            MADE_USER,
            MADE_TOKEN,
            granted,
            roles=[{"role": ROLE, "privileges": ["VM.Console"]}],
            groups=[{"group": GROUP, "comment": "Tests"}],
            users=[{"user": USER, "groups": [GROUP], "enable": False, "expire": 4102444800, "comment": ""}],
            tokens=[{"token": TOKEN, "privsep": False, "expire": 4102444800, "comment": ""}],
            acls=[{**holder, "roles": [ROLE], "propagate": False, "exact": True}],
        ),
        one(
            "everything is deleted at once",
            MADE_ROLE,
            MADE_GROUP,
            MADE_USER,
            MADE_TOKEN,
            granted,
            roles=[{"role": ROLE, "state": "absent"}],
            groups=[{"group": GROUP, "state": "absent"}],
            users=[{"user": USER, "state": "absent"}],
            tokens=[{"token": TOKEN, "state": "absent"}],
            acls=[{**holder, "state": "absent"}],
        ),
        one(
            "a token gets a new secret",
            MADE_USER,
            MADE_TOKEN,
            settles=False,
            tokens=[{"token": TOKEN, "regenerate": "always"}],
        ),
    ]
