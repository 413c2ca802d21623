# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/storage/{storage}/content: list, allocate, and one volume."""

from __future__ import annotations

import re
from typing import Any

from pve_simulator.errors import failure, invalid
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.storage import Storage
from pve_simulator.storage.access import check_volume_access, may_access_volume
from pve_simulator.storage.content import build_volume_page, list_volumes
from pve_simulator.storage.lookup import enabled_storage, find_volume, parse_volid
from pve_simulator.storage.names import VolumeName, is_directory, path_of, split_volid
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task

_KIB = 1024
_ONE = "/nodes/{node}/storage/{storage}/content/{volume}"


@route("GET", "/nodes/{node}/storage/{storage}/content")
def list_content(call: Call) -> list[dict[str, Any]]:
    """The volumes that the caller may use."""
    storage = enabled_storage(call.cluster, call.need("storage"), call.node)
    vmid = call.params.get("vmid")
    entries = list_volumes(call.cluster, storage, call.node, content=call.text("content"), vmid=vmid)
    return [entry for volume, entry in entries if may_access_volume(call.subject, call.cluster, volume.volid)]


@route("POST", "/nodes/{node}/storage/{storage}/content")
def allocate(call: Call) -> str:
    """Allocate an image for a guest; the suffix of its name is its format."""
    name, size = call.need("filename"), call.need("size")
    unit = {"M": _KIB, "G": _KIB**2}.get(size[-1], 1)
    form = call.text("format")
    suffix = re.search(r"\.(raw|qcow2|vmdk)$", name)
    if suffix:
        if form not in (None, suffix[1]):
            raise invalid({"format": f"different storage formats ({form} != {suffix[1]})"})
        form = suffix[1]
    storage = enabled_storage(call.cluster, call.need("storage"), call.node)
    if is_directory(storage) and not re.fullmatch(r"[^/\s]+\.(raw|qcow2|vmdk|subvol)", name):
        raise failure(f"unable to parse volume filename '{name}'")
    if not is_directory(storage) and not re.match(rf"(vm|subvol)-{call.vmid}-", name):
        raise failure(f"illegal name '{name}' - should be 'vm-{call.vmid}-*'")
    volume = _get_volumes(call).allocate(storage.id, call.vmid, int(size.rstrip("MG")) * unit * _KIB, form, name)
    return volume.volid


@route("GET", _ONE)
def read_volume(call: Call) -> dict[str, Any]:
    """Path, size and use of a volume; notes and protection of a backup."""
    volid = _read_volid(call)
    storage = _require_readable(call, volid)[0]
    volume = find_volume(call.cluster, call.node, volid)
    if volume is None:
        raise failure(f"volume_size_info on '{volid}' failed - no format")
    return build_volume_page(storage, volume)


@route("PUT", _ONE)
def update_volume(call: Call) -> None:
    """Notes and protection of a backup."""
    volid = _read_volid(call)
    parsed = _require_readable(call, volid)[1]
    volume = find_volume(call.cluster, call.node, volid)
    for attribute in ("notes", "protected"):
        if attribute not in call.params:
            continue
        if parsed.content != "backup":
            raise failure(
                "only backups can have notes"
                if attribute == "notes"
                else f"only backups support attribute '{attribute}'"
            )
        if volume is None:
            # The server writes both into files of their own, whether there is a backup beside them or not.
            continue
        if attribute == "notes":
            volume.notes = call.text("notes") or None
        else:
            volume.protected = call.flag("protected")


@route("DELETE", _ONE)
async def delete_volume(call: Call) -> str | None:
    """Remove a volume: a task, or null when it ends within `delay` seconds."""
    volid = _read_volid(call)
    storage, parsed = parse_volid(call.cluster, volid)
    if parsed.content == "backup" and parsed.vmid:
        call.subject.require(f"/storage/{storage.id}", "Datastore.AllocateSpace")
        call.subject.require(f"/vms/{parsed.vmid}", "VM.Backup")
    else:
        call.subject.require(f"/storage/{storage.id}", "Datastore.Allocate")

    async def worker(task: Task) -> None:
        enabled_storage(call.cluster, storage.id, call.node)
        await task.work()
        volumes = Volumes(call.cluster, call.node, say=task.say)
        if volumes.find(volid) is None and is_directory(storage):
            task.say(f"disk image '{path_of(storage, volid.partition(':')[2])}' does not exist")
        volumes.free(volid)
        task.say(f"Removed volume '{volid}'")

    upid = call.task("imgdel", f"{parsed.vmid}@{storage.id}" if parsed.vmid else storage.id, worker)
    return await _wait_briefly(call, upid) if call.params.get("delay") else upid


@route("POST", _ONE)
def copy_volume(call: Call) -> str:
    """Copy a volume to a name of its storage, on this node or another (experimental on real servers, too)."""
    source = _read_volid(call)
    target = call.need("target")
    target = target if ":" in target else f"{call.need('storage')}:{target}"
    node = call.text("target_node") or call.node

    async def worker(task: Task) -> None:
        task.say(f"DEBUG: starting worker {task.upid}")
        volume = Volumes(call.cluster, call.node).require(source)
        storage, parsed = parse_volid(call.cluster, target)
        await task.work()
        enabled_storage(call.cluster, storage.id, node)
        copy = Volumes(call.cluster, node, int(call.world.clock.time()), task.say)
        copy.allocate(storage.id, parsed.vmid, volume.size, volume.format, parsed.name)
        task.say(f"DEBUG: end worker {task.upid}")

    return call.task("imgcopy", "", worker)


async def _wait_briefly(call: Call, upid: str) -> str | None:
    task = call.world.tasks.get(upid)
    if task is None:
        return upid
    await call.world.clock.run_until_idle()
    deadline = call.world.clock.time() + call.integer("delay")
    while task.running and call.world.clock.time() < deadline:
        await call.world.clock.sleep(1)
    if task.running:
        return upid
    if task.failed:
        raise failure(task.exitstatus or "")
    return None


def _get_volumes(call: Call) -> Volumes:
    return Volumes(call.cluster, call.node, int(call.world.clock.time()))


def _require_readable(call: Call, volid: str) -> tuple[Storage, VolumeName]:
    check_volume_access(call.subject, call.cluster, volid)
    return parse_volid(call.cluster, volid)


def _read_volid(call: Call) -> str:
    """The volume of the path, whose storage may be left out."""
    volume, storage = call.need("volume"), call.text("storage")
    if ":" not in volume:
        if storage is None:
            raise invalid({"volume": "no storage specified - incomplete volume ID"})
        return f"{storage}:{volume}"
    parts = split_volid(volume)
    if parts is None:
        raise invalid({"volume": f"unable to parse volume ID '{volume}'\n"})
    if storage is not None and parts[0] != storage:
        raise invalid({"volume": f"storage ID mismatch ({parts[0]} != {storage})\n"})
    return volume
