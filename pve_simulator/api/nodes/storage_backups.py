# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/storage/{storage}: prune backups, look into backups and images."""

from __future__ import annotations

from typing import Any

from pve_simulator.backup.retention import Keep, parse_keep, prune_list
from pve_simulator.errors import failure
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.storage import Storage, Volume
from pve_simulator.storage.access import check_volume_access
from pve_simulator.storage.content import list_volumes
from pve_simulator.storage.lookup import parse_volid, require_volume, storage_of
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task


@route("GET", "/nodes/{node}/storage/{storage}/prunebackups")
def preview(call: Call) -> list[dict[str, Any]]:
    """Which backups pruning would keep and remove."""
    storage, keep = _read_retention(call)
    return prune_list(_list_backups(call, storage), keep)


@route("DELETE", "/nodes/{node}/storage/{storage}/prunebackups")
def prune(call: Call) -> str:
    """Remove the backups that the retention does not keep."""
    name = call.need("storage")
    vmid = call.params.get("vmid")
    if vmid is not None:
        call.subject.require(f"/storage/{name}", "Datastore.AllocateSpace")
        call.subject.require(f"/vms/{vmid}", "VM.Backup")
    else:
        call.subject.require(f"/storage/{name}", "Datastore.Allocate")

    async def worker(task: Task) -> None:
        storage, keep = _read_retention(call)
        await task.work()
        for entry in prune_list(_list_backups(call, storage), keep):
            if entry["mark"] == "remove":
                task.say(f"removing backup '{entry['volid']}'")
                Volumes(call.cluster, call.node).free(entry["volid"])

    return call.task("prunebackups", f"{vmid}@{name}" if vmid is not None else name, worker)


@route("GET", "/nodes/{node}/storage/{storage}/file-restore/list")
def list_files(call: Call) -> list[dict[str, Any]]:
    """What is in a backup; only Proxmox Backup Server's can be looked into."""
    raise _no_file_restore(call)


@route("GET", "/nodes/{node}/storage/{storage}/file-restore/download")
def download_file(call: Call) -> None:
    """A file out of a backup; only Proxmox Backup Server's can be looked into."""
    raise _no_file_restore(call)


@route("GET", "/nodes/{node}/storage/{storage}/import-metadata")
def import_metadata(call: Call) -> dict[str, Any]:
    """How a virtual machine would be made of an OVA or OVF."""
    volid = f"{call.need('storage')}:{call.need('volume')}"
    check_volume_access(call.subject, call.cluster, volid)
    storage, parsed = parse_volid(call.cluster, volid)
    if parsed.content != "import":
        raise failure(f"invalid content type '{parsed.content}'")
    if parsed.format not in ("ova", "ovf"):
        raise failure("invalid format")
    require_volume(call.cluster, call.node, volid)
    name = parsed.name.rpartition(".")[0]
    inner = f"{name}-disk1.vmdk"
    place = f"{storage.id}:{call.need('volume')}/{inner}" if parsed.format == "ova" else f"{storage.id}:import/{inner}"
    return {
        "type": "vm",
        "source": call.need("volume"),
        "create-args": {"name": name, "cores": 1, "memory": 2048},
        "disks": {"scsi0": {"volid": place}},
        "net": {"net0": {"model": "e1000"}},
        "warnings": [{"type": "ova-needs-extracting"}] if parsed.format == "ova" else [],
    }


def _no_file_restore(call: Call) -> Exception:
    volume = call.need("volume")
    volid = volume if ":" in volume else f"{call.need('storage')}:{volume}"
    check_volume_access(call.subject, call.cluster, volid)
    storage, parsed = parse_volid(call.cluster, volid)
    if parsed.content != "backup":
        return failure(f"'{volid}' is not a backup")
    if storage.type != "pbs":
        return failure("Only PBS storages supported for file-restore.")
    return failure(f"file-restore of '{volid}' is not simulated")


def _read_retention(call: Call) -> tuple[Storage, Keep]:
    storage = storage_of(call.cluster, call.need("storage"))
    if "backup" not in storage.content:
        raise failure(f"storage '{storage.id}' does not support backups")
    text = call.text("prune-backups") or storage.config.get("prune-backups")
    if text is None:
        raise failure(f"no prune-backups options configured for storage '{storage.id}'")
    return storage, parse_keep(text)


def _list_backups(call: Call, storage: Storage) -> list[Volume]:
    kind = call.text("type")
    vmid = call.params.get("vmid")
    found = list_volumes(call.cluster, storage, call.node, content="backup", vmid=vmid)
    return [volume for volume, entry in found if kind in (None, entry["subtype"])]
