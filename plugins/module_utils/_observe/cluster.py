# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every observation begins with: the cluster's nodes, its lists, and what these credentials see of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .._api.errors import UNREACHABLE, PveError
from .._capture.reading import OVERVIEW, Reader, Request, is_online
from .._capture.secrets import GONE, clean_data, has_secret_name, mask_secrets
from .._guest.guest import TYPES
from .sight import Sight

if TYPE_CHECKING:
    Entry = Mapping[str, Any]

_ROOT_CA = "pve-root-ca.pem"
# Public keys, of which the rule for names would think the worst.
_PUBLIC = frozenset({"sshkeys"})
# The API shows that one is set; and a checksum differs whenever anything does.
_DROPPED = frozenset({"cipassword", "digest"})


@dataclass
class Cluster:
    """A cluster as its lists show it at one moment."""

    name: str
    identity: str
    version: str
    at: int
    resources: Sequence[Entry]
    tasks: Sequence[Entry] | PveError
    sight: Sight

    @cached_property
    def nodes(self) -> dict[str, Entry]:
        """The nodes, by name."""
        return {str(entry["node"]): entry for entry in self.resources if entry["type"] == "node"}

    @cached_property
    def online(self) -> dict[str, Entry]:
        """The nodes that may answer, by name."""
        return {name: entry for name, entry in self.nodes.items() if is_online(dict(entry))}

    @cached_property
    def guests(self) -> dict[str, Entry]:
        """The guests, by vmid."""
        return {str(entry["vmid"]): entry for entry in self.resources if entry["type"] in TYPES}

    def describe(self) -> dict[str, Any]:
        """The header of an observation file."""
        cluster = {"name": self.name, "id": self.identity, "nodes": sorted(self.nodes)}
        return {"line": "header", "cluster": cluster, "version": self.version, "at": self.at}


def read_cluster(reader: Reader) -> Cluster:
    """Read the lists; a failure of what all else rests on is raised."""
    version = reader.read("/version")
    at = int(reader.client.server_time)
    lists = [OVERVIEW, "/cluster/status", "/cluster/tasks", "/access/permissions", "/access/acl"]
    resources, status, tasks, permissions, acl = reader.read_all([Request(path) for path in lists])
    if isinstance(resources, PveError):
        raise resources
    name, fingerprint = _identify(reader, [] if isinstance(status, PveError) else status, resources)
    sight = Sight(
        None if isinstance(permissions, PveError) else permissions,
        () if isinstance(acl, PveError) else {str(entry["path"]) for entry in acl},
    )
    return Cluster(name, f"{name} {fingerprint}", str(version["version"]), at, resources, tasks, sight)


def read_clean(reader: Reader, requests: Sequence[Request]) -> dict[Request, Any]:
    """The answers without secrets and checksums, or the failures, by request; what people wrote stays."""
    answers = zip(requests, reader.read_all(requests), strict=True)
    return {request: answer if isinstance(answer, PveError) else clean_secrets(answer) for request, answer in answers}


def clean_secrets(data: Any) -> Any:
    """The data of an answer without secrets and checksums."""
    return clean_data(data, _clean_named, mask_secrets)


def _clean_named(name: str, value: Any) -> Any:
    if name in _DROPPED:
        return GONE
    return GONE if name not in _PUBLIC and has_secret_name(name) else value


def _identify(reader: Reader, status: Sequence[Entry], resources: Sequence[Entry]) -> tuple[str, str]:
    """The cluster's name, or that of the node that answered, and the fingerprint of the certificate it signs with."""
    name = next((str(entry["name"]) for entry in status if entry["type"] == "cluster"), None)
    local = [str(entry["name"]) for entry in status if entry["type"] == "node" and int(entry.get("local") or 0)]
    online = sorted(entry["node"] for entry in resources if entry["type"] == "node" and is_online(dict(entry)))
    for node in dict.fromkeys([*local, *online]):
        (certificates,) = reader.read_all([Request(f"/nodes/{node}/certificates/info")])
        fingerprint = "" if isinstance(certificates, PveError) else _find_fingerprint(certificates)
        if fingerprint:
            return name or node, fingerprint
    raise PveError(
        UNREACHABLE,
        "The cluster does not say which one it is: no node shows its certificates.",
        "Try again once a node answers.",
    )


def _find_fingerprint(certificates: Sequence[Entry]) -> str:
    found = {str(entry.get("filename")): str(entry.get("fingerprint") or "") for entry in certificates}
    return (found.get(_ROOT_CA) or found.get("pve-ssl.pem") or "").replace(":", "").lower()
