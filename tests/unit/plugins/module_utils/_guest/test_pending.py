from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.disks import read_disk
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.pending import (
    build_current_config,
    drive_needs_restart,
    find_changes_that_wait,
    find_restart_options,
    parse_pending,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.plan import Step


def test_what_waits_is_what_has_a_next_value_or_goes():
    entries = [
        {"key": "memory", "value": "128", "pending": "192"},
        {"key": "agent", "value": "1", "delete": 1},
        {"key": "nameserver", "pending": "1.1.1.1"},
        {"key": "cores", "value": 2},
        {"key": "digest", "value": "cb51"},
    ]

    assert parse_pending(entries) == {
        "agent": {"now": "1", "next": None},
        "memory": {"now": "128", "next": "192"},
        "nameserver": {"now": None, "next": "1.1.1.1"},
    }


@pytest.mark.parametrize(
    ("kind", "config", "keys", "wait"),
    [
        ("qemu", {}, ["name", "description", "tags", "onboot", "protection"], []),
        ("qemu", {}, ["cores", "memory", "cpu", "boot"], ["boot", "cores", "cpu", "memory"]),
        ("qemu", {"ostype": "l26"}, ["net0", "scsi1", "virtio3", "usb0"], []),
        ("qemu", {"ostype": "other"}, ["usb0", "ciuser", "ipconfig2"], ["usb0"]),
        ("lxc", {"dev1": "/dev/a"}, ["dev0", "dev1"], ["dev1"]),
        ("qemu", {}, ["ide0", "sata1", "efidisk0"], ["efidisk0", "ide0", "sata1"]),
        ("qemu", {"hotplug": "0"}, ["net0", "scsi1"], ["net0", "scsi1"]),
        ("qemu", {"hotplug": "network"}, ["net0", "scsi1"], ["scsi1"]),
        ("qemu", {"scsi0": "a:b", "net0": "virtio"}, ["scsi0", "net0"], ["scsi0"]),
        ("lxc", {}, ["hostname", "cores", "memory", "swap", "net0", "mp1"], []),
        ("lxc", {"mp0": "a:b,mp=/c"}, ["features", "nameserver", "mp0"], ["features", "mp0", "nameserver"]),
    ],
)
def test_what_may_wait_is_told_before_it_is_tried(kind, config, keys, wait):
    assert find_restart_options(kind, config, keys) == wait


def test_the_current_configuration_is_without_pending_changes():
    config = {"cores": 4, "name": "a", "sata1": "a:new"}
    waits = {
        "cores": {"now": 2, "next": 4},
        "scsi1": {"now": "a:b,size=1G", "next": None},
        "sata1": {"now": None, "next": "a:new"},
    }

    assert build_current_config(config, waits) == {"cores": 2, "name": "a", "scsi1": "a:b,size=1G"}


@pytest.mark.parametrize(
    ("kind", "slot", "now", "wished", "config", "waits"),
    [
        ("qemu", "scsi0", "a:b,size=1G", "a:b,size=1G", {}, False),
        ("qemu", "scsi0", "a:b,size=1G", "size=2G,file=a:b", {}, False),
        *[("qemu", "scsi0", "a:b", f"a:b,{name}=1", {}, True) for name in ("aio", "cache", "discard", "iothread")],
        *[("qemu", "ide0", "a:b", f"a:b,{name}=1", {}, True) for name in ("product", "queues", "ro", "ssd", "vendor")],
        *[("qemu", "sata0", f"a:b,{name}=1", "a:b", {}, False) for name in ("backup", "replicate", "mbps", "iops_rd")],
        ("qemu", "scsi0", "a:b,iothread=1", "a:b", {}, True),
        ("qemu", "scsi0", "a:b", "a:c", {}, False),
        ("qemu", "sata0", "a:b", "a:c", {}, True),
        ("qemu", "scsi0", "a:b", "a:c", {"hotplug": "network"}, True),
        ("qemu", "virtio1", None, "a:0", {}, False),
        ("qemu", "ide1", None, "a:0", {}, True),
        ("qemu", "virtio1", None, "a:0", {"hotplug": "0"}, True),
        ("qemu", "ide2", "none,media=cdrom", "a:iso/b.iso,media=cdrom", {}, False),
        ("qemu", "efidisk0", "a:b,efitype=4m", "a:b", {}, True),
        ("lxc", "rootfs", "a:b,size=1G", "a:b,size=2G", {}, True),
        ("lxc", "mp0", "a:b,mp=/a,backup=1", "a:b,backup=1,mp=/a", {}, False),
        ("lxc", "mp0", "a:b,mp=/a", "a:b,mp=/b", {}, True),
        ("lxc", "mp1", None, "a:1,mp=/b", {}, False),
    ],
)
def test_a_drive_changes_at_once_or_by_a_restart(kind, slot, now, wished, config, waits):
    disks = [read_disk({slot: text}, slot) if text else None for text in (now, wished)]

    assert drive_needs_restart(kind, config, *disks) == waits


@pytest.mark.parametrize(
    ("running", "steps", "wait"),
    [
        (True, [("config", {"cores": 2, "delete": "cpu,tags", "digest": "d"})], ["cores", "cpu"]),
        (True, [("resize", {"disk": "ide0", "size": "2G"})], []),
        (False, [("config", {"cores": 2})], []),
        (True, [("config", {"cores": 2}), ("status/reboot", {})], []),
    ],
)
def test_a_plan_tells_what_will_wait_after_it(running, steps, wait):
    made = [Step("PUT", f"/nodes/pve1/qemu/101/{path}", "", params) for path, params in steps]

    assert find_changes_that_wait("qemu", {}, running, made) == wait
