# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can only be read: indexes, references, macros, logs."""

from __future__ import annotations

from typing import Any

from pve_simulator.api.firewall.levels import CLUSTER, GUESTS, NODE, VNET, Level, serve
from pve_simulator.firewall.macros import descriptions
from pve_simulator.firewall.scope import Scope
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import Reply
from pve_simulator.state.firewall import FirewallFile

_CLUSTER_INDEX = "aliases rules options groups ipset macros refs"
_NODE_INDEX = "rules options log"
_VNET_INDEX = "rules options"
_GUEST_INDEX = "rules aliases ipset refs options"


def list_references(call: Call, scope: Scope) -> list[dict[str, Any]]:
    """What `source` and `dest` of a rule can name: the cluster's first, then the guest's own."""
    references = _list_references(scope.cluster, "dc", call.text("type"))
    if scope.is_guest:
        references += _list_references(scope.own, "guest", call.text("type"))
    return references


def list_macros(call: Call, scope: Scope) -> list[dict[str, str]]:
    """All macros."""
    return [{"macro": name, "descr": text} for name, text in descriptions().items()]


def read_log(call: Call, scope: Scope) -> Reply:
    """The log of a firewall that has not logged anything: there is no file."""
    return Reply([{"n": 1, "t": "unable to open file - No such file or directory"}], {"total": 1})


def _list_references(file: FirewallFile, scope: str, kind_filter: str | None) -> list[dict[str, Any]]:
    sets = [("ipset", name, f"+{name}", entry.comment) for name, entry in file.ipsets.items()]
    aliases = [("alias", name, name, entry.comment) for name, entry in file.aliases.items()]
    return [
        {"type": kind, "name": name, "ref": ref, "scope": scope, **({"comment": comment} if comment else {})}
        for kind, name, ref, comment in [*sets, *aliases]
        if kind_filter in (None, kind)
    ]


def _serve_index(level: Level, names: str) -> None:
    entries = [{"name": name} for name in names.split()]

    def index(call: Call, scope: Scope) -> list[dict[str, str]]:
        return entries

    serve(level, "GET", "", index)


_serve_index(CLUSTER, _CLUSTER_INDEX)
_serve_index(NODE, _NODE_INDEX)
_serve_index(VNET, _VNET_INDEX)
serve(CLUSTER, "GET", "/refs", list_references)
serve(CLUSTER, "GET", "/macros", list_macros)
serve(NODE, "GET", "/log", read_log)
for _level in GUESTS:
    _serve_index(_level, _GUEST_INDEX)
    serve(_level, "GET", "/refs", list_references)
    serve(_level, "GET", "/log", read_log)
