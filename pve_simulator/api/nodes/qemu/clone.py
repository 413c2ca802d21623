# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/qemu/{vmid}: clone, template and feature."""

from __future__ import annotations

from typing import Any, get_args

from pve_simulator.errors import failure
from pve_simulator.guests import power
from pve_simulator.guests.qemu import clone as work
from pve_simulator.guests.qemu.disks import disks_of
from pve_simulator.guests.qemu.features import all_have_feature, disk_has_feature, shared_nodes
from pve_simulator.guests.snapshots import require_snapshot
from pve_simulator.requests.call import Call, find_guest
from pve_simulator.requests.router import route
from pve_simulator.state.guest import Guest
from pve_simulator.storage.features import Feature
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task

_FEATURES: dict[str, Feature] = {name: name for name in get_args(Feature)}


@route("POST", "/nodes/{node}/qemu/{vmid}/clone")
def clone(call: Call) -> str:
    """Copy a guest, or link a template's disks."""
    work.plan_clone(call, _require_guest(call))

    async def worker(task: Task) -> None:
        await work.clone(call, task)

    return call.task("qmclone", call.vmid, worker)


@route("POST", "/nodes/{node}/qemu/{vmid}/template")
def make_template(call: Call) -> str:
    """Turn a guest into a template, or only one of its disks into a base volume."""
    disk = call.text("disk")
    _check_template(call.guest("qemu"), disk)

    async def worker(task: Task) -> None:
        async with call.world.locks.hold("qemu", call.vmid, task=task):
            guest = find_guest(call.cluster, "qemu", call.node, call.vmid)
            _check_template(guest, disk)
            guest.config["template"] = "1"
            await task.work()
            volumes = Volumes(call.cluster, call.node, int(call.world.clock.time()), task.say)
            for each in disks_of(guest.config):
                if disk in (None, each.key) and disk_has_feature(call.cluster, each.file, "template"):
                    guest.config[each.key] = each.with_volume(volumes.make_base(each.file).volid).text()

    return call.task("qmtemplate", call.vmid, worker)


@route("GET", "/nodes/{node}/qemu/{vmid}/feature")
def read_feature(call: Call) -> dict[str, Any]:
    """Whether the guest (or a snapshot) can be snapshotted, linked or copied, and on which nodes."""
    guest, name = _require_guest(call), call.text("snapname")
    config = require_snapshot(guest, name).config if name else guest.config
    feature = _FEATURES[call.need("feature")]
    return {
        "hasFeature": int(all_have_feature(call.cluster, config, feature, of_snapshot=name is not None)),
        "nodes": shared_nodes(call.cluster, config, call.node),
    }


def _check_template(guest: Guest, disk: str | None) -> None:
    power.check_lock(guest)
    if guest.snapshots:
        raise failure("unable to create template, because VM contains snapshots")
    if guest.template and disk is None:
        raise failure("you can't convert a template to a template")
    if guest.running:
        raise failure("you can't convert a VM to template if VM is running")


def _require_guest(call: Call) -> Guest:
    guest = call.find_guest("qemu")
    if guest is None:
        raise failure(f"unable to find configuration file for VM {call.vmid} on node '{call.node}'")
    return guest
