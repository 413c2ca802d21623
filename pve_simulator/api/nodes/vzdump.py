# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/vzdump: back guests up now, the defaults, and what is in a backup."""

from __future__ import annotations

from typing import Any

from pve_simulator.backup import options, restore_container, restore_machine
from pve_simulator.backup.vzdump import Vzdump
from pve_simulator.errors import failure, invalid
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.schema import parse_property_string
from pve_simulator.storage.access import check_volume_access
from pve_simulator.storage.lookup import parse_volid, require_volume, storage_of
from pve_simulator.storage.names import root_path
from pve_simulator.world.tasks import Task

# Registered for the handlers that create guests, which restore when an archive is given.
RESTORERS = (restore_machine, restore_container)
_ROOT_ONLY = ("tmpdir", "dumpdir", "script", "job-id")
_TUNING = ("bwlimit", "performance", "ionice")
_DEFAULTS: dict[str, Any] = {
    "all": 0,
    "bwlimit": 0,
    "compress": "0",
    "fleecing": {"enabled": 0},
    "ionice": 7,
    "lockwait": 180,
    "mailnotification": "always",
    "mode": "snapshot",
    "notification-mode": "auto",
    "performance": {"max-workers": 16, "pbs-entries-max": 1048576},
    "pigz": 0,
    "prune-backups": "keep-all=1",
    "quiet": 0,
    "remove": 1,
    "stdexcludes": 1,
    "stop": 0,
    "stopwait": 10,
    "zstd": 1,
}


@route("POST", "/nodes/{node}/vzdump")
def back_up(call: Call) -> str:
    """Start a backup of the guests that this node has; `OK` and no task when it has none of them."""
    params = dict(call.params)
    if call.flag("stdout"):
        raise invalid({"stdout": "option is only allowed on the command line interface."})
    check_rights(call)
    options.check_options(params, complete=True)
    here = options.select_guests(call.cluster, params).local(call.node)
    if call.flag("stop"):
        call.subject.require(f"/nodes/{call.node}", "Sys.Modify")
        for task in call.world.tasks.list_active(call.node):
            if task.upid.type == "vzdump":
                call.world.tasks.stop(task)
    if not here and (call.flag("stop") or not params.get("all")):
        return "OK"
    if call.text("storage") is not None:
        call.subject.require(f"/storage/{call.need('storage')}", "Datastore.AllocateSpace")
    settings = options.read_options(params)

    async def worker(task: Task) -> None:
        await Vzdump(call.world, task, call.subject, call.node, settings).run(here)

    return call.task("vzdump", here[0] if len(here) == 1 else "", worker)


@route("GET", "/nodes/{node}/vzdump/defaults")
def read_defaults(call: Call) -> dict[str, Any]:
    """The defaults on this node, with what the storage adds to them."""
    name = call.text("storage", "local") or "local"
    call.subject.require(f"/storage/{name}", "Datastore.Audit", "Datastore.AllocateSpace")
    storage = storage_of(call.cluster, name)
    if "backup" not in storage.content:
        raise failure(f"can't use storage '{name}' for backups - wrong content type")
    view = {**_DEFAULTS, "storage": name}
    if storage.type != "pbs":
        view["dumpdir"] = f"{root_path(storage)}/dump"
    if "prune-backups" in storage.config:
        view["prune-backups"] = storage.config["prune-backups"]
    if not call.subject.may(f"/nodes/{call.node}", "Sys.Audit"):
        for key in ("dumpdir", "ionice"):
            view.pop(key, None)
    return view


@route("GET", "/nodes/{node}/vzdump/extractconfig")
def extract_config(call: Call) -> str:
    """The configuration inside a backup, as text."""
    volid = call.need("volume")
    check_volume_access(call.subject, call.cluster, volid)
    parsed = parse_volid(call.cluster, volid)[1]
    if parsed.vmid:
        call.subject.require(f"/vms/{parsed.vmid}", "VM.Backup")
    volume = require_volume(call.cluster, call.node, volid)
    if volume.archived is None:
        raise failure(f"cannot determine backup guest type for backup archive '{volid}'")
    return volume.archived.config


def check_rights(call: Call) -> None:
    """Raise for options that need more than backing up does."""
    for option in _ROOT_ONLY:
        if call.params.get(option) is not None and not call.subject.is_root_password_login:
            raise invalid({option: "Only root may set this option."})
    if any(call.params.get(option) is not None for option in _TUNING):
        call.subject.require("/", "Sys.Modify")
    fleecing = call.text("fleecing")
    if fleecing is not None:
        storage = parse_property_string(fleecing, "backup-fleecing", "fleecing").get("storage")
        if storage is not None:
            call.subject.require(f"/storage/{storage}", "Datastore.AllocateSpace")
    if call.params.get("prune-backups") is not None and call.text("storage") is not None:
        call.subject.require(f"/storage/{call.need('storage')}", "Datastore.Allocate")
