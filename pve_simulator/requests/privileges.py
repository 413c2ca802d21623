# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user or token may do on a path: roles by access control list, pools, and token separation."""

from __future__ import annotations

from pve_simulator.state.access import ROOT, Access, AclEntry, Token
from pve_simulator.state.cluster import Cluster

# Paths that /access/permissions reports for everybody, beside those in the access control list.
STANDARD_PATHS = (
    "/",
    "/access",
    "/access/groups",
    "/nodes",
    "/pool",
    "/sdn",
    "/storage",
    "/vms",
)
_NO_ACCESS = "NoAccess"


def privileges(cluster: Cluster, authid: str, path: str) -> dict[str, bool]:
    """Privileges of a user or token id on a path, each with whether it propagates to paths below."""
    access = cluster.access
    userid, token = _token_of(access, authid)
    if userid == ROOT and (authid == ROOT or (token is not None and not token.privsep)):
        return dict.fromkeys(access.roles["Administrator"].privileges, True)
    granted = _role_privileges(access, _roles_with_pools(cluster, authid, path))
    if token is not None and token.privsep:
        owner = privileges(cluster, userid, path)
        return {name: propagate and owner[name] for name, propagate in granted.items() if name in owner}
    return granted


def roles(access: Access, authid: str, path: str) -> dict[str, bool]:
    """Roles of a user or token on a path by the access control list alone."""
    userid, token = _token_of(access, authid)
    if "!" in authid:
        if token is None:
            return {}
        if not token.privsep:
            return roles(access, userid, path)
    if authid == ROOT:
        return {"Administrator": True}
    result: dict[str, bool] = {}
    steps = _list_ancestors(path)
    for index, step in enumerate(steps):
        entries = [entry for entry in access.acl if entry.path == step]
        chosen = _at_level(access, entries, authid, final=index == len(steps) - 1)
        if chosen:
            result = chosen
    return {_NO_ACCESS: result[_NO_ACCESS]} if _NO_ACCESS in result else result


def _roles_with_pools(cluster: Cluster, authid: str, path: str) -> dict[str, bool]:
    own = roles(cluster.access, authid, path)
    if _NO_ACCESS in own:
        return own
    inherited = {role for pool in _pools_of(cluster, path) for role in roles(cluster.access, authid, f"/pool/{pool}")}
    if _NO_ACCESS in inherited:
        return {_NO_ACCESS: False}
    # What a pool gives is for its members, not for what is below them.
    return {**dict.fromkeys(inherited, False), **own}


def _pools_of(cluster: Cluster, path: str) -> list[str]:
    kind, _sep, item = path.strip("/").partition("/")
    if kind == "vms" and item.isdecimal():
        pool = cluster.pool_of(int(item))
        return [pool] if pool else []
    if kind == "storage" and item:
        return [name for name, pool in cluster.pools.items() if item in pool.storages]
    return []


def _at_level(access: Access, entries: list[AclEntry], authid: str, *, final: bool) -> dict[str, bool]:
    """Roles that one level of the path gives: those of the token or user win over those of groups."""
    user = access.users.get(authid)
    groups = set(user.groups) if user else set()
    for names in ({("token", authid), ("user", authid)}, {("group", group) for group in groups}):
        chosen = {
            entry.role: entry.propagate
            for entry in entries
            if (entry.kind, entry.ugid) in names and (final or entry.propagate)
        }
        if chosen:
            return {_NO_ACCESS: chosen[_NO_ACCESS]} if _NO_ACCESS in chosen else chosen
    return {}


def _role_privileges(access: Access, names: dict[str, bool]) -> dict[str, bool]:
    propagates: dict[str, bool] = {}
    for name, propagate in names.items():
        role = access.roles.get(name)
        for privilege in role.privileges if role else ():
            propagates[privilege] = propagates.get(privilege, False) or propagate
    return propagates


def known_paths(access: Access) -> set[str]:
    """The paths of the access control list, and those above them: the tree that the server keeps it in."""
    return {step for entry in access.acl for step in _list_ancestors(entry.path)}


def _list_ancestors(path: str) -> list[str]:
    parts = [part for part in path.split("/") if part]
    return ["/", *("/" + "/".join(parts[: count + 1]) for count in range(len(parts)))]


def _token_of(access: Access, authid: str) -> tuple[str, Token | None]:
    userid, _sep, name = authid.partition("!")
    user = access.users.get(userid)
    return userid, user.tokens.get(name) if user and name else None
