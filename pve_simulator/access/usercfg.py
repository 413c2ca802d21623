# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of the user configuration that affect more than one object."""

from __future__ import annotations

from collections.abc import Callable

from pve_simulator.errors import failure
from pve_simulator.state.access import ROOT, Access, AclEntry, Token, User


def find_user(access: Access, userid: str) -> User:
    """A user, or the error of one that is not there."""
    user = access.users.get(userid)
    if user is None:
        raise failure(f"no such user ('{userid}')")
    return user


def find_token(access: Access, userid: str, name: str) -> Token:
    """A user's token, or the error of one that is not there."""
    token = find_user(access, userid).tokens.get(name)
    if token is None:
        raise failure(f"no such token '{name}' for user '{userid}'")
    return token


def remove_user(access: Access, userid: str) -> None:
    """Remove a user, its tokens, and every rule about them. root@pam is created again at once, without tokens."""
    removed = access.users.pop(userid, None)
    _filter_acl(access, lambda entry: entry.ugid != userid and not entry.ugid.startswith(f"{userid}!"))
    if userid == ROOT:
        # Its password is the system's, not the cluster's.
        access.users[ROOT] = User(password=removed.password if removed else None)


def remove_token(access: Access, userid: str, name: str) -> None:
    """Remove a token and every rule about it."""
    del access.users[userid].tokens[name]
    _filter_acl(access, lambda entry: entry.ugid != f"{userid}!{name}")


def remove_group(access: Access, name: str) -> None:
    """Remove a group, from its members and every rule too."""
    del access.groups[name]
    for user in access.users.values():
        if name in user.groups:
            user.groups.remove(name)
    _filter_acl(access, lambda entry: (entry.kind, entry.ugid) != ("group", name))


def remove_role(access: Access, name: str) -> None:
    """Remove a role and every rule that grants it."""
    del access.roles[name]
    _filter_acl(access, lambda entry: entry.role != name)


def remove_pool_rules(access: Access, pool: str) -> None:
    """Remove every rule on a pool and below it. Those of a pool below another stay, as on the real server."""
    if "/" not in pool:
        path = f"/pool/{pool}"
        _filter_acl(access, lambda entry: entry.path != path and not entry.path.startswith(f"{path}/"))


def _filter_acl(access: Access, keeps: Callable[[AclEntry], bool]) -> None:
    access.acl = [entry for entry in access.acl if keeps(entry)]
