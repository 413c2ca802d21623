# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find an id for a new guest."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .._api.errors import INVALID_PARAMETER, PveError

if TYPE_CHECKING:
    from .._api.client import Client


def find_free_vmid(client: Client) -> int:
    """The id that a new guest gets: the cluster's next free one that nobody else is about to take.

    Whoever runs several modules at once, or applies what was planned before, says by C(PVE_OWN_VMID) which id was meant
    for this one, and by C(PVE_RESERVED_VMIDS) which ones are meant for others.
    """
    own = os.environ.get("PVE_OWN_VMID", "")
    if own and _is_free(client, int(own)):
        return int(own)
    reserved = {int(vmid) for vmid in os.environ.get("PVE_RESERVED_VMIDS", "").split(",") if vmid}
    vmid = first = int(client.get("/cluster/nextid"))
    while vmid in reserved or (vmid != first and not _is_free(client, vmid)):
        vmid += 1
    return vmid


def _is_free(client: Client, vmid: int) -> bool:
    try:
        return int(client.get("/cluster/nextid", vmid=vmid)) == vmid
    except PveError as error:
        if error.code != INVALID_PARAMETER:
            raise
        return False
