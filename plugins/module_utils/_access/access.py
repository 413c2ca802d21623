# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users, groups, roles, API tokens and ACLs: read them, and refuse changes that lock out their author."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._api.client import segment
from .._api.errors import PROTECTED, PveError

if TYPE_CHECKING:
    from .._api.client import Client

ROOT = "root@pam"
# In the order in which they are created; they are deleted in reverse.
KINDS = ("role", "group", "user", "token", "acl")
HOLDERS = ("user", "group", "token")

# The fields of an entry, with Proxmox VE's default values.
FIELDS: dict[str, dict[str, Any]] = {
    "role": {"privileges": []},
    "group": {"comment": ""},
    "user": {
        "groups": [],
        "enable": True,
        "expire": 0,
        "comment": "",
        "email": "",
        "firstname": "",
        "lastname": "",
    },
    "token": {"privsep": True, "expire": 0, "comment": ""},
}


@dataclass(frozen=True)
class Access:
    """The state of every entry, by kind and id; for an ACL whether each of the holder's roles propagates.

    I(special) are the roles that come with Proxmox VE; I(privileges) are all that a role has.
    """

    entries: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    special: frozenset[str] = frozenset()
    privileges: frozenset[str] = frozenset()

    def get_state(self, kind: str, ident: str) -> dict[str, Any]:
        """The state of an entry, also if it does not exist."""
        nothing = {"roles": {}} if kind == "acl" else {"exists": False, **FIELDS[kind]}
        return self.entries.get((kind, ident), nothing)

    def find_own_entries(self, user: str, token: str | None) -> frozenset[tuple[str, str]]:
        """The kinds and ids of the entries from which a user, logged in by I(token) or not, has their rights."""
        holders = {("user", user), *(("group", group) for group in self.get_state("user", user)["groups"])}
        if token:
            holders.add(("token", f"{user}!{token}"))
        own_acls = {
            key: state["roles"]
            for key, state in self.entries.items()
            if key[0] == "acl" and parse_acl_holder(key[1]) in holders
        }
        roles = {("role", role) for roles in own_acls.values() for role in roles}
        return frozenset({*holders, *own_acls, *roles})


def make_acl_id(path: str, kind: str, holder: str) -> str:
    """The id of the roles of one holder on one path, such as C(/vms/101 user ops@pve)."""
    return f"{path} {kind} {holder}"


def parse_acl_holder(ident: str) -> tuple[str, str]:
    """The kind and name of the holder in an id of L(make_acl_id)."""
    _path, kind, holder = ident.split(" ", 2)
    return kind, holder


def entry_path(kind: str, ident: str) -> str:
    """The API path of a role, group, user or token."""
    if kind == "token":
        user, token = ident.split("!", 1)
        return f"/access/users/{segment(user)}/token/{segment(token)}"
    return f"/access/{kind}s/{segment(ident)}"


def read_access(client: Client, kinds: tuple[str, ...] = KINDS) -> Access:
    """The entries of these kinds that the login may see, from at most four requests."""
    entries: dict[tuple[str, str], dict[str, Any]] = {}
    special: frozenset[str] = frozenset()
    known: set[str] = set()
    if "role" in kinds:
        roles = client.get("/access/roles")
        special = frozenset(role["roleid"] for role in roles if int(role.get("special") or 0))
        for role in roles:
            privileges = split_names(role.get("privs"))
            known.update(privileges)
            entries["role", role["roleid"]] = {"exists": True, "privileges": privileges}
    if "group" in kinds:
        for group in client.get("/access/groups"):
            entries["group", group["groupid"]] = {"exists": True, "comment": str(group.get("comment") or "")}
    if "user" in kinds or "token" in kinds:
        for user in client.get("/access/users", full=1):
            entries["user", user["userid"]] = {**_parse_state("user", user), "groups": split_names(user.get("groups"))}
            for token in user.get("tokens") or []:
                entries["token", f"{user['userid']}!{token['tokenid']}"] = _parse_state("token", token)
    if "acl" in kinds:
        for rule in client.get("/access/acl"):
            ident = make_acl_id(rule["path"], rule["type"], rule["ugid"])
            roles = entries.setdefault(("acl", ident), {"roles": {}})["roles"]
            roles[rule["roleid"]] = bool(int(rule["propagate"]))
    return Access(entries, special, frozenset(known))


def split_names(text: Any) -> list[str]:
    """The sorted names in a list in the API's form."""
    return sorted({name for name in str(text or "").replace(";", ",").replace(" ", ",").split(",") if name})


def _parse_state(kind: str, entry: dict[str, Any]) -> dict[str, Any]:
    state: dict[str, Any] = {"exists": True}
    for name, default in FIELDS[kind].items():
        value = entry.get(name)
        if value is None:
            state[name] = default
        else:
            state[name] = type(default)(int(value)) if isinstance(default, int) else value
    return state


def check_no_lockout(
    own_entries: frozenset[tuple[str, str]], kind: str, ident: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Raise C(protected) for a change that takes rights from the login that makes it, or access from root@pam."""
    root = (kind, ident) == ("user", ROOT)
    if not root and (kind, ident) not in own_entries:
        return
    lost = _describe_loss(before, after)
    if not lost:
        return
    label = f"The {kind} {ident}"
    if root:
        raise PveError(
            PROTECTED,
            f"{label} would lose {lost}.",
            "root@pam is the way back in when all else fails, and deleting it deletes its API tokens; leave it alone.",
        )
    raise PveError(
        PROTECTED,
        f"{label} would lose {lost}, and the rights of this task depend on it.",
        "Do this as another user, so that nobody locks themselves out.",
    )


def _describe_loss(before: dict[str, Any], after: dict[str, Any]) -> str:
    """What a change takes away, in words; empty when it takes nothing."""
    lost = []
    if before.get("exists") and not after["exists"]:
        lost.append("its existence")
    if before.get("enable") and not after["enable"]:
        lost.append("its login")
    if after.get("expire") and after["expire"] != before["expire"]:
        lost.append("its login at some time")
    if after.get("privsep") and not before["privsep"]:
        lost.append("its user's privileges")
    for name in ("groups", "privileges"):
        lost += sorted(set(before.get(name, [])) - set(after.get(name, [])))
    for role, propagates in before.get("roles", {}).items():
        kept = after["roles"].get(role)
        if kept is None or (propagates and not kept):
            lost.append(f"the role {role}" if kept is None else f"the role {role} further down")
    return ", ".join(lost)
