# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose the node of a new guest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from .._api.errors import NODE_OFFLINE, UNSUPPORTED, PveError
from .._api.missing import missing_error

_GUESTS = ("qemu", "lxc")


class Placement:
    """Where the next new guests go, by the entries of C(GET /cluster/resources).

    What counts is the memory that guests are configured with: unlike what they use, it stays the same, so that a run
    chooses what check mode chose.
    """

    def __init__(self, entries: Iterable[Mapping[str, Any]]) -> None:
        entries = list(entries)
        self._storages = {e["storage"] for e in entries if e["type"] == "storage"}
        self._free = {e["node"]: int(e.get("maxmem") or 0) for e in entries if e["type"] == "node" and _is_online(e)}
        self._storages_of = {node: _list_available_storages(entries, node) for node in self._free}
        for entry in entries:
            if entry["type"] in _GUESTS and entry.get("status") == "running":
                self.commit(entry["node"], int(entry.get("maxmem") or 0))

    def choose(self, storages: Collection[str]) -> str:
        """The online node with all I(storages) whose running guests leave the most memory.

        Among equal nodes the first by name is chosen. A storage that no node has makes no difference here. Raises
        C(unsupported) when there is none.
        """
        storages = self._storages & set(storages)
        suitable = [node for node in sorted(self._free) if storages <= self._storages_of[node]]
        if not suitable:
            wanted = ", ".join(sorted(storages)) or "any storage"
            raise PveError(
                UNSUPPORTED,
                f"No online node has {wanted}.",
                "List the storages to see which nodes have them, or name a node.",
            )
        return max(suitable, key=self._free.__getitem__)

    def commit(self, node: str, memory: int) -> None:
        """Count so many bytes of memory as used by a guest that runs, or is to run, on a node."""
        if node in self._free:
            self._free[node] -= memory


def choose_node(entries: Iterable[Mapping[str, Any]], storages: Collection[str]) -> str:
    """The node for one new guest; see L(Placement)."""
    return Placement(entries).choose(storages)


def list_storages(params: Mapping[str, Any]) -> set[str]:
    """The storages of a new guest's disks, media and template."""
    storages = {disk["storage"] for disk in params["disks"] or () if disk["storage"]}
    volumes = [disk[key] for disk in params["disks"] or () for key in ("cdrom", "volume", "import_from") if disk[key]]
    volumes += [params["ostemplate"]] if params["ostemplate"] else []
    return storages | {volume.partition(":")[0] for volume in volumes if ":" in volume and not volume.startswith("/")}


def check_node(entries: Iterable[Mapping[str, Any]], node: str) -> None:
    """Raise C(not_found) or C(node_offline) for a node that can't have a new guest."""
    members = {entry["node"]: entry for entry in entries if entry["type"] == "node"}
    if node not in members:
        raise missing_error("node", node, members)
    if not _is_online(members[node]):
        raise PveError(NODE_OFFLINE, f"Node {node} is offline.", "Bring it back, or choose another one.")


def _is_online(entry: Mapping[str, Any]) -> bool:
    # A token without Sys.Audit on the node sees no status of it.
    return str(entry.get("status", "online")) != "offline"


def _list_available_storages(entries: Iterable[Mapping[str, Any]], node: str) -> set[str]:
    return {
        e["storage"] for e in entries if e["type"] == "storage" and e["node"] == node and e.get("status") == "available"
    }
