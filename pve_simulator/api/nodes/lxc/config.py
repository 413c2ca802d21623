# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/lxc/{vmid}/config and pending."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import failure, invalid
from pve_simulator.guests import power
from pve_simulator.guests.configs import config_view, pending_view
from pve_simulator.guests.lxc.changes import ConfigUpdate
from pve_simulator.guests.lxc.permissions import ConfigRights
from pve_simulator.guests.lxc.values import config_params
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.schema import config_schema
from pve_simulator.state.guest import Guest
from pve_simulator.storage.volumes import Volumes

MODIFIED = "detected modified configuration - file changed by other user? Try again."
_NOT_AN_OPTION = frozenset({"node", "vmid", "digest"})
_ONLY_SHOWN = frozenset({"parent", "snaptime"})


@route("GET", "/nodes/{node}/lxc/{vmid}/config")
def read_config(call: Call) -> dict[str, Any]:
    """The configuration, its values typed as the schema says."""
    if call.text("snapshot") and call.flag("current"):
        text = "cannot use 'snapshot' parameter with 'current'"
        raise invalid({"snapshot": text, "current": text})
    return config_view(call, "lxc")


@route("GET", "/nodes/{node}/lxc/{vmid}/pending")
def read_pending(call: Call) -> list[dict[str, Any]]:
    """The configuration with the changes that wait for a restart."""
    return pending_view(call.guest("lxc"))


@route("PUT", "/nodes/{node}/lxc/{vmid}/config")
async def update_config(call: Call) -> None:
    """Change, delete and revert options; some changes of a running container wait for its next start."""
    if not call.params.keys() - _NOT_AN_OPTION:
        raise failure("no options specified")
    guest = call.guest("lxc")
    changes = config_params(call.params)
    delete, revert = call.items("delete"), call.items("revert")
    unprivileged = guest.config.get("unprivileged") == "1"
    rights = ConfigRights(call.cluster, call.subject, guest.vmid)
    rights.check(guest.config, {}, [*delete, *revert], unprivileged=unprivileged)
    _check_names(call, delete, revert)
    rights.check(guest.config, changes, unprivileged=unprivileged)
    async with call.world.locks.hold("lxc", guest.vmid):
        guest = call.guest("lxc")
        power.check_lock(guest)
        check_digest(guest, call.text("digest"))
        volumes = Volumes(call.cluster, guest.node, int(call.world.clock.time()))
        errors = ConfigUpdate(guest, volumes).apply(changes, delete, revert)
    if errors:
        raise invalid(errors)


def check_digest(guest: Guest, digest: str | None) -> None:
    """Raise when the configuration has changed since the caller read it."""
    if digest and digest != guest.digest:
        raise failure(MODIFIED)


def _check_names(call: Call, delete: list[str], revert: list[str]) -> None:
    for key in revert:
        if not _is_option(key):
            raise invalid({"revert": f"unknown option '{key}'"})
        if key in call.params:
            raise invalid({"revert": f"you can't use '-{key}' and '-revert {key}' at the same time"})
    for key in delete:
        if not _is_option(key):
            raise invalid({"delete": f"unknown option '{key}'"})
        if key in call.params:
            raise invalid({"delete": f"you can't use '-{key}' and -delete {key}' at the same time"})
        if key in revert:
            raise invalid({"delete": f"you can't use '-delete {key}' and '-revert {key}' at the same time"})


def _is_option(key: str) -> bool:
    return key in config_schema("lxc") or key in _ONLY_SHOWN
