# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security groups; their rules are with the other rules."""

from __future__ import annotations

from typing import Any

from pve_simulator.api.firewall.levels import CLUSTER, serve
from pve_simulator.api.firewall.rules import GROUP, group_of
from pve_simulator.errors import check_unmodified, failure, invalid
from pve_simulator.firewall.digests import add_digests, digest_of_entries
from pve_simulator.firewall.scope import Scope
from pve_simulator.requests.call import Call
from pve_simulator.state.firewall import Firewall, SecurityGroup


def list_groups(call: Call, scope: Scope) -> list[dict[str, Any]]:
    """All groups by name."""
    return add_digests(_build_views(scope))


def create_group(call: Call, scope: Scope) -> None:
    """Add a group; with `rename`, rename one, or change its comment."""
    name, rename = call.need("group"), call.text("rename")
    groups = scope.cluster.groups
    if rename is None:
        if name in groups:
            raise invalid({"group": f"Security group '{name}' already exists"})
        # The file holds names in lower case: a name that differs only in case is the existing one.
        groups.setdefault(name.lower(), SecurityGroup(call.text("comment") or None))
        return
    check_unmodified(call.text("digest"), digest_of_entries(_build_views(scope)))
    if rename not in groups:
        raise invalid({"group": f"Security group '{rename}' does not exist"})
    if name in groups and name != rename:
        raise invalid({"group": f"Security group '{name}' does already exist"})
    group = groups.pop(rename)
    group.comment = call.text("comment", group.comment) or None
    groups[name.lower()] = group
    if name != rename:
        _rename_in_rules(call, rename, name)


def delete_group(call: Call, scope: Scope) -> None:
    """Remove a group that has no rules, even one that rules refer to."""
    name = call.need("group")
    if group_of(call, scope).rules:
        raise failure(f"Security group '{name}' is not empty")
    del scope.cluster.groups[name]


def _rename_in_rules(call: Call, old: str, new: str) -> None:
    """Rename the group in the rules that use it: the cluster's, the nodes' and those of existing guests."""
    firewall = call.cluster.part(Firewall)
    guests = [file for vmid, file in firewall.guests.items() if vmid in call.cluster.guests]
    for file in [firewall.cluster, *firewall.nodes.values(), *guests]:
        for rule in file.rules:
            if (rule["type"], rule["action"]) == ("group", old):
                rule["action"] = new


def _build_views(scope: Scope) -> list[dict[str, Any]]:
    return [
        {"group": name, **({"comment": group.comment} if group.comment else {})}
        for name, group in sorted(scope.cluster.groups.items())
    ]


serve(CLUSTER, "GET", "/groups", list_groups)
serve(CLUSTER, "POST", "/groups", create_group)
serve(GROUP, "DELETE", "", delete_group)
