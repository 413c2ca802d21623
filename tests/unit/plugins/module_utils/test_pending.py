from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._pending import changes_that_wait, may_wait, waiting
from ansible_collections.playvisor.proxmox.plugins.module_utils._plan import Step


def test_what_waits_is_what_has_a_next_value_or_goes():
    entries = [
        {"key": "memory", "value": "128", "pending": "192"},
        {"key": "agent", "value": "1", "delete": 1},
        {"key": "nameserver", "pending": "1.1.1.1"},
        {"key": "cores", "value": 2},
        {"key": "digest", "value": "cb51"},
    ]

    assert waiting(entries) == {
        "agent": {"now": "1", "next": None},
        "memory": {"now": "128", "next": "192"},
        "nameserver": {"now": None, "next": "1.1.1.1"},
    }


@pytest.mark.parametrize(
    ("kind", "config", "keys", "wait"),
    [
        ("qemu", {}, ["name", "description", "tags", "onboot", "protection"], []),
        ("qemu", {}, ["cores", "memory", "cpu", "boot"], ["boot", "cores", "cpu", "memory"]),
        ("qemu", {}, ["net0", "scsi1", "virtio3", "usb0"], []),
        ("qemu", {}, ["ide0", "sata1", "efidisk0"], ["efidisk0", "ide0", "sata1"]),
        ("qemu", {"hotplug": "0"}, ["net0", "scsi1"], ["net0", "scsi1"]),
        ("qemu", {"hotplug": "network"}, ["net0", "scsi1"], ["scsi1"]),
        ("qemu", {"scsi0": "a:b", "net0": "virtio"}, ["scsi0", "net0"], ["scsi0"]),
        ("lxc", {}, ["hostname", "cores", "memory", "swap", "net0", "mp1"], []),
        ("lxc", {"mp0": "a:b,mp=/c"}, ["features", "nameserver", "mp0"], ["features", "mp0", "nameserver"]),
    ],
)
def test_what_may_wait_is_told_before_it_is_tried(kind, config, keys, wait):
    assert may_wait(kind, config, keys) == wait


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

    assert changes_that_wait("qemu", {}, running, made) == wait
