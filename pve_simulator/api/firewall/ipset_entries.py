# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries of IP sets."""

from __future__ import annotations

import re
from typing import Any

from pve_simulator.api.firewall.ipsets import ipset_of
from pve_simulator.api.firewall.levels import CLUSTER, GUESTS, serve
from pve_simulator.errors import check_unmodified, failure, invalid
from pve_simulator.firewall.addresses import drop_host_bits, normalize_address
from pve_simulator.firewall.digests import add_digests, digest_of_entries
from pve_simulator.firewall.scope import Scope, alias_reference
from pve_simulator.requests.call import Call
from pve_simulator.state.firewall import IpSet, IpSetEntry


def list_entries(call: Call, scope: Scope) -> list[dict[str, Any]]:
    """All entries, sorted as text."""
    return add_digests(_build_views(ipset_of(call, scope), scope))


def read_entry(call: Call, scope: Scope) -> dict[str, Any]:
    """One entry."""
    for view in list_entries(call, scope):
        if view["cidr"] == call.need("cidr"):
            return view
    raise invalid({"cidr": "no such IP/Network"})


def create_entry(call: Call, scope: Scope) -> None:
    """Add an address, network or existing alias."""
    ipset = ipset_of(call, scope)
    cidr = call.need("cidr")
    reference = alias_reference(cidr)
    if reference is None:
        cidr = normalize_address(drop_host_bits(cidr))
    elif scope.find_alias(*reference) is None:
        raise failure(f"no such alias '{reference[1]}'")
    if cidr in ipset.entries:
        raise invalid({"cidr": f"address '{cidr}' already exists"})
    if _matches_all(cidr):
        raise invalid({"cidr": "a zero prefix is not allowed in ipset entries"})
    ipset.entries[cidr] = _build_entry(call)


def change_entry(call: Call, scope: Scope) -> None:
    """Replace the flag and comment of an entry."""
    ipset = ipset_of(call, scope)
    _check_digest(call, scope, ipset)
    if call.need("cidr") not in ipset.entries:
        raise invalid({"cidr": "no such IP/Network"})
    ipset.entries[call.need("cidr")] = _build_entry(call)


def delete_entry(call: Call, scope: Scope) -> None:
    """Remove an entry, if it is there."""
    ipset = ipset_of(call, scope)
    _check_digest(call, scope, ipset)
    ipset.entries.pop(call.need("cidr"), None)


def _build_entry(call: Call) -> IpSetEntry:
    return IpSetEntry(call.flag("nomatch"), (call.text("comment") or "").strip() or None)


def _matches_all(cidr: str) -> bool:
    return re.search(r"/0+$", cidr) is not None


def _build_views(ipset: IpSet, scope: Scope) -> list[dict[str, Any]]:
    return [_build_view(cidr, ipset.entries[cidr], scope) for cidr in sorted(ipset.entries)]


def _build_view(cidr: str, entry: IpSetEntry, scope: Scope) -> dict[str, Any]:
    view: dict[str, Any] = {"cidr": cidr}
    if entry.nomatch:
        view["nomatch"] = 1
    if entry.comment:
        view["comment"] = entry.comment
    reference = alias_reference(cidr)
    if reference is not None and scope.find_alias(*reference) is None:
        view["errors"] = {"cidr": f"no such alias '{reference[1]}'"}
    return view


def _check_digest(call: Call, scope: Scope, ipset: IpSet) -> None:
    check_unmodified(call.text("digest"), digest_of_entries(_build_views(ipset, scope)))


for _level in (CLUSTER, *GUESTS):
    serve(_level, "GET", "/ipset/{name}", list_entries)
    serve(_level, "POST", "/ipset/{name}", create_entry)
    serve(_level, "GET", "/ipset/{name}/{cidr}", read_entry)
    serve(_level, "PUT", "/ipset/{name}/{cidr}", change_entry)
    serve(_level, "DELETE", "/ipset/{name}/{cidr}", delete_entry)
