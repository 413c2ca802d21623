# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which cluster this is: its name, with the fingerprint of the certificate that it signs with. Never its address.

A copy for rehearsals, or another cluster behind the same address, has another identity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mcp_bridge.authority.readings import Reader, Reading
from mcp_bridge.errors import PlayvisorError
from mcp_bridge.result import EXIT_UNREACHABLE

_ROOT_CA = "pve-root-ca.pem"
_SHOWN = 16


class UnknownCluster(PlayvisorError):
    """The cluster does not say which one it is."""

    code = "unreachable"
    exit_status = EXIT_UNREACHABLE


@dataclass(frozen=True)
class ClusterIdentity:
    """A cluster's name, or that of its only node, and the SHA-256 of its root CA, or of a node's certificate."""

    name: str
    fingerprint: str

    def __str__(self) -> str:
        return f"{self.name} {self.fingerprint}"


def shorten_identity(identity: str) -> str:
    """An identity as people recognize it: the name, and the beginning of the fingerprint."""
    name, _space, fingerprint = identity.rpartition(" ")
    return f"{name} ({fingerprint[:_SHOWN]}…)" if name else identity


def identify_cluster(read: Reader) -> ClusterIdentity:
    """Ask the cluster who it is. Raises UnknownCluster when it does not say."""
    status, nodes = read(["cluster/status", "nodes"])
    entries = [entry for entry in (*_list_entries(status), *_list_entries(nodes)) if _get_node(entry)]
    local = next((entry for entry in entries if entry.get("local")), None)
    candidates = [local, *(entry for entry in entries if _is_online(entry))] if local else entries
    names = list(dict.fromkeys(_get_node(entry) for entry in candidates if entry))
    if not names:
        raise UnknownCluster(
            f"The cluster does not say which one it is: {nodes.error or status.error or 'it lists no nodes'}.",
            "Nothing is changed on a cluster that is not known. Try again; the user needs to see /nodes.",
        )
    for name in names:
        fingerprint = _find_fingerprint(read([f"nodes/{name}/certificates/info"])[0])
        if fingerprint:
            return ClusterIdentity(_find_name(status) or names[0], fingerprint)
    raise UnknownCluster(
        f"The certificates of node {names[0]} can't be read, so it is not known which cluster this is.",
        "Nothing is changed on a cluster that is not known. Try again once the node answers.",
    )


def _find_name(status: Reading) -> str | None:
    """The cluster's name; a node that is in no cluster has none, and who may not read the status sees none."""
    return next((str(entry["name"]) for entry in _list_entries(status) if entry.get("type") == "cluster"), None)


def _find_fingerprint(certificates: Reading) -> str:
    found = {str(entry.get("filename")): str(entry.get("fingerprint") or "") for entry in _list_entries(certificates)}
    best = found.get(_ROOT_CA) or found.get("pve-ssl.pem") or ""
    return best.replace(":", "").lower()


def _list_entries(reading: Reading) -> Sequence[Mapping[str, Any]]:
    return [entry for entry in reading.data if isinstance(entry, Mapping)] if isinstance(reading.data, list) else []


def _get_node(entry: Mapping[str, Any]) -> str:
    return str(entry.get("name") or entry.get("node") or "") if entry.get("type") == "node" else ""


def _is_online(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("online")) or entry.get("status") == "online"
