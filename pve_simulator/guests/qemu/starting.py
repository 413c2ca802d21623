# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps a machine from starting once its start has begun, and starting one from elsewhere."""

from __future__ import annotations

from pve_simulator.errors import failure
from pve_simulator.guests import power
from pve_simulator.guests.qemu.cloudinit_state import generate
from pve_simulator.guests.qemu.drives import drives_of, is_cdrom
from pve_simulator.guests.qemu.networks import net_keys, parse_net
from pve_simulator.guests.qemu.ram import restore_lines
from pve_simulator.nodes.network import list_bridges
from pve_simulator.requests.call import Call, find_guest
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Guest
from pve_simulator.state.node import Node
from pve_simulator.state.qemu import gone_drives
from pve_simulator.storage.lookup import require_volume
from pve_simulator.storage.names import split_volid
from pve_simulator.world.tasks import Task

_NO_KVM = "KVM virtualisation configured, but not available. Either disable in VM configuration or enable in BIOS."


def check_node(node: Node, guest: Guest) -> None:
    """Raise what the node cannot give the machine: CPUs, KVM, bridges."""
    config = guest.effective_config()
    cpus = int(config.get("sockets", 1)) * int(config.get("cores", 1))
    if cpus > node.cpus:
        raise failure(f"MAX {node.cpus} vcpus allowed per VM on this node")
    if config.get("kvm", "1") == "1" and not node.kvm:
        raise failure(_NO_KVM)
    for key in net_keys(config):
        bridge = parse_net(config[key]).get("bridge")
        if bridge is not None and bridge not in list_bridges(node):
            raise failure(f"bridge '{bridge}' does not exist")


def check_volumes(cluster: Cluster, guest: Guest) -> None:
    """Raise `volume '…' does not exist` for a disk whose volume is gone; one of no known size need not have any."""
    for _key, drive in drives_of(guest.effective_config()):
        if "size" in drive and not is_cdrom(drive) and split_volid(drive["file"]) is not None:
            require_volume(cluster, guest.node, drive["file"])


async def run_start(call: Call, task: Task, guest: Guest, *, skiplock: bool = False) -> None:
    """Start a guest inside a task that holds its lock; a hibernated one goes on where it was."""
    power.check_startable(guest, skiplock=skiplock)
    hibernated = power.is_hibernated(guest)
    if hibernated:
        task.say("Resuming suspended VM")
        for line in restore_lines(guest.config):
            task.say(line)
        task.say(f"activating and using '{guest.config.get('vmstate')}' as vmstate")
    check_node(call.cluster.nodes[guest.node], guest)
    check_volumes(call.cluster, guest)
    if generate(guest):
        task.say("generating cloud-init ISO")
    await task.work()
    if hibernated:
        power.forget_hibernation(call.world, guest)
        task.say("Resumed VM, removing state")
    gone_drives(guest).clear()
    power.power_on(call.world, guest)


def start_task(call: Call, vmid: int, *, skiplock: bool = False) -> str:
    """Start a machine of the call's node in a task; returns the UPID."""

    async def worker(task: Task) -> None:
        async with call.world.locks.hold("qemu", vmid, task=task):
            guest = find_guest(call.cluster, "qemu", call.node, vmid)
            await run_start(call, task, guest, skiplock=skiplock)

    return call.task("qmstart", vmid, worker)
