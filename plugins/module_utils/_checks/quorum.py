# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quorum: what is not begun without it, since it would interrupt or destroy what nobody could bring back then.

A cluster that has lost the majority of its nodes still stops guests and destroys disks, but starts nothing and writes
no configuration. Whatever else it can't do, it refuses itself, and nothing is lost by asking.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._api.errors import NO_QUORUM, NO_QUORUM_HINT, PERMISSION_DENIED, PveError

if TYPE_CHECKING:
    from .._api.client import Client
    from .._module.plan import Step

_GUEST = r"/nodes/[^/]+/(?:qemu|lxc)"
# What interrupts guests, loses data, or leaves behind what can't be put right before there is quorum again.
_RISKY = re.compile(
    rf"DELETE .*"
    rf"|POST {_GUEST}/\d+/status/(?:stop|shutdown|reboot|reset|suspend)"
    rf"|POST {_GUEST}/\d+/(?:migrate|remote_migrate|move_disk|move_volume|template|snapshot/[^/]+/rollback)"
    rf"|PUT {_GUEST}/\d+/(?:resize|unlink)"
    r"|POST /nodes/[^/]+/(?:stopall|suspendall|migrateall|status)"
    r"|POST /cluster/bulk-action/guest/(?:shutdown|suspend|migrate)"
)


def require_quorum(client: Client, steps: Iterable[Step], *, for_all: bool = False) -> None:
    """Raise C(no_quorum) for steps that must not be begun without it; reads at most one thing, and only for those.

    Nothing is read when all nodes have just been seen online. Who may not see the cluster's state is not held up.
    I(for_all): none of the steps is begun, since they belong together.
    """
    risky = [step for step in steps if for_all or is_risky(step.method, step.path, step.params)]
    if not risky or client.has_seen_all_nodes_online:
        return
    try:
        entries = client.get("/cluster/status")
    except PveError as error:
        if error.code == PERMISSION_DENIED:
            return
        raise
    if has_quorum(entries):
        return
    offline = sorted(str(entry["name"]) for entry in entries if entry["type"] == "node" and not entry.get("online"))
    raise PveError(
        NO_QUORUM,
        f"The cluster has no quorum ({', '.join(offline) or 'most of its nodes'} offline), so this was not begun: "
        f"{risky[0].why}. Nothing was changed.",
        NO_QUORUM_HINT,
    )


def has_quorum(entries: Iterable[dict[str, Any]]) -> bool:
    """Whether a cluster has quorum, by C(GET /cluster/status); a single node always has."""
    return all(int(entry.get("quorate", 1)) for entry in entries if entry["type"] == "cluster")


def is_risky(method: str, path: str, params: dict[str, Any]) -> bool:
    """Whether a request interrupts a guest, loses data, or can't be undone without quorum."""
    if _RISKY.fullmatch(f"{method} {path}"):
        return True
    if method == "POST" and path.endswith("/vzdump"):
        return params.get("mode") in ("stop", "suspend")
    # Over an existing guest, or a configuration from which a drive goes.
    return method != "GET" and bool(int(params.get("force") or 0))
