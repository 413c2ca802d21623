# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read resource pools."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._api.client import Client


@dataclass(frozen=True)
class Pool:
    """A pool with the vmids of its guests and the names of its storages, both sorted."""

    exists: bool = False
    comment: str = ""
    vmids: tuple[int, ...] = ()
    storages: tuple[str, ...] = ()

    def describe(self) -> dict[str, Any]:
        return {**asdict(self), "vmids": list(self.vmids), "storages": list(self.storages)}


def read_pool(client: Client, name: str) -> Pool:
    """A pool. Its name goes into a parameter of the request, since it may contain a slash."""
    if all(entry["poolid"] != name for entry in client.get("/pools")):
        return Pool()
    (entry,) = client.get("/pools", poolid=name)
    return parse_pool(entry)


def parse_pool(entry: dict[str, Any]) -> Pool:
    """A pool with its members, from an entry of C(GET /pools?poolid=)."""
    members = entry.get("members") or []
    return Pool(
        exists=True,
        comment=str(entry.get("comment") or ""),
        vmids=tuple(sorted({int(member["vmid"]) for member in members if "vmid" in member})),
        storages=tuple(sorted({member["storage"] for member in members if "storage" in member})),
    )
