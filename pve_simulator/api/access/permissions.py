# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GET /access/permissions."""

from __future__ import annotations

from pve_simulator.errors import forbidden
from pve_simulator.requests.call import Call
from pve_simulator.requests.privileges import STANDARD_PATHS, known_paths, privileges
from pve_simulator.requests.router import route


@route("GET", "/access/permissions")
def effective_permissions(call: Call) -> dict[str, dict[str, int]]:
    """Privileges by path, of the caller or (with Sys.Audit on /access) of somebody else."""
    caller = call.subject.userid
    authid = call.text("userid", caller) or caller
    if authid != caller and not authid.startswith(f"{caller}!") and not call.subject.may("/access", "Sys.Audit"):
        raise forbidden("Permission check failed (/access, Sys.Audit)")
    path = call.text("path")
    if path is not None:
        return {path: _flags(call, authid, path)}
    access = call.cluster.access
    paths = {*STANDARD_PATHS, *known_paths(access)}
    for pool in call.cluster.pools.values():
        paths |= {f"/vms/{vmid}" for vmid in pool.vms} | {f"/storage/{storage}" for storage in pool.storages}
    by_path = {path: _flags(call, authid, path) for path in sorted(paths)}
    return {path: flags for path, flags in by_path.items() if flags}


def _flags(call: Call, authid: str, path: str) -> dict[str, int]:
    return {name: int(propagate) for name, propagate in privileges(call.cluster, authid, path).items()}
