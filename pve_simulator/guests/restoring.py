# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restoring backups: POST /nodes/{node}/qemu and lxc do it when an archive is given.

The backup room registers how; the handlers that make guests call it after their own early checks.
"""

from __future__ import annotations

from collections.abc import Callable

from pve_simulator.errors import not_simulated
from pve_simulator.requests.call import Call
from pve_simulator.state.guest import Config, GuestType

# Gets the call and the settings that override the archive's configuration; returns the task's UPID.
Restorer = Callable[[Call, Config], str]

_RESTORERS: dict[GuestType, Restorer] = {}


def register_restorer(kind: GuestType) -> Callable[[Restorer], Restorer]:
    """Register what restores guests of this type."""

    def register(restore: Restorer) -> Restorer:
        _RESTORERS[kind] = restore
        return restore

    return register


def restore(kind: GuestType, call: Call, settings: Config) -> str:
    """Start restoring the archive that a call names."""
    restorer = _RESTORERS.get(kind)
    if restorer is None:
        raise not_simulated(call.method, call.path)
    return restorer(call, settings)
