# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/access/acl: who has which role where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pve_simulator.access.acl import (
    check_grantable,
    check_role_exists,
    is_acl_path,
    modifying_privileges,
    remove_entry,
    set_entry,
)
from pve_simulator.access.usercfg import find_token
from pve_simulator.errors import failure, invalid, wrap_errors
from pve_simulator.requests.call import Call
from pve_simulator.requests.privileges import privileges
from pve_simulator.requests.router import route
from pve_simulator.schema import normalize_path
from pve_simulator.state.access import AclEntry

_WHO = ("users", "groups", "tokens")


@route("GET", "/access/acl")
def list_entries(call: Call) -> list[dict[str, Any]]:
    """All rules, or those on paths whose rules the caller may change."""
    sees_all = call.subject.may("/access", "Sys.Audit")
    return [
        {
            "path": entry.path,
            "type": entry.kind,
            "ugid": entry.ugid,
            "roleid": entry.role,
            "propagate": int(entry.propagate),
        }
        for entry in sorted(call.cluster.access.acl, key=lambda entry: entry.path)
        if sees_all or call.subject.may(entry.path, *modifying_privileges(entry.path))
    ]


@route("PUT", "/access/acl")
def change_entries(call: Call) -> None:
    """Add roles to users, groups and tokens on a path, or take them away: all of it or nothing."""
    if not any(call.items(name) for name in _WHO):
        raise invalid(dict.fromkeys(_WHO, "either 'users', 'groups' or 'tokens' is required."))
    path, delete = normalize_path(call.need("path")), call.flag("delete")
    if path is None or not (delete or is_acl_path(path)):
        raise invalid({"path": f"invalid ACL path '{call.need('path')}'"})
    with wrap_errors("ACL update failed"):
        entries = list(_entries(call, path))
    for entry in entries:
        (remove_entry if delete else set_entry)(call.cluster.access, entry)


def _entries(call: Call, path: str) -> Iterator[AclEntry]:
    access, propagate = call.cluster.access, call.flag("propagate", True)
    own = privileges(call.cluster, call.subject.userid, path)
    for role in call.items("roles"):
        check_role_exists(access, role)
        check_grantable(role, access.roles[role].privileges, own, propagate=propagate, delete=call.flag("delete"))
        for group in call.items("groups"):
            if group not in access.groups:
                raise failure(f"group '{group}' does not exist")
            yield AclEntry(path, "group", group, role, propagate)
        for userid in call.items("users"):
            if userid not in access.users:
                raise failure(f"user '{userid}' does not exist")
            yield AclEntry(path, "user", userid, role, propagate)
        for tokenid in call.items("tokens"):
            userid, name = tokenid.split("!", 1)
            find_token(access, userid, name)
            yield AclEntry(path, "token", tokenid, role, propagate)
