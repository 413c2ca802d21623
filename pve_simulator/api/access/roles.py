# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/access/roles."""

from __future__ import annotations

from typing import Any

from pve_simulator.access.usercfg import remove_role
from pve_simulator.errors import failure, invalid, wrap_errors
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.access import Role


@route("GET", "/access/roles")
def list_roles(call: Call) -> list[dict[str, Any]]:
    """All roles; those that come with the product are special."""
    return [
        {"roleid": name, "privs": ",".join(sorted(role.privileges)), "special": int(role.special)}
        for name, role in call.cluster.access.roles.items()
    ]


@route("POST", "/access/roles")
def create_role(call: Call) -> None:
    """Add a role."""
    name = call.need("roleid")
    if name.upper().startswith("PVE"):
        raise invalid({"roleid": "cannot use role ID starting with the (case-insensitive) 'PVE' namespace"})
    with wrap_errors("create role failed"):
        if name in call.cluster.access.roles:
            raise failure(f"role '{name}' already exists")
        call.cluster.access.roles[name] = Role(sorted(set(call.items("privs"))))


@route("GET", "/access/roles/{roleid}")
def read_role(call: Call) -> dict[str, int]:
    """The privileges of a role."""
    return dict.fromkeys(_find_role(call).privileges, 1)


@route("PUT", "/access/roles/{roleid}")
def change_role(call: Call) -> None:
    """Replace the privileges of a role, or add to them."""
    _check_own(call, "modified")
    with wrap_errors("update role failed"):
        role = _find_role(call)
    kept = role.privileges if call.flag("append") else []
    role.privileges = sorted({*kept, *call.items("privs")})


@route("DELETE", "/access/roles/{roleid}")
def delete_role(call: Call) -> None:
    """Remove a role and everything it granted."""
    _check_own(call, "deleted")
    with wrap_errors("delete role failed"):
        _find_role(call)
    remove_role(call.cluster.access, call.need("roleid"))


def _check_own(call: Call, what: str) -> None:
    name = call.need("roleid")
    role = call.cluster.access.roles.get(name)
    if role is not None and role.special:
        raise failure(f"auto-generated role '{name}' cannot be {what}")


def _find_role(call: Call) -> Role:
    name = call.need("roleid")
    role = call.cluster.access.roles.get(name)
    if role is None:
        raise failure(f"role '{name}' does not exist")
    return role
