# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Aliases of the cluster and of guests."""

from __future__ import annotations

from typing import Any

from pve_simulator.api.firewall.levels import CLUSTER, GUESTS, serve
from pve_simulator.errors import check_unmodified, invalid
from pve_simulator.firewall.addresses import ip_version, normalize_address
from pve_simulator.firewall.digests import add_digests, digest_of_entries
from pve_simulator.firewall.scope import Scope
from pve_simulator.requests.call import Call
from pve_simulator.state.firewall import Alias


def list_aliases(call: Call, scope: Scope) -> list[dict[str, Any]]:
    """All aliases by name."""
    return add_digests(_build_views(scope))


def read_alias(call: Call, scope: Scope) -> dict[str, Any]:
    """One alias, without a digest."""
    return _build_view(scope.own.aliases[_require_alias(call, scope)])


def create_alias(call: Call, scope: Scope) -> None:
    """Add an alias; the case of names does not count."""
    name = call.need("name")
    if name.lower() in scope.own.aliases:
        raise invalid({"name": f"alias '{name}' already exists"})
    scope.own.aliases[name.lower()] = _build_alias(call, name)


def change_alias(call: Call, scope: Scope) -> None:
    """Replace an alias and its comment, and with `rename` rename it."""
    _check_digest(call, scope)
    key = _require_alias(call, scope)
    rename = call.text("rename") or call.need("name")
    if rename.lower() != key:
        if rename.lower() in scope.own.aliases:
            raise invalid({"name": f"alias '{rename}' already exists"})
        del scope.own.aliases[key]
        scope.own.aliases[rename.lower()] = _build_alias(call, rename)
    else:
        scope.own.aliases[key] = _build_alias(call, call.need("name"))


def delete_alias(call: Call, scope: Scope) -> None:
    """Remove an alias, if it is there."""
    _check_digest(call, scope)
    scope.own.aliases.pop(call.need("name").lower(), None)


def _build_alias(call: Call, name: str) -> Alias:
    return Alias(name, normalize_address(call.need("cidr")), (call.text("comment") or "").strip() or None)


def _require_alias(call: Call, scope: Scope) -> str:
    key = call.need("name").lower()
    if key not in scope.own.aliases:
        raise invalid({"name": "no such alias"})
    return key


def _build_view(alias: Alias) -> dict[str, Any]:
    view: dict[str, Any] = {"name": alias.name, "cidr": alias.cidr, "ipversion": ip_version(alias.cidr)}
    return {**view, "comment": alias.comment} if alias.comment else view


def _build_views(scope: Scope) -> list[dict[str, Any]]:
    return [_build_view(scope.own.aliases[key]) for key in sorted(scope.own.aliases)]


def _check_digest(call: Call, scope: Scope) -> None:
    check_unmodified(call.text("digest"), digest_of_entries(_build_views(scope)))


for _level in (CLUSTER, *GUESTS):
    serve(_level, "GET", "/aliases", list_aliases)
    serve(_level, "POST", "/aliases", create_alias)
    serve(_level, "GET", "/aliases/{name}", read_alias)
    serve(_level, "PUT", "/aliases/{name}", change_alias)
    serve(_level, "DELETE", "/aliases/{name}", delete_alias)
