# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read resource pools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .._checks.existing import Existing

if TYPE_CHECKING:
    from .._api.client import Client


@dataclass(frozen=True)
class Pool:
    """A pool with the vmids of its guests and the names of its storages, both sorted.

    I(inner) are the pools inside it. I(owners) are the pools that guests are in which it is to have.
    """

    exists: bool = False
    comment: str = ""
    vmids: tuple[int, ...] = ()
    storages: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    owners: Mapping[int, str] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        return {
            "exists": self.exists,
            "comment": self.comment,
            "vmids": list(self.vmids),
            "storages": list(self.storages),
        }


def read_pool(client: Client, name: str) -> Pool:
    """A pool. Its name goes into a parameter of the request, since it may contain a slash."""
    names = [str(entry["poolid"]) for entry in client.get("/pools")]
    if name not in names:
        return Pool()
    (entry,) = client.get("/pools", poolid=name)
    return replace(parse_pool(entry), inner=tuple(sorted(one for one in names if one.startswith(f"{name}/"))))


def find_owners(client: Client, vmids: Iterable[int]) -> dict[int, str]:
    """The pools that guests are in, by vmid, without those that are in none."""
    existing = Existing(client)
    guests = [entry for kind in ("qemu", "lxc") for entry in existing.list_resources(kind)]
    pools = {int(entry["vmid"]): str(entry["pool"]) for entry in guests if entry.get("pool")}
    return {vmid: pools[vmid] for vmid in vmids if vmid in pools}


def parse_pool(entry: dict[str, Any]) -> Pool:
    """A pool with its members, from an entry of C(GET /pools?poolid=)."""
    members = entry.get("members") or []
    return Pool(
        exists=True,
        comment=str(entry.get("comment") or ""),
        vmids=tuple(sorted({int(member["vmid"]) for member in members if "vmid" in member})),
        storages=tuple(sorted({member["storage"] for member in members if "storage" in member})),
    )
