# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find ids for new guests."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .._api.errors import INVALID_PARAMETER, PveError

if TYPE_CHECKING:
    from .._api.client import Client


def find_free_vmid(client: Client) -> int:
    """The id that a new guest gets; see L(find_free_vmids)."""
    return find_free_vmids(client, 1)[0]


def find_free_vmids(
    client: Client, count: int, taken: Iterable[int] = (), *, others_are_free: bool = False
) -> list[int]:
    """The ids that so many new guests get: the cluster's next free ones that nobody else is about to take.

    Whoever runs several modules at once, or applies what was planned before, says by C(PVE_OWN_VMID) which ids were
    meant for these ones, in their order, and by C(PVE_RESERVED_VMIDS) which ones are meant for others, as I(taken) are.
    I(others_are_free): no guest has an id that is not among I(taken), so that none is asked for.
    """
    if not count:
        return []

    def is_free(vmid: int) -> bool:
        return others_are_free or _is_free(client, vmid)

    reserved = {*_read_ids("PVE_RESERVED_VMIDS"), *taken}
    own = [vmid for vmid in _read_ids("PVE_OWN_VMID") if vmid not in taken and is_free(vmid)]
    found = own[:count]
    if len(found) == count:
        return found
    vmid = first = int(client.get("/cluster/nextid"))
    reserved.update(found)
    while len(found) < count:
        if vmid not in reserved and (vmid == first or is_free(vmid)):
            found.append(vmid)
        vmid += 1
    return found


def _read_ids(variable: str) -> list[int]:
    return [int(vmid) for vmid in os.environ.get(variable, "").split(",") if vmid]


def _is_free(client: Client, vmid: int) -> bool:
    try:
        return int(client.get("/cluster/nextid", vmid=vmid)) == vmid
    except PveError as error:
        if error.code != INVALID_PARAMETER:
            raise
        return False
