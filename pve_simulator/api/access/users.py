# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/access/users."""

from __future__ import annotations

from typing import Any

from pve_simulator.access.passwords import check_storable
from pve_simulator.access.usercfg import find_user, remove_user
from pve_simulator.api.access.tokens import token_list, token_view
from pve_simulator.errors import failure, wrap_errors
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.access import User

_TEXTS = ("firstname", "lastname", "email", "comment", "keys")
_SEES = ("User.Modify", "Sys.Audit")


@route("GET", "/access/users")
def list_users(call: Call) -> list[dict[str, Any]]:
    """Users that the caller may see: itself, all, or those of groups."""
    sees_all = call.subject.may("/access/groups", *_SEES)
    groups = {group for group in call.cluster.access.groups if call.subject.may(f"/access/groups/{group}", *_SEES)}
    enabled = call.params.get("enabled")
    return [
        _build_entry(call, userid, user)
        for userid, user in sorted(call.cluster.access.users.items())
        if (sees_all or userid == call.subject.userid or groups.intersection(user.groups))
        and (enabled is None or call.flag("enabled") == user.enable)
    ]


@route("POST", "/access/users")
def create_user(call: Call) -> None:
    """Add a user; nobody checks that the realm exists, unless there is a password to store."""
    access, userid = call.cluster.access, call.need("userid")
    with wrap_errors("create user failed"):
        if userid in access.users:
            raise failure(f"user '{userid}' already exists")
        password = call.text("password")
        if password is not None:
            check_storable(access, userid)
        user = User(call.flag("enable", True), call.integer("expire"), password)
        user.groups = _read_groups(call)
        _set_texts(call, user)
        access.users[userid] = user


@route("GET", "/access/users/{userid}")
def read_user(call: Call) -> dict[str, Any]:
    """One user."""
    user = find_user(call.cluster.access, call.need("userid"))
    tokens = {name: token_view(token) for name, token in user.tokens.items()}
    return {**_build_attributes(user), "groups": sorted(user.groups), "tokens": tokens or None}


@route("PUT", "/access/users/{userid}")
def change_user(call: Call) -> None:
    """Change what is given; `groups` replaces the user's groups unless `append` is set."""
    with wrap_errors("update user failed"):
        user = find_user(call.cluster.access, call.need("userid"))
        groups = _read_groups(call)
        if "groups" in call.params:
            user.groups = list(dict.fromkeys([*user.groups, *groups] if call.flag("append") else groups))
        user.enable = call.flag("enable", user.enable)
        user.expire = call.integer("expire", user.expire)
        _set_texts(call, user)


@route("DELETE", "/access/users/{userid}")
def delete_user(call: Call) -> None:
    """Remove a user and its tokens; root@pam loses only its tokens and attributes."""
    remove_user(call.cluster.access, call.need("userid"))


def _read_groups(call: Call) -> list[str]:
    groups = list(dict.fromkeys(call.items("groups")))
    for group in groups:
        if group not in call.cluster.access.groups:
            raise failure(f"no such group '{group}'")
    return groups


def _set_texts(call: Call, user: User) -> None:
    for name in _TEXTS:
        if name in call.params:
            setattr(user, name, call.text(name) or None)


def _build_entry(call: Call, userid: str, user: User) -> dict[str, Any]:
    realm = call.cluster.access.realms.get(userid.rpartition("@")[2])
    entry = {"userid": userid, **_build_attributes(user)}
    if realm is not None:
        entry["realm-type"] = realm.type
    if call.flag("full"):
        entry |= {"groups": ",".join(sorted(user.groups)), "tokens": token_list(user) or None}
    return entry


def _build_attributes(user: User) -> dict[str, Any]:
    texts = {name: getattr(user, name) for name in _TEXTS}
    if texts["email"] is None and (texts["comment"] is not None or texts["keys"] is not None):
        # The line of the file has an empty field there, but only when something follows.
        texts["email"] = ""
    view: dict[str, Any] = {name: text for name, text in texts.items() if text is not None}
    return {**view, "enable": int(user.enable), "expire": user.expire}
