"""What the information modules make of the API's answers."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._storage.storages import (
    describe_storage,
    describe_volume,
    select_readable,
)
from ansible_collections.playvisor.proxmox.plugins.modules import pve_guest_info, pve_node_info

LOCAL = {
    "storage": "local",
    "node": "pve1",
    "plugintype": "dir",
    "content": "iso,backup",
    "shared": 0,
    "status": "available",
    "disk": 1,
    "maxdisk": 4,
}


def test_a_node_is_described_from_its_status():
    described = pve_node_info.describe_status(
        {
            "pveversion": "pve-manager/9.2.11/14a22df35955d97d",
            "loadavg": ["0.06", "0.17", "0.30"],
            "swap": {"used": 0, "total": 8, "free": 8},
            "current-kernel": {"release": "6.18.44"},
            "cpuinfo": {"model": "AMD EPYC", "cpus": 2},
        }
    )

    assert described == {
        "version": "9.2.11",
        "loadavg": [0.06, 0.17, 0.3],
        "swap": {"used": 0, "total": 8},
        "kernel": "6.18.44",
        "cpu_model": "AMD EPYC",
    }


def test_a_status_that_says_little_is_described_all_the_same():
    assert set(pve_node_info.describe_status({})) == set(pve_node_info.STATUS_FIELDS)


def test_a_storage_lists_its_content_in_order():
    assert describe_storage(LOCAL)["content"] == ["backup", "iso"]


@pytest.mark.parametrize(("content", "seen"), [("all", 3), ("iso", 3), ("backup", 3), ("images", 0)])
def test_a_shared_storage_is_looked_into_from_one_node_only(content, seen):
    entries = [
        {**LOCAL},
        {**LOCAL, "node": "pve2"},
        {**LOCAL, "storage": "nas", "shared": 1},
        {**LOCAL, "storage": "nas", "node": "pve2", "shared": 1},
        {**LOCAL, "storage": "gone", "status": "unknown"},
    ]

    assert len(select_readable([describe_storage(entry) for entry in entries], content)) == seen


def test_a_volume_that_belongs_to_nobody_has_no_vmid():
    place = {"storage": "local", "node": "pve1"}

    volume = describe_volume({"volid": "local:iso/a.iso", "content": "iso", "size": 5}, place)

    assert (volume["vmid"], volume["protected"], volume["storage"]) == (None, False, "local")


def test_only_what_waits_for_a_restart_is_pending():
    entries = [
        {"key": "memory", "value": "128", "pending": "192"},
        {"key": "cores", "value": 2},
        {"key": "agent", "value": "1", "delete": 1},
        {"key": "digest", "value": "e256"},
    ]

    assert pve_guest_info.select_pending(entries) == [
        {"key": "agent", "value": "1", "pending": None, "delete": True},
        {"key": "memory", "value": "128", "pending": "192", "delete": False},
    ]
