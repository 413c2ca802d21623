from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.consequences import (
    Situation,
    choose_worst,
    find_consequence,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.paths import parse_path

DISK = "local:101/vm-101-disk-0.qcow2,size=20G,cache=none"
VM = Situation(
    "qemu",
    {
        "scsi0": DISK,
        "ide0": DISK,
        "ide2": "local:iso/debian.iso,media=cdrom",
        "efidisk0": "local:101/vm-101-disk-1.qcow2,size=4M",
        "unused0": "local:101/vm-101-disk-2.qcow2",
        "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0",
        "usb0": "host=1234:5678",
        "balloon": 512,
        "agent": 1,
        "ostype": "l26",
    },
    running=True,
)
CT = Situation(
    "lxc",
    {
        "rootfs": "local:200/vm-200-disk-0.raw,size=4G",
        "mp0": DISK,
        "net0": "name=eth0",
        "net10": "name=eth10",
        "dev1": "/a",
    },
    running=True,
)
SEEDED = replace(
    VM,
    config={**VM.config, "ide3": "local:101/vm-101-cloudinit.qcow2,media=cdrom", "tpmstate0": f"{DISK},version=v2.0"},
)
PLUGGABLE = replace(VM, config={**VM.config, "hotplug": "network,disk,usb,cpu,memory", "numa": 1})
RIGID = replace(VM, config={**VM.config, "hotplug": "0"})


def stop(guest):
    return replace(guest, running=False)


# By case: the field, what it is changed from and to, the guest, what comes of it, and the wish for the device.
CASES = {
    # Options.
    "name": ("name", "a", "b", VM, "live"),
    "description": ("description", "a", "b", VM, "live"),
    "tags": ("tags", ["a"], ["b"], VM, "live"),
    "added tags": ("add_tags", ["a"], ["b"], VM, "live"),
    "pool": ("pool", None, "prod", VM, "live"),
    "cores": ("cores", 2, 4, VM, "pending"),
    "cores, stopped": ("cores", 2, 4, stop(VM), "live"),
    "cores of a container": ("cores", 2, 4, CT, "live"),
    "memory": ("memory", 2048, 4096, VM, "pending"),
    "memory with hotplug": ("memory", 2048, 4096, PLUGGABLE, "live"),
    "memory without NUMA": ("memory", 2, 4, replace(VM, config={"hotplug": "memory"}), "pending"),
    "memory of a container": ("memory", 512, 1024, CT, "live"),
    "balloon": ("balloon", 512, 1024, VM, "live"),
    "balloon off": ("balloon", 512, 0, VM, "pending"),
    "balloon on": ("balloon", 0, 512, VM, "pending"),
    "balloon where none was set": ("balloon", None, 512, VM, "live"),
    "balloon as without it": ("balloon", 512, None, VM, "live"),
    "agent": ("agent", {"enabled": "1"}, {"enabled": "1", "type": "isa"}, VM, "pending"),
    "agent, where none was set": ("agent", None, {"enabled": "1"}, replace(VM, config={}), "pending"),
    "trimming by the agent": ("agent", {"enabled": "1"}, {"enabled": "1", "fstrim_cloned_disks": "1"}, VM, "live"),
    "vcpus": ("config.vcpus", 2, 4, VM, "pending"),
    "vcpus with hotplug": ("config.vcpus", 2, 4, PLUGGABLE, "live"),
    "cpulimit": ("config.cpulimit", 0, 2, VM, "live"),
    "cpu": ("cpu", {"cputype": "host"}, {"cputype": "max"}, VM, "pending"),
    "machine": ("machine", {"type": "q35"}, {"type": "pc"}, VM, "pending"),
    "bios": ("bios", "seabios", "ovmf", VM, "pending"),
    "smbios1": ("config.smbios1", {}, {"product": "QQ=="}, VM, "pending"),
    "vga": ("config.vga", None, {"type": "qxl"}, VM, "pending"),
    "tablet": ("config.tablet", True, False, VM, "live"),
    "tablet without hotplug": ("config.tablet", True, False, RIGID, "pending"),
    "passthrough": ("config.hostpci0", None, {"mapping": "gpu"}, VM, "pending"),
    "usb": ("config.usb1", None, {"host": "spice"}, VM, "live"),
    "usb in use": ("config.usb0", {"host": "1:2"}, {"host": "spice"}, VM, "replaces"),
    "usb in use without hotplug": ("config.usb0", {"host": "1:2"}, {"host": "spice"}, RIGID, "pending"),
    "usb that goes": ("config.usb0", {"host": "1:2"}, None, VM, "live"),
    "usb of another system": ("config.usb1", None, {"host": "spice"}, replace(VM, config={}), "pending"),
    "device of a container": ("config.dev0", None, {"path": "/dev/null"}, CT, "live"),
    "device of a container in use": ("config.dev1", {"path": "/a"}, {"path": "/b"}, CT, "pending"),
    "hotplug": ("hotplug", ["disk"], ["disk", "usb"], VM, "live"),
    "hotplug of memory": ("hotplug", ["disk"], ["disk", "memory"], VM, "pending"),
    "features": ("features", {}, {"nesting": True}, CT, "pending"),
    "unknown option": ("config.newer", None, "1", VM, "pending"),
    "option of cloud-init": ("config.ciuser", "a", "b", SEEDED, "pending"),
    "name servers by cloud-init": ("nameserver", ["10.0.0.1"], ["10.0.0.2"], SEEDED, "pending"),
    "option of cloud-init that nobody reads": ("config.ipconfig0", None, {"ip": "dhcp"}, VM, "live"),
    "cloud-init": ("cloudinit.user", "a", "b", VM, "pending"),
    "cloud-init, stopped": ("cloudinit.user", "a", "b", stop(VM), "live"),
    # Disks.
    "size": ("disks.scsi0.size", 20, 30, VM, "live"),
    "size of a mount point": ("disks.mp0.size", 20, 30, CT, "live"),
    "storage": ("disks.scsi0.storage", "local", "ceph", VM, "live"),
    "storage of a TPM": ("disks.tpmstate0.storage", "local", "ceph", SEEDED, "needs_stop"),
    "storage of a container": ("disks.rootfs.storage", "local", "ceph", CT, "needs_stop"),
    "storage of a stopped container": ("disks.rootfs.storage", "local", "ceph", stop(CT), "live"),
    "cache": ("disks.scsi0.cache", "none", "writeback", VM, "pending"),
    "cache, stopped": ("disks.scsi0.cache", "none", "writeback", stop(VM), "live"),
    "backup": ("disks.scsi0.backup", "1", "0", VM, "live"),
    "aio": ("disks.scsi0.options.aio", None, "native", VM, "pending"),
    "mount path": ("disks.mp0.mp", "/a", "/b", CT, "pending"),
    "EFI disk": ("disks.efidisk0.options.pre-enrolled-keys", None, "1", VM, "pending"),
    "new disk": ("disks.scsi1", None, {"size": 5}, VM, "live"),
    "new disk without hotplug": ("disks.scsi1", None, {"size": 5}, RIGID, "pending"),
    "new disk on IDE": ("disks.ide1", None, {"size": 5}, VM, "pending"),
    "new TPM": ("disks.tpmstate0", None, {}, VM, "pending"),
    "new mount point": ("disks.mp1", None, {"mp": "/a"}, CT, "live"),
    "medium": ("disks.ide2.cdrom", "local:iso/debian.iso", "none", VM, "live"),
    "volume": ("disks.scsi0.volume", "local:a", "local:b", VM, "replaces"),
    "detached": ("disks.scsi0", {}, None, VM, "live", {"state": "detached"}),
    "detached from IDE": ("disks.ide0", {}, None, VM, "pending", {"state": "detached"}),
    "detached from a container": ("disks.mp0", {}, None, CT, "pending", {"state": "detached"}),
    "deleted": ("disks.scsi0", {}, None, VM, "loses_data", {"state": "absent"}),
    "deleted, stopped": ("disks.scsi0", {}, None, stop(VM), "loses_data", {"state": "absent"}),
    "deleted drive": ("disks.ide2", {}, None, stop(VM), "live", {"state": "absent"}),
    "deleted unused": ("disks.unused0", {}, None, VM, "loses_data", {"state": "absent"}),
    # Network devices.
    "tag": ("nics.net0.tag", None, "5", VM, "live"),
    "model": ("nics.net0.model", "virtio", "e1000", VM, "replaces"),
    "model without hotplug": ("nics.net0.model", "virtio", "e1000", RIGID, "pending"),
    "address": ("nics.net0.mac", "a", "b", VM, "replaces"),
    "address by its own name": ("nics.net0.options.macaddr", "a", "b", VM, "replaces"),
    "bridge": ("nics.net0.bridge", "vmbr0", "vmbr1", RIGID, "live"),
    "no bridge": ("nics.net0.bridge", "vmbr0", None, VM, "replaces"),
    "no bridge without hotplug": ("nics.net0.bridge", "vmbr0", None, RIGID, "pending"),
    "new device": ("nics.net1", None, {"bridge": "vmbr0"}, VM, "live"),
    "new device without hotplug": ("nics.net1", None, {"bridge": "vmbr0"}, RIGID, "pending"),
    "address of a container": ("nics.net0.ip", None, "dhcp", CT, "live"),
    "MAC address of a container": ("nics.net0.mac", "a", "b", CT, "replaces"),
    "device that a container loses": ("nics.net0", {"name": "eth0"}, None, CT, "live"),
    "eleventh device that a container loses": ("nics.net10", {"name": "eth10"}, None, CT, "pending"),
    # The guest as a whole, and what is beside it.
    "type": ("type", "qemu", "lxc", VM, "replaces"),
    "unprivileged": ("unprivileged", True, False, CT, "replaces"),
    "clone": ("clone.name", "a", "b", VM, "replaces"),
    "template": ("state", False, True, VM, "needs_stop", {"state": "template"}),
    "template, stopped": ("state", False, True, stop(VM), "live", {"state": "template"}),
    "started": ("state", "stopped", "running", stop(VM), "live", {"state": "started"}),
    "removed": ("state", True, False, stop(VM), "loses_data", {"state": "absent"}),
    "new": ("cores", None, 4, Situation("qemu", exists=False), "live"),
    "firewall": ("firewall.options.enable", False, True, VM, "live"),
    "under HA": ("ha.state", False, True, VM, "live"),
    "no guest": ("comment", "a", "b", None, "live"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_change_has_the_consequence_that_proxmox_ve_gives_it(case):
    text, before, after, guest, consequence, *wishes = case
    path = parse_path(text)
    wish = wishes[0] if wishes else {}
    entry = {path[0]: [{"slot": path[1], **wish}]} if path[0] in ("disks", "nics") else wish

    assert find_consequence(path, before, after, entry, guest) == consequence


def test_the_most_severe_counts():
    assert choose_worst(["live", "loses_data", "pending"]) == "loses_data"
    assert choose_worst([]) == "live"
