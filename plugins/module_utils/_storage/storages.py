# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find storages and volumes, and describe them as results show them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING, Any

from .._api.client import segment
from .._api.concurrency import READS_AT_ONCE, bounded_map
from .._api.errors import NOT_FOUND, PveError
from .._api.missing import missing_error

if TYPE_CHECKING:
    from .._api.client import Client


def storage_path(node: str, storage: str) -> str:
    return f"/nodes/{segment(node)}/storage/{segment(storage)}"


def find_volume(client: Client, storage: str, volid: str, content: str) -> tuple[str, dict[str, Any] | None]:
    """The first node that sees a volume, and the volume's entry there; a node of the storage and None if no node does.

    Raises C(not_found) when no node has the storage.
    """
    listed = client.get("/cluster/resources", type="storage")
    entries = [entry for entry in listed if entry["storage"] == storage]
    nodes = sorted(entry["node"] for entry in entries if entry.get("status") == "available")
    if not entries:
        raise missing_error("storage", storage, (entry["storage"] for entry in listed))
    if not nodes:
        raise PveError(NOT_FOUND, f"No node has the storage {storage} available.", "List the storages to see which do.")
    for node in nodes:
        for entry in client.get(f"{storage_path(node, storage)}/content", content=content):
            if entry["volid"] == volid:
                return node, entry
    return nodes[0], None


def describe_storage(entry: dict[str, Any]) -> dict[str, Any]:
    """A storage from an entry of C(/cluster/resources)."""
    return {
        "storage": entry["storage"],
        "node": entry["node"],
        "type": entry.get("plugintype"),
        "shared": bool(int(entry.get("shared") or 0)),
        "status": entry.get("status", "unknown"),
        # The API lists it in no order.
        "content": sorted(filter(None, str(entry.get("content") or "").split(","))),
        "used": entry.get("disk"),
        "total": entry.get("maxdisk"),
    }


def describe_space(used: int | None, total: int | None) -> dict[str, Any]:
    """Space in bytes with what is free, and what is used in percent; null where it is not known."""
    is_known = used is not None and bool(total)
    return {
        "used": used,
        "total": total,
        "free": max(0, int(total or 0) - int(used or 0)) if is_known else None,
        "used_percent": round(100 * int(used or 0) / int(total or 1), 1) if is_known else None,
    }


def sum_space(storages: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The space of all storages, as L(describe_storage) describes them; one that nodes share counts once."""
    known = [entry for entry in storages if entry["used"] is not None and entry["total"]]
    places = {(entry["storage"], "" if entry["shared"] else entry["node"]): entry for entry in known}
    used, total = (sum(int(entry[key]) for entry in places.values()) for key in ("used", "total"))
    return describe_space(used, total)


def describe_volume(entry: dict[str, Any], storage: dict[str, Any]) -> dict[str, Any]:
    """A volume from an entry of a storage's content."""
    return {
        "volid": entry["volid"],
        "storage": storage["storage"],
        "node": storage["node"],
        "content": entry.get("content"),
        "format": entry.get("format"),
        "size": entry.get("size"),
        "vmid": int(entry["vmid"]) if entry.get("vmid") else None,
        "ctime": int(entry["ctime"]) if entry.get("ctime") else None,
        "notes": entry.get("notes"),
        "protected": bool(int(entry.get("protected") or 0)),
    }


def find_missing_vmids(client: Client, vmids: set[int]) -> set[int]:
    """Those of these vmids that no guest of the cluster has, whether or not the login may see the guest."""
    if not vmids:
        return set()
    hidden = sorted(vmids - {int(entry["vmid"]) for entry in client.get("/cluster/resources", type="vm")})
    return set(compress(hidden, bounded_map(READS_AT_ONCE, partial(_is_free, client), hidden)))


def _is_free(client: Client, vmid: int) -> bool:
    """Whether no guest has this vmid, which everybody may ask of every vmid."""
    try:
        client.get("/cluster/nextid", vmid=vmid)
    except PveError as error:
        if error.http_status == 400:
            return False
        raise
    return True


def select_readable(storages: list[dict[str, Any]], content: str) -> list[dict[str, Any]]:
    """The storages whose content to read: those that may have this content; a shared one on one node only."""
    selected: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in storages:
        if entry["status"] == "available" and (content == "all" or content in entry["content"]):
            selected.setdefault((entry["storage"], "" if entry["shared"] else entry["node"]), entry)
    return list(selected.values())
