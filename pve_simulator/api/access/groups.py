# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/access/groups."""

from __future__ import annotations

from typing import Any

from pve_simulator.access.usercfg import remove_group
from pve_simulator.errors import failure, wrap_errors
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.access import Group

_SEES = ("User.Modify", "Sys.Audit", "Group.Allocate")


@route("GET", "/access/groups")
def list_groups(call: Call) -> list[dict[str, Any]]:
    """Groups that the caller may see, with their members."""
    return [
        {"groupid": name, **_comment(group), "users": ",".join(_list_members(call, name))}
        for name, group in call.cluster.access.groups.items()
        if call.subject.may(f"/access/groups/{name}", *_SEES)
    ]


@route("POST", "/access/groups")
def create_group(call: Call) -> None:
    """Add a group."""
    name = call.need("groupid")
    with wrap_errors("create group failed"):
        if name in call.cluster.access.groups:
            raise failure(f"group '{name}' already exists")
        call.cluster.access.groups[name] = Group(call.text("comment") or None)


@route("GET", "/access/groups/{groupid}")
def read_group(call: Call) -> dict[str, Any]:
    """One group."""
    return {"members": _list_members(call, call.need("groupid")), **_comment(_find_group(call))}


@route("PUT", "/access/groups/{groupid}")
def change_group(call: Call) -> None:
    """Change the comment."""
    with wrap_errors("update group failed"):
        group = _find_group(call)
    group.comment = call.text("comment", group.comment) or None


@route("DELETE", "/access/groups/{groupid}")
def delete_group(call: Call) -> None:
    """Remove a group, whoever is in it."""
    with wrap_errors("delete group failed"):
        _find_group(call)
    remove_group(call.cluster.access, call.need("groupid"))


def _find_group(call: Call) -> Group:
    name = call.need("groupid")
    group = call.cluster.access.groups.get(name)
    if group is None:
        raise failure(f"group '{name}' does not exist")
    return group


def _comment(group: Group) -> dict[str, str]:
    return {"comment": group.comment} if group.comment else {}


def _list_members(call: Call, name: str) -> list[str]:
    return sorted(userid for userid, user in call.cluster.access.users.items() if name in user.groups)
