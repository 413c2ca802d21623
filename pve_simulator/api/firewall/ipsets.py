# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""IP sets of the cluster and of guests."""

from __future__ import annotations

from typing import Any

from pve_simulator.api.firewall.levels import CLUSTER, GUESTS, serve
from pve_simulator.errors import check_unmodified, failure, invalid
from pve_simulator.firewall.digests import add_digests, digest_of_entries
from pve_simulator.firewall.scope import Scope
from pve_simulator.requests.call import Call
from pve_simulator.state.firewall import IpSet


def list_ipsets(call: Call, scope: Scope) -> list[dict[str, Any]]:
    """All IP sets by name."""
    return add_digests(_build_views(scope))


def create_ipset(call: Call, scope: Scope) -> None:
    """Add an IP set; with `rename`, rename one, or change its comment."""
    name, rename = call.need("name"), call.text("rename")
    sets = scope.own.ipsets
    if rename is None:
        if name in sets:
            raise invalid({"name": f"IPSet '{name}' already exists"})
        # The file holds names in lower case: a name that differs only in case is the existing one.
        sets.setdefault(name.lower(), IpSet(call.text("comment") or None))
        return
    check_unmodified(call.text("digest"), digest_of_entries(_build_views(scope)))
    if rename not in sets:
        raise invalid({"name": f"IPSet '{rename}' does not exist"})
    if name in sets and name != rename:
        raise invalid({"name": f"IPSet '{name}' does already exist"})
    ipset = sets.pop(rename)
    ipset.comment = call.text("comment", ipset.comment) or None
    sets[name.lower()] = ipset


def delete_ipset(call: Call, scope: Scope) -> None:
    """Remove an IP set that is empty, or by force."""
    ipset = ipset_of(call, scope)
    if ipset.entries and not call.flag("force"):
        raise failure(f"IPSet '{call.need('name')}' is not empty")
    del scope.own.ipsets[call.need("name")]


def ipset_of(call: Call, scope: Scope) -> IpSet:
    """The IP set of the path."""
    name = call.need("name")
    ipset = scope.own.ipsets.get(name)
    if ipset is None:
        raise failure(f"no such IPSet '{name}'")
    return ipset


def _build_views(scope: Scope) -> list[dict[str, Any]]:
    return [
        {"name": name, **({"comment": ipset.comment} if ipset.comment else {})}
        for name, ipset in sorted(scope.own.ipsets.items())
    ]


for _level in (CLUSTER, *GUESTS):
    serve(_level, "GET", "/ipset", list_ipsets)
    serve(_level, "POST", "/ipset", create_ipset)
    serve(_level, "DELETE", "/ipset/{name}", delete_ipset)
