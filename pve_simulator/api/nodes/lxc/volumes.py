# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/lxc/{vmid}: move_volume, template and feature, which are about the container's volumes."""

from __future__ import annotations

from pve_simulator.errors import failure, invalid
from pve_simulator.guests import power, snapshots
from pve_simulator.guests.lxc import move
from pve_simulator.guests.lxc.features import config_has_feature, volume_has_feature
from pve_simulator.guests.lxc.mountpoints import list_mounts
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.storage.features import Feature
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task

_FEATURES: dict[str, Feature] = {"snapshot": "snapshot", "clone": "clone", "copy": "copy"}


@route("POST", "/nodes/{node}/lxc/{vmid}/move_volume")
async def move_volume(call: Call) -> str:
    """Copy a volume to another storage, or give it to another container."""
    storage, target = call.text("storage"), call.text("target-vmid")
    if storage is not None and target is not None:
        raise failure("either set storage or target-vmid, but not both")
    if target is not None:
        return _reassign(call)
    if storage is None:
        text = "both 'storage' and 'target-vmid' missing, either needs to be set"
        raise invalid({"target-vmid": text, "storage": text})
    return await _move_to_storage(call, storage)


@route("POST", "/nodes/{node}/lxc/{vmid}/template")
async def make_template(call: Call) -> None:
    """Turn a stopped container without snapshots into a template; the task's id is not returned."""
    async with call.world.locks.hold("lxc", call.vmid):
        guest = call.guest("lxc")
        power.check_lock(guest)
        if guest.snapshots:
            raise failure("unable to create template, because CT contains snapshots")
        if guest.template:
            raise failure("you can't convert a template to a template")
        if guest.running:
            raise failure("you can't convert a CT to template if the CT is running")

        async def worker(task: Task) -> None:
            volumes = Volumes(call.cluster, guest.node, int(call.world.clock.time()), task.say)
            for mount in list_mounts(guest.config):
                if mount.kind != "volume" or not volume_has_feature(call.cluster, mount.volume, "template"):
                    raise failure(f"Template feature is not available for '{mount.volume}'")
            for mount in list_mounts(guest.config):
                guest.config[mount.key] = mount.with_volume(volumes.make_base(mount.volume).volid).text()
            guest.config["template"] = "1"

        call.task("vztemplate", guest.vmid, worker)


@route("GET", "/nodes/{node}/lxc/{vmid}/feature")
def read_feature(call: Call) -> dict[str, int]:
    """Whether the container (or its snapshot) can be snapshotted, linked-cloned or copied."""
    guest = call.guest("lxc")
    config, name = guest.config, call.text("snapname")
    if name is not None:
        config = snapshots.require_snapshot(guest, name).config
    feature = _FEATURES[call.need("feature")]
    return {"hasFeature": int(config_has_feature(call.cluster, config, feature, of_snapshot=name is not None))}


async def _move_to_storage(call: Call, storage: str) -> str:
    call.subject.require(f"/storage/{storage}", "Datastore.AllocateSpace")
    async with call.world.locks.hold("lxc", call.vmid):
        guest = call.guest("lxc")
        delete = call.flag("delete")
        mount = move.check_move_to_storage(guest, call.need("volume"), delete=delete, digest=call.text("digest"))
        guest.config["lock"] = "disk"

    async def worker(task: Task) -> None:
        await move.move_to_storage(call, task, guest, mount, storage)

    return call.task("move_volume", guest.vmid, worker)


def _reassign(call: Call) -> str:
    target = call.integer("target-vmid")
    call.subject.require(f"/vms/{target}", "VM.Config.Disk")
    plan = move.check_reassign(call)
    call.subject.require(f"/storage/{plan.mount.volume.partition(':')[0]}", "Datastore.AllocateSpace")

    async def worker(task: Task) -> None:
        async with call.world.locks.hold("lxc", plan.source.vmid, task=task):
            await move.reassign(call, task, move.check_reassign(call))

    return call.task("move_volume", plan.task_id, worker)
